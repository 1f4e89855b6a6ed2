#include "daemon/lang/pattern.h"

#include <string>

#include "gtest/gtest.h"

namespace kpiwatch::lang {
namespace {

// "yes", "no", or what is wrong with the pattern.
std::string Match(std::string_view pattern, std::string_view text) {
  std::string error;
  const auto compiled = Pattern::Compile(pattern, &error);
  return !compiled ? error : compiled->Matches(text) ? "yes" : "no";
}

TEST(Pattern, FindsWhatStandsAnywhere) {
  EXPECT_EQ(Match("ubb", "hubba"), "yes");
  EXPECT_EQ(Match("", "hubba"), "yes");
  EXPECT_EQ(Match("", ""), "yes");
  EXPECT_EQ(Match("hubbas", "hubba"), "no");
  EXPECT_EQ(Match("a", ""), "no");
}

TEST(Pattern, AnchorsHoldTheEnds) {
  EXPECT_EQ(Match("^hub", "hubba"), "yes");
  EXPECT_EQ(Match("^ubb", "hubba"), "no");
  EXPECT_EQ(Match("ba$", "hubba"), "yes");
  EXPECT_EQ(Match("bb$", "hubba"), "no");
  EXPECT_EQ(Match("^$", ""), "yes");
  EXPECT_EQ(Match("^$", "x"), "no");
  EXPECT_EQ(Match("^(crm|erp)\\.", "erp.order"), "yes");
  EXPECT_EQ(Match("^(crm|erp)\\.", "erpXorder"), "no");
}

TEST(Pattern, RepeatsAndChooses) {
  EXPECT_EQ(Match("^ba(na)*$", "banana"), "yes");
  EXPECT_EQ(Match("^ba(na)*$", "banan"), "no");
  EXPECT_EQ(Match("^a+b?$", "aa"), "yes");
  EXPECT_EQ(Match("^a+b?$", "abb"), "no");
  EXPECT_EQ(Match("^a{2,3}$", "a"), "no");
  EXPECT_EQ(Match("^a{2,3}$", "aaa"), "yes");
  EXPECT_EQ(Match("^a{2,3}$", "aaaa"), "no");
  EXPECT_EQ(Match("^(?:ab){2,}$", "ababab"), "yes");
  EXPECT_EQ(Match("^(?:ab){2,}$", "ab"), "no");
  EXPECT_EQ(Match("^a{0}b$", "b"), "yes");
  EXPECT_EQ(Match("^a{x}$", "a{x}"), "yes");
  EXPECT_EQ(Match("^(a|b|)c$", "c"), "yes");
  EXPECT_EQ(Match("^(a*)*$", "aaab"), "no");
  EXPECT_EQ(Match("^a.+?c$", "abbc"), "yes");
}

TEST(Pattern, SetsAndClassesAreOfCharacters) {
  EXPECT_EQ(Match("^[a-c]+$", "abcd"), "no");
  EXPECT_EQ(Match("^[^a-c]+$", "xyz"), "yes");
  EXPECT_EQ(Match(R"(^[\w-]+$)", "SO-2_x"), "yes");
  EXPECT_EQ(Match(R"(^\d{3}$)", "123"), "yes");
  EXPECT_EQ(Match(R"(^\D+$)", "12a"), "no");
  EXPECT_EQ(Match(R"(^\S+\s\S+$)", "a b"), "yes");
  EXPECT_EQ(Match("^[]a]+$", "]a"), "yes");
  EXPECT_EQ(Match("^.$", "\n"), "no");
}

TEST(Pattern, ReadsUtf8) {
  EXPECT_EQ(Match("^王.$", "王一"), "yes");
  EXPECT_EQ(Match("^.$", "王一"), "no");
  EXPECT_EQ(Match("^[一-龥]{2}$", "王一"), "yes");
  EXPECT_EQ(Match("a+ñ+a+", "mañana"), "yes");
  EXPECT_EQ(Match("^..$", "\xE7\x8E"), "yes");  // two bytes that are no character
}

TEST(Pattern, MistakesSayWhatIsWrong) {
  EXPECT_EQ(Match("(a", ""), "a '(' without ')'");
  EXPECT_EQ(Match("a)", ""), "a ')' without '('");
  EXPECT_EQ(Match("[a", ""), "a '[' without ']'");
  EXPECT_EQ(Match("*a", ""), "nothing stands before '*'");
  EXPECT_EQ(Match("[b-a]", ""), "a range of a set ends before it begins");
  EXPECT_EQ(Match("a{3,2}", ""), "{3,2} ends before it begins");
  EXPECT_EQ(Match("(?i)a", ""), "of the groups that begin with '(?' only '(?:' is known");
  EXPECT_EQ(Match(R"(\bx)", ""), "the escape '\\b' is not known");
  EXPECT_EQ(Match("a\\", ""), "it ends in a backslash");
  EXPECT_EQ(Match("[[:alpha:]]", ""), "classes such as [:alpha:] are not known");
}

TEST(Pattern, SizeAndNestingAreBounded) {
  EXPECT_EQ(Match("a{256}", std::string(256, 'a')), "it has more than 256 states");
  EXPECT_EQ(Match("a{255}", std::string(255, 'a')), "yes");
  EXPECT_EQ(Match("((a{9}){9}){9}", ""), "it has more than 256 states");
  EXPECT_EQ(Match(std::string(100, '(') + std::string(100, ')'), ""),
            "groups nest deeper than 32 levels");
  // Exponential where a matcher goes back: (a*)*b over many a.
  EXPECT_EQ(Match("^(a*)*b$", std::string(100'000, 'a')), "no");
}

}  // namespace
}  // namespace kpiwatch::lang

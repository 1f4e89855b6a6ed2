#include "daemon/rulebook/annotation_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Render(std::string_view text, const std::string& value = "1234567") {
  return RenderTemplate(text, {{".Value", value}, {".Subject.Name", "王一"}, {".Rule", "a b"}});
}
std::string Mistake(std::string_view text) {
  const std::vector<std::string> mistakes = TemplateMistakes(text);
  return mistakes.empty() ? "" : mistakes.front();
}

TEST(AnnotationTemplateTest, NamesBecomeTheirValues) {
  EXPECT_EQ(Render("{{ .Subject.Name }} has {{.Value}}"), "王一 has 1234567");
  EXPECT_EQ(Render("no action { } }}"), "no action { } }}");
  EXPECT_EQ(Render(""), "");
  EXPECT_EQ(Render("[{{ .Period }}]"), "[]") << "a name without a value";
}

TEST(AnnotationTemplateTest, FunctionsStandBeforeANameOrBehindABar) {
  EXPECT_EQ(Render("{{ title .Rule }}"), "A B");
  EXPECT_EQ(Render("{{ .Rule | title }}"), "A B");
  EXPECT_EQ(Render("{{ toUpper .Rule | title }}|{{ .Rule|toUpper }}"), "A B|A B");
  EXPECT_EQ(Render(R"({{ "red alert" | toUpper }})"), "RED ALERT");
}

TEST(AnnotationTemplateTest, DashesTakeWhiteSpaceAway) {
  EXPECT_EQ(Render("a  {{- .Rule -}}  \n c"), "aa bc");
  EXPECT_EQ(Render("a {{- .Rule }} c"), "aa b c");
}

TEST(AnnotationTemplateTest, HumanizeIsPrometheuss) {
  const auto humanize = [](const char* value) { return Render("{{ humanize .Value }}", value); };
  EXPECT_EQ(humanize("0"), "0");
  EXPECT_EQ(humanize("1"), "1");
  EXPECT_EQ(humanize("1234567"), "1.235M");
  EXPECT_EQ(humanize("-12"), "-12");
  EXPECT_EQ(humanize("0.02"), "20m");
  EXPECT_EQ(humanize("1000"), "1k");
  EXPECT_EQ(humanize("n/a"), "n/a") << "text that is no number stays";
}

TEST(AnnotationTemplateTest, HumanizePercentageTakesARatioAndDoesNotRoundTheLineAway) {
  const auto percentage = [](const char* value) {
    return Render("{{ .Value | humanizePercentage }}", value);
  };
  EXPECT_EQ(percentage("0.399960"), "39.996%");
  EXPECT_EQ(percentage("0.799589"), "79.9589%");
  EXPECT_EQ(percentage("1.2"), "120%");
}

TEST(AnnotationTemplateTest, HumanizeDurationTakesSeconds) {
  const auto duration = [](const char* value) {
    return Render("{{ .Value | humanizeDuration }}", value);
  };
  EXPECT_EQ(duration("0.5"), "0.5s");
  EXPECT_EQ(duration("59.5"), "59.5s");
  EXPECT_EQ(duration("60"), "1m 0s");
  EXPECT_EQ(duration("3600"), "1h 0m 0s");
  EXPECT_EQ(duration("-93784"), "-1d 2h 3m 4s");
}

TEST(AnnotationTemplateTest, MistakesSayWhereAndWhatWasMeant) {
  EXPECT_EQ(Mistake("ok {{ .Subject.Nam }}"),
            "at byte 4: unknown name '.Subject.Nam'; did you mean '.Subject.Name'?");
  EXPECT_EQ(Mistake("{{ .Value | humanise }}"),
            "at byte 1: unknown function 'humanise'; did you mean 'humanize'?");
  EXPECT_THAT(Mistake("{{ .Value"), HasSubstr("without '}}'"));
  EXPECT_THAT(Mistake("{{ }}"), HasSubstr("empty action"));
  EXPECT_THAT(Mistake("{{ .Value | }}"), HasSubstr("nothing stands behind '|'"));
  EXPECT_THAT(Mistake("{{ range .Alerts }}"), HasSubstr("unknown name '.Alerts'"));
  EXPECT_THAT(Mistake("{{ end }}"), HasSubstr("expected a name such as .Subject.Name"));
  EXPECT_THAT(Mistake("{{ .Value | .Rule }}"), HasSubstr("expected a function behind '|'"));
  EXPECT_THAT(Mistake("{{ title humanize .Value }}"), HasSubstr("join more with '|'"));
  EXPECT_THAT(Mistake(R"({{ "open | title }})"), HasSubstr("quoted text does not end"));
}

TEST(AnnotationTemplateTest, AllMistakesAreToldAtOnce) {
  EXPECT_THAT(TemplateMistakes("{{ .Vale | humanise | titel }} {{ .Value }} {{ }} {{ \"a }} "
                               "{{ .Rul"),
              ElementsAre(HasSubstr("at byte 1: unknown name '.Vale'"),
                          HasSubstr("at byte 1: unknown function 'humanise'"),
                          HasSubstr("at byte 1: unknown function 'titel'"),
                          HasSubstr("at byte 45: an empty action"),
                          HasSubstr("at byte 51: a quoted text does not end"),
                          HasSubstr("at byte 60: '{{' without '}}'")));
  EXPECT_THAT(TemplateMistakes("{{ .Value }}"), IsEmpty());
}

TEST(AnnotationTemplateTest, RefusedTemplateIsShownAsItIs) {
  EXPECT_EQ(Render("{{ .Nonsense }}"), "{{ .Nonsense }}");
}

}  // namespace
}  // namespace kpiwatch

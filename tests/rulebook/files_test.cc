// Rule files, holiday files and folders on the disk.
#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  Files() {
    std::string pattern = testing::TempDir() + "kpiwatch-[rules]-XXXXXX";
    dir_ = mkdtemp(pattern.data());
  }
  ~Files() override { std::filesystem::remove_all(dir_); }

  void Write(const std::string& name, std::string_view text) {
    const std::filesystem::path path = std::filesystem::path(dir_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  // The paths found, without the folder; or the error.
  std::vector<std::string> Find(const std::vector<std::string>& patterns) {
    const auto files = ReadRuleFiles(patterns, dir_);
    if (!files.ok()) {
      return {std::string(files.status().message())};
    }
    std::vector<std::string> names;
    for (const SourceFile& file : *files) {
      names.push_back(file.path.substr(dir_.size() + 1));
    }
    return names;
  }

  std::string dir_;
};

TEST_F(Files, GlobsFoldersAndNamesAreReadOnce) {
  Write("a.yaml", "kpis: []");
  Write("sub/b.yml", "");
  Write("sub/deep/c.yaml", "");
  Write("sub/notes.md", "");
  Write("sub/..data/d.yaml", "");
  EXPECT_THAT(Find({"*.yaml"}), ElementsAre("a.yaml"));
  EXPECT_THAT(Find({"sub"}), ElementsAre("sub/b.yml", "sub/deep/c.yaml"));
  EXPECT_THAT(Find({"a.yaml", "*.yaml", "sub/*.yml"}), ElementsAre("a.yaml", "sub/b.yml"));
  EXPECT_THAT(Find({dir_ + "/a.yaml"}), ElementsAre("a.yaml"));
}

TEST_F(Files, PatternsThatMatchNothingAreErrors) {
  Write("empty/x.txt", "");
  EXPECT_THAT(Find({"no-*.yaml"}), ElementsAre("no file matches '" + dir_ + "/no-*.yaml'"));
  EXPECT_THAT(Find({"empty"}), ElementsAre("no *.yaml file in the folder '" + dir_ + "/empty'"));
}

TEST_F(Files, APatternThatMatchesNothingHidesNeitherFilesNorOtherPatterns) {
  Write("a.yaml", "");
  const RuleFiles found = FindRuleFiles({"no-*.yaml", "a.yaml", "nor.yaml"}, dir_);
  EXPECT_THAT(found.mistakes, ElementsAre("no file matches '" + dir_ + "/no-*.yaml'",
                                          "no file matches '" + dir_ + "/nor.yaml'"));
  ASSERT_EQ(found.files.size(), 1u);
  EXPECT_EQ(found.files[0].path, dir_ + "/a.yaml");
}

TEST_F(Files, HolidaysOfBothFormatsAreMerged) {
  Write("cal/2025.json",
        R"({"year": 2025, "days": [{"name": "x", "date": "2025-10-01", "isOffDay": true}]})");
  Write("cal/2026.yaml",
        "known_through: 2026-12-31\ndays:\n  - {date: 2026-10-10, name: x, working: true}\n");
  Write("r.yaml", "calendars: [{name: cn, holidays: [cal/*.yaml, cal/*.json]}]");
  const LoadResult result = LoadRulebook(*ReadRuleFiles({"r.yaml"}, dir_));
  EXPECT_THAT(Errors(result), testing::IsEmpty());
  ASSERT_NE(result.rulebook, nullptr);
  const BusinessCalendar& calendar = result.rulebook->calendars[0];
  EXPECT_FALSE(calendar.IsWorkingDay(*Day::Parse("2025-10-01")));
  EXPECT_TRUE(calendar.IsWorkingDay(*Day::Parse("2026-10-10")));
  EXPECT_EQ(calendar.options().holidays.known_through, Day::Parse("2026-12-31"));
}

TEST_F(Files, MistakesInHolidayFilesAreToldThere) {
  Write("cal.yaml",
        "known_through: 2026-12-31\ndays:\n  - {date: 2026-10-10, wroking: true}\n"
        "  - {date: 2026-10-11, working: yes}\n");
  Write("r.yaml", "calendars: [{name: cn, holidays: cal.yaml}]");
  const LoadResult result = LoadRulebook(*ReadRuleFiles({"r.yaml"}, dir_));
  EXPECT_THAT(Errors(result),
              ElementsAre("3:5: a day: 'working' is missing",
                          "3:24: a day: unknown key 'wroking'; did you mean 'working'?",
                          "4:33: a day: 'working': expected true or false, found 'yes'"));
  EXPECT_EQ(result.diagnostics[0].file, dir_ + "/cal.yaml");
}

TEST_F(Files, HolidaysThatContradictEachOtherAreRefused) {
  Write("a.yaml", "known_through: 2026-12-31\ndays: [{date: 2026-10-10, working: true}]");
  Write("b.yaml", "known_through: 2026-12-31\ndays: [{date: 2026-10-10, working: false}]");
  Write("r.yaml", "calendars: [{name: cn, holidays: '[ab].yaml'}]");
  const LoadResult result = LoadRulebook(*ReadRuleFiles({"r.yaml"}, dir_));
  EXPECT_THAT(Errors(result), ElementsAre(HasSubstr("2026-10-10")));
}

TEST_F(Files, LargeFilesAreRefusedWithoutReadingThemWhole) {
  Write("r.yaml", std::string(6 << 20, '#'));
  const auto files = ReadRuleFiles({"r.yaml"}, dir_);
  ASSERT_TRUE(files.ok());
  EXPECT_LT((*files)[0].text.size(), size_t{5} << 20);
  EXPECT_THAT(Errors(LoadRulebook(*files)), ElementsAre("1:1: the file is larger than 4 MiB"));
}

}  // namespace
}  // namespace kpiwatch

#include "daemon/api/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StatusPageTest, ChoosesTheLanguageTheReaderPrefers) {
  EXPECT_EQ(PageLanguage(""), "en");
  EXPECT_EQ(PageLanguage("zh"), "zh");
  EXPECT_EQ(PageLanguage("zh-CN,zh;q=0.9,en;q=0.8"), "zh");
  EXPECT_EQ(PageLanguage("en-US,en;q=0.9,zh;q=0.8"), "en");
  EXPECT_EQ(PageLanguage("de, zh;q=0.1"), "zh");
  EXPECT_EQ(PageLanguage("zh;q=0"), "en");
  EXPECT_EQ(PageLanguage("zh;q=x"), "en");
  EXPECT_EQ(PageLanguage("ZH-tw"), "zh");
}

StatusPage Page() {
  SourceView source;
  source.name = "crm";
  source.kind = "kafka";
  source.partitions = {{"crm.events", 0, 3, 10, false, ""}};
  StatusPage page;
  page.build.version = "0.1.0";
  page.ready = true;
  page.now = absl::FromUnixSeconds(1790553600);
  page.sources = {source};
  return page;
}

TEST(StatusPageTest, HasNoTimeBeforeAnythingIsProven) {
  StatusPage page = Page();
  EXPECT_THAT(RenderStatusPage(page, "en"), HasSubstr("business time 2026-09-28T00:00:00.000Z"));
  page.now = absl::InfinitePast();
  EXPECT_THAT(RenderStatusPage(page, "en"), HasSubstr("business time – (no source has proven"));
  EXPECT_THAT(RenderStatusPage(page, "zh"), HasSubstr("业务时间 –（数据源尚未证明"));
}

TEST(StatusPageTest, ShowsSourcesAndTheirTroubles) {
  StatusPage page = Page();
  EXPECT_THAT(RenderStatusPage(page, "en"), HasSubstr("<td>works</td><td>–</td><td>7</td>"));
  page.sources[0].late_day = "2026-09-27";
  EXPECT_THAT(RenderStatusPage(page, "en"), HasSubstr("<td>late (2026-09-27)</td>"));
  page.sources[0].partitions[0].failed = true;
  page.sources[0].partitions[0].error = "offset out of range";
  EXPECT_THAT(RenderStatusPage(page, "en"), HasSubstr("crm.events/0: offset out of range"));
  page.sources[0].error = "broker is down";
  EXPECT_THAT(RenderStatusPage(page, "zh"), HasSubstr("broker is down"));
}

TEST(StatusPageTest, SaysThatNothingIsWrongOrHowMuchMoreThereIs) {
  StatusPage page = Page();
  EXPECT_THAT(RenderStatusPage(page, "en"), HasSubstr("No alert stands."));
  EXPECT_THAT(RenderStatusPage(page, "zh"), HasSubstr("当前没有预警。"));
  AlertView alert;
  alert.rule = "r";
  alert.level = Level::kOrange;
  page.alerts = {.alerts = {alert}, .more = true, .total = 5};
  EXPECT_THAT(RenderStatusPage(page, "en"), HasSubstr("and 4 more"));
  EXPECT_THAT(RenderStatusPage(page, "zh"), HasSubstr("另有 4 条"));
  EXPECT_THAT(RenderStatusPage(page, "en"), HasSubstr("<tr class=\"orange\"><td>orange</td>"));
}

TEST(StatusPageTest, ReferencesNothingElsewhere) {
  const std::string html = RenderStatusPage(Page(), "en");
  EXPECT_THAT(html, Not(HasSubstr("http")));
  EXPECT_THAT(html, Not(HasSubstr("src=")));
}

}  // namespace
}  // namespace kpiwatch

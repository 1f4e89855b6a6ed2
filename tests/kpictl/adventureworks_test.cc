// The sales orders of AdventureWorks through `kpictl replay`, against figures computed apart from
// this project.
#include "tests/testing/adventureworks.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/kpictl/replay.h"
#include "tests/testing/quota_figures.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using nlohmann::json;

class AdventureWorksTest : public testing::Test {
 protected:
  void SetUp() override {
    KPIWATCH_REQUIRE_SHARED_DATA("adventureworks/oracle_quota_completion.csv");
    WriteAdventureWorksConfig(temp_.path());
  }

  std::vector<json> Lines(ReplayOptions::Print print, const std::string& until = "",
                          const std::string& config = "kpiwatch.yaml") {
    ReplayOptions options;
    options.config = temp_.path() + "/" + config;
    options.events = {"orders=" + *SharedData("adventureworks/SalesOrderHeader.csv.gz")};
    options.until = until;
    options.print = print;
    std::ostringstream out, err;
    const Console console{.out = out, .err = err};
    EXPECT_EQ(Replay(options, console), kExitGood) << err.str();
    std::vector<json> lines;
    std::istringstream text(out.str());
    for (std::string line; std::getline(text, line);) {
      lines.push_back(json::parse(line));
    }
    return lines;
  }

  TempDirectory temp_;
};

QuotaReadings AsReadings(const std::vector<json>& values) {
  QuotaReadings readings;
  for (const json& value : values) {
    const bool measured = value["target"].is_string();
    const QuotaKey key(value["kpi"], value["subject"], value["from"], value["to"]);
    EXPECT_TRUE(
        readings
            .emplace(
                key,
                QuotaReading{Decimal::Parse(value["value"].get<std::string>()).value(),
                             measured ? Decimal::Parse(value["target"].get<std::string>()).value()
                                      : Decimal(),
                             measured ? value["completion"].get<std::string>() : "0",
                             measured ? value["level"].get<std::string>() : ""})
            .second)
        << value;
  }
  return readings;
}

TEST_F(AdventureWorksTest, EveryQuotaRowIsExact) {
  const QuotaReadings readings = AsReadings(Lines(ReplayOptions::Print::kValues));
  ExpectEveryQuotaRow(readings);
  EXPECT_EQ(At(readings, {"revenue", "person:274", "2013-08-30", "2013-11-30"}).completion,
            "0.799589");
}

TEST_F(AdventureWorksTest, TheTotalsAreExact) {
  ExpectTotals(AsReadings(Lines(ReplayOptions::Print::kValues)));
}

TEST_F(AdventureWorksTest, OrdersWithoutASellerCountForTheCompanyOnly) {
  ExpectTotalsOfAllOrders(
      AsReadings(Lines(ReplayOptions::Print::kValues, "", "kpiwatch_all.yaml")));
}

TEST_F(AdventureWorksTest, EachRedOrangeAndYellowComesOnce) {
  std::vector<QuotaAlert> told;
  // The last order of a seller is older than the last day of the last quota.
  for (const json& transition : Lines(ReplayOptions::Print::kTransitions, "2013-11-30T00:00:00Z")) {
    EXPECT_EQ(transition["rule"], "quota");
    told.push_back({transition["subject"], transition["period"], transition["from_level"],
                    transition["to_level"], transition["reason"]});
  }
  ExpectEachQuotaAlertOnce(told);
}

TEST_F(AdventureWorksTest, UntilEndsTheReplayThere) {
  const std::vector<json> transitions =
      Lines(ReplayOptions::Print::kTransitions, "2013-02-28T00:00:00Z");
  ASSERT_FALSE(transitions.empty());
  for (const json& transition : transitions) {
    EXPECT_LE(transition["at"].get<std::string>(), "2013-02-28T02:00:00Z");
  }
  const QuotaReadings readings =
      AsReadings(Lines(ReplayOptions::Print::kValues, "2013-10-01T00:00:00Z"));
  // 285 and 287 are the only two behind the time's progress of 34.78 % at the end of 2013-09-30.
  const auto percent = [&](const std::string& subject) {
    return Percent(At(readings, {"revenue", subject, "2013-08-30", "2013-11-30"}).completion);
  };
  EXPECT_EQ(percent("person:285"), "7.15");
  EXPECT_EQ(percent("person:287"), "16.93");
}

}  // namespace
}  // namespace kpiwatch

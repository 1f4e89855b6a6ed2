// The sales orders of AdventureWorks through `kpictl replay`, against figures computed apart from
// this project.
#include "tests/testing/adventureworks.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/kpictl/replay.h"
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

Decimal AsDecimal(const json& text) { return Decimal::Parse(text.get<std::string>()).value(); }

// "0.799589" → "79.96", half up.
std::string Percent(const json& completion) {
  return Decimal::FromUnits(AsDecimal(completion).units() * 100).ToFixed(2);
}

using Key = std::tuple<std::string, std::string, std::string>;  // subject, from, to

std::map<Key, json> ByKey(const std::vector<json>& values) {
  std::map<Key, json> by_key;
  for (const json& value : values) {
    EXPECT_TRUE(by_key.emplace(Key(value["subject"], value["from"], value["to"]), value).second)
        << value;
  }
  return by_key;
}

TEST_F(AdventureWorksTest, EveryQuotaRowIsExact) {
  const std::map<Key, json> values = ByKey(Lines(ReplayOptions::Print::kValues));
  const std::vector<QuotaRow> oracle = ReadQuotaOracle();
  ASSERT_EQ(oracle.size(), 129u);
  std::map<std::string, int> bands;
  for (const QuotaRow& row : oracle) {
    const auto found = values.find({"person:" + row.seller, row.from, row.to});
    ASSERT_NE(found, values.end()) << row.seller << " " << row.from;
    const json& value = found->second;
    EXPECT_EQ(value["kpi"], "revenue");
    EXPECT_EQ(AsDecimal(value["value"]), row.actual) << value;
    EXPECT_EQ(AsDecimal(value["target"]), row.quota) << value;
    EXPECT_EQ(Percent(value["completion"]), row.percent) << value;
    EXPECT_EQ(value["level"], row.band) << value;
    ++bands[row.band];
  }
  EXPECT_EQ(bands,
            (std::map<std::string, int>{{"green", 89}, {"yellow", 36}, {"orange", 3}, {"red", 1}}));
  EXPECT_EQ(values.at({"person:274", "2013-08-30", "2013-11-30"})["completion"], "0.799589");
}

TEST_F(AdventureWorksTest, TheTotalsOfTheCompanyAreExact) {
  const std::map<Key, json> values = ByKey(Lines(ReplayOptions::Print::kValues));
  const json& autumn = values.at({"unit:company", "2013-08-30", "2013-11-30"});
  EXPECT_EQ(autumn["value"], "9282162.9729");
  EXPECT_EQ(autumn["target"], "11097000");
  EXPECT_EQ(Percent(autumn["completion"]), "83.65");
  const json& summer = values.at({"unit:company", "2012-05-30", "2012-08-30"});
  EXPECT_EQ(summer["value"], "8880239.4359");
  EXPECT_EQ(summer["target"], "10537000");
  EXPECT_EQ(Percent(summer["completion"]), "84.28");
  const json& all = values.at({"unit:company", "2011-05-31", "2013-11-30"});
  EXPECT_EQ(all["value"], "64429841.8205");
  EXPECT_EQ(all["target"], "77304000");
  EXPECT_EQ(values.at({"person:276", "2013-08-30", "2013-11-30"})["value"], "1064604.8224");
}

TEST_F(AdventureWorksTest, OrdersWithoutASellerCountForTheCompanyOnly) {
  const std::map<Key, json> values =
      ByKey(Lines(ReplayOptions::Print::kValues, "", "kpiwatch_all.yaml"));
  EXPECT_EQ(values.at({"unit:company", "2011-05-31", "2013-11-30"})["value"], "84017619.3012");
  EXPECT_EQ(values.at({"person:276", "2013-08-30", "2013-11-30"})["value"], "1064604.8224");
}

TEST_F(AdventureWorksTest, EachRedOrangeAndYellowComesOnce) {
  std::set<Key> expected;
  std::map<Key, std::string> level;
  for (const QuotaRow& row : ReadQuotaOracle()) {
    if (row.band != "green") {
      const Key key("person:" + row.seller, row.from + "/" + row.to, row.band);
      expected.insert(key);
    }
  }
  std::multiset<Key> found;
  // The last order of a seller is older than the last day of the last quota.
  for (const json& transition : Lines(ReplayOptions::Print::kTransitions, "2013-11-30T00:00:00Z")) {
    EXPECT_EQ(transition["rule"], "quota");
    if (transition["to_level"] != "green") {
      EXPECT_EQ(transition["from_level"], "green") << transition;
      EXPECT_EQ(transition["reason"], "threshold") << transition;
      found.emplace(transition["subject"], transition["period"], transition["to_level"]);
    }
  }
  EXPECT_EQ(found, std::multiset<Key>(expected.begin(), expected.end()));
}

TEST_F(AdventureWorksTest, UntilEndsTheReplayThere) {
  const std::vector<json> transitions =
      Lines(ReplayOptions::Print::kTransitions, "2013-02-28T00:00:00Z");
  ASSERT_FALSE(transitions.empty());
  for (const json& transition : transitions) {
    EXPECT_LE(transition["at"].get<std::string>(), "2013-02-28T02:00:00Z");
  }
  const std::map<Key, json> values =
      ByKey(Lines(ReplayOptions::Print::kValues, "2013-10-01T00:00:00Z"));
  // 285 and 287 are the only two behind the time's progress of 34.78 % at the end of 2013-09-30.
  EXPECT_EQ(Percent(values.at({"person:285", "2013-08-30", "2013-11-30"})["completion"]), "7.15");
  EXPECT_EQ(Percent(values.at({"person:287", "2013-08-30", "2013-11-30"})["completion"]), "16.93");
}

}  // namespace
}  // namespace kpiwatch

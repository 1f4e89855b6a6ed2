// What every way of the AdventureWorks orders through the program is held against, offline and
// through a broker: the golden table and the figures that stand beside it, computed apart from this
// project.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "daemon/model/decimal.h"
#include "tests/testing/adventureworks.h"

namespace kpiwatch {

// What the program says of a KPI, a subject and the days of one target.
struct QuotaReading {
  Decimal value, target;
  std::string completion;  // as it is written: a ratio with six digits
  std::string level;       // "green"
};
using QuotaKey = std::tuple<std::string, std::string, std::string, std::string>;
using QuotaReadings = std::map<QuotaKey, QuotaReading>;  // by KPI, subject, from, to

// A change of level that the rule `quota` has told.
struct QuotaAlert {
  std::string subject, period, from_level, to_level, reason;
};

// "0.799589" → "79.96", half up.
inline std::string Percent(const std::string& completion) {
  return Decimal::FromUnits(Decimal::Parse(completion).value().units() * 100).ToFixed(2);
}

// The reading of that key; a failed expectation and an empty one where there is none.
inline QuotaReading At(const QuotaReadings& readings, const QuotaKey& key) {
  const auto found = readings.find(key);
  const auto& [kpi, subject, from, to] = key;
  EXPECT_NE(found, readings.end()) << kpi << " " << subject << " " << from << "/" << to;
  return found == readings.end() ? QuotaReading{{}, {}, "0", ""} : found->second;
}

// All 129 rows, met or not: actual, quota, completion to the printed digits, band.
inline void ExpectEveryQuotaRow(const QuotaReadings& readings) {
  const std::vector<QuotaRow> oracle = ReadQuotaOracle();
  EXPECT_EQ(oracle.size(), 129u);
  std::map<std::string, int> bands;
  for (const QuotaRow& row : oracle) {
    const QuotaReading reading =
        At(readings, {"revenue", "person:" + row.seller, row.from, row.to});
    const std::string place = row.seller + " in " + row.from;
    EXPECT_EQ(reading.value, row.actual) << place;
    EXPECT_EQ(reading.target, row.quota) << place;
    EXPECT_EQ(Percent(reading.completion), row.percent) << place;
    EXPECT_EQ(reading.level, row.band) << place;
    ++bands[reading.level];
  }
  EXPECT_EQ(bands,
            (std::map<std::string, int>{{"green", 89}, {"yellow", 36}, {"orange", 3}, {"red", 1}}));
}

// Figures 3 to 5 of the data's description, but for the orders without a seller.
inline void ExpectTotals(const QuotaReadings& readings) {
  constexpr std::string_view kAutumn[] = {"2013-08-30", "2013-11-30"};
  constexpr std::string_view kSummer[] = {"2012-05-30", "2012-08-30"};
  constexpr std::string_view kAll[] = {"2011-05-31", "2013-11-30"};
  const auto expect = [&](const std::string& kpi, const std::string& subject, const auto& days,
                          const std::string& value, const std::string& target,
                          const std::string& percent) {
    const QuotaReading reading =
        At(readings, {kpi, subject, std::string(days[0]), std::string(days[1])});
    EXPECT_EQ(reading.value.ToString(), value) << kpi << " " << subject << " " << days[0];
    EXPECT_EQ(reading.target.ToString(), target) << kpi << " " << subject << " " << days[0];
    EXPECT_EQ(Percent(reading.completion), percent) << kpi << " " << subject << " " << days[0];
  };
  expect("revenue", "person:276", kAutumn, "1064604.8224", "1276000", "83.43");
  expect("orders", "person:276", kAutumn, "43", "43", "100.00");
  expect("revenue", "unit:company", kAutumn, "9282162.9729", "11097000", "83.65");
  expect("revenue", "unit:company", kSummer, "8880239.4359", "10537000", "84.28");
  expect("revenue", "unit:company", kAll, "64429841.8205", "77304000", "83.35");
  expect("orders", "unit:company", kAll, "2905", "2905", "100.00");
  std::set<std::string> behind;  // in the autumn of 2013
  for (const auto& [key, reading] : readings) {
    const auto& [kpi, subject, from, to] = key;
    if (kpi == "revenue" && subject.starts_with("person:") && from == kAutumn[0] &&
        reading.level != "green") {
      behind.insert(subject);
    }
  }
  EXPECT_EQ(behind, (std::set<std::string>{"person:274", "person:280", "person:282", "person:289",
                                           "person:290"}));
}

// What figure 5 says of all orders, and that those without a seller are the company's only.
inline void ExpectTotalsOfAllOrders(const QuotaReadings& readings) {
  const auto value = [&](const std::string& subject, const std::string& from) {
    return At(readings, {"revenue", subject, from, "2013-11-30"}).value.ToString();
  };
  EXPECT_EQ(value("unit:company", "2011-05-31"), "84017619.3012");
  EXPECT_EQ(value("person:276", "2013-08-30"), "1064604.8224");
}

// Each red, orange and yellow of the golden table was told once, at once, and nothing else was.
inline void ExpectEachQuotaAlertOnce(const std::vector<QuotaAlert>& told) {
  using Alert = std::tuple<std::string, std::string, std::string>;  // subject, period, level
  std::multiset<Alert> expected;
  for (const QuotaRow& row : ReadQuotaOracle()) {
    if (row.band != "green") {
      expected.emplace("person:" + row.seller, row.from + "/" + row.to, row.band);
    }
  }
  EXPECT_EQ(expected.size(), 40u);
  std::multiset<Alert> found;
  for (const QuotaAlert& alert : told) {
    if (alert.to_level != "green") {
      EXPECT_EQ(alert.from_level, "green") << alert.subject << " " << alert.period;
      EXPECT_EQ(alert.reason, "threshold") << alert.subject << " " << alert.period;
      found.emplace(alert.subject, alert.period, alert.to_level);
    }
  }
  EXPECT_EQ(found, expected);
}

}  // namespace kpiwatch

// Fingerprints follow the meaning and nothing else.
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

struct Fingerprints {
  uint64_t kpi;
  uint64_t rule;
  friend bool operator==(const Fingerprints&, const Fingerprints&) = default;
};

Fingerprints Of(std::string_view kpi_text, std::string_view rule_text,
                std::string_view calendar = "{name: cn}") {
  const auto book = MustLoad(
      "calendars: [" + std::string(calendar) + "]\nplaybooks: [{name: p}]\n" + "kpis:\n  - {" +
      std::string(kpi_text) + "}\nrules:\n  - {" + std::string(rule_text) + "}\n");
  return book->kpis.empty() ? Fingerprints{}
                            : Fingerprints{book->kpis[0].fingerprint, book->rules[0].fingerprint};
}

constexpr char kKpi[] = "name: k, event: [a, b], where: data.n > 1, measure: sum(data.amount)";
constexpr char kRule[] = "name: r, kpi: k, levels: {red: {when: value < 4, clear: value >= 5}}";

TEST(Fingerprint, IsTheSameInEveryVersion) {
  const Fingerprints now = Of(kKpi, kRule);
  // Stored with series and ladders: a change here loses them.
  EXPECT_EQ(now.kpi, 15610755967368694053U);
  EXPECT_EQ(now.rule, 13917878080873356312U);
}

TEST(Fingerprint, ForgetsSpellingAndDisplay) {
  const Fingerprints same = Of(
      "where: (data.n>1.0), event: [b, a], name: k, measure: sum(data.amount), title: 甲, owner: "
      "o, "
      "currency: CNY, subject: data.owner_id, sources: [crm], expose: {metrics: false}, "
      "direction: down",
      "levels: {red: {clear: 5 <= value && true || value >= 5, when: value < 4}}, name: r, kpi: k");
  EXPECT_EQ(same.kpi, Of(kKpi, kRule).kpi);
  EXPECT_EQ(Of(kKpi,
               "kpi: k, name: r, levels: {red: {clear: (value >= 5.0), when: 'value<4', "
               "notify: owner, via: email, open: p, grant: g}}, annotations: {summary: s}, "
               "labels: {a: b}"),
            Of(kKpi, kRule));
}

TEST(Fingerprint, FollowsWhatChangesValues) {
  constexpr char kUnitRule[] = "name: r, kpi: k, for_each: unit, levels: {red: {when: value < 4}}";
  const uint64_t base = Of(kKpi, kUnitRule).kpi;
  for (const char* other :
       {"name: k, event: [a], where: data.n > 1, measure: sum(data.amount)",
        "name: k, event: [a, b], where: data.n > 2, measure: sum(data.amount)",
        "name: k, event: [a, b], where: data.n > 1, measure: sum(data.other)",
        "name: k, event: [a, b], where: data.n > 1, measure: sum(data.amount * 2)",
        "name: k, event: [a, b], where: data.n > 1 && event.time > timestamp(1), "
        "measure: sum(data.amount)",
        "name: k, event: [a, b], where: data.n > 1, measure: count()",
        "name: k, event: [a], reverse: b, where: data.n > 1, measure: sum(data.amount)",
        "name: k, event: [a, b], where: data.n > 1, measure: sum(data.amount), subject: unit",
        "name: k, event: [a, b], where: data.n > 1, measure: sum(data.amount), currency: USD"}) {
    EXPECT_NE(Of(other, kUnitRule).kpi, base) << other;
  }
  EXPECT_NE(Of(kKpi, kUnitRule, "{name: cn, time_zone: Asia/Tokyo}").kpi, base);
  EXPECT_NE(Of(kKpi, kUnitRule, "{name: cn, day_cutoff: \"04:00\"}").kpi, base);
  EXPECT_EQ(Of(kKpi, kUnitRule, "{name: cn, day_close: \"20:00\", grace: 3h}").kpi, base);
}

TEST(Fingerprint, FollowsWhatChangesVerdicts) {
  const uint64_t base = Of(kKpi, kRule).rule;
  for (const char* other :
       {"name: r, kpi: k, levels: {red: {when: value < 3, clear: value >= 5}}",
        "name: r, kpi: k, levels: {red: {when: value < 4, clear: value >= 6}}",
        "name: r, kpi: k, levels: {red: {when: value < 4}}",
        "name: r, kpi: k, levels: {orange: {when: value < 4, clear: value >= 5}}",
        "name: r, kpi: k, levels: {red: {when: value < 4, clear: value >= 5}}, clear_after: 3",
        "name: r, kpi: k, levels: {red: {when: value < 4, clear: value >= 5}}, period: week",
        "name: r, kpi: k, levels: {red: {when: value < 4, clear: value >= 5}}, for_each: unit",
        "name: r, kpi: k, levels: {red: {when: value < 4, clear: value >= 5}}, evaluate: intraday",
        "name: r, kpi: k, where: person.id == 'u', "
        "levels: {red: {when: value < 4, clear: value >= 5}}"}) {
    EXPECT_NE(Of(kKpi, other).rule, base) << other;
  }
}

TEST(Fingerprint, TellsWaysToCountEntitiesApart) {
  std::set<uint64_t> prints;
  for (const char* entity :
       {"", ", entity: data.id", ", entity: data.other", ", entity: [data.id, data.other]",
        ", entity: data.id, retract: c", ", entity: data.id, states: ever",
        ", entity: data.id, reverse: c", ", entity: data.id, reverse: c, reverse_day: original"}) {
    prints.insert(Of(std::string("name: k, event: a, measure: count()") + entity, kRule).kpi);
  }
  EXPECT_EQ(prints.size(), 8U);
}

TEST(Fingerprint, TellsMeasuresAndMadeUpKpisApart) {
  std::set<uint64_t> prints;
  for (const char* measure :
       {"count()", "sum(data.amount)", "avg(data.amount)", "share(data.amount > 1)",
        "share(data.amount > 2)", "min(data.amount)", "max(data.amount)", "first(data.amount)",
        "last(data.amount)", "distinct(data.amount)", "median(data.amount)",
        "'quantile(0.5, data.amount)'", "'quantile(0.9, data.amount)'"}) {
    prints.insert(Of(std::string("name: k, event: a, measure: ") + measure, kRule).kpi);
  }
  EXPECT_EQ(prints.size(), 13U);
  const auto compound = [](std::string_view definition, std::string_view part) {
    const auto book = MustLoad("kpis:\n  - {name: a, event: a, " + std::string(part) +
                               "}\n  - {name: b, event: b, measure: count()}\n  - {name: k, " +
                               std::string(definition) + "}\n");
    return book->kpis.empty() ? 0 : book->kpis.back().fingerprint;
  };
  const uint64_t ratio = compound("type: ratio, numerator: a, denominator: b", "measure: count()");
  EXPECT_NE(ratio, compound("type: ratio, numerator: b, denominator: a", "measure: count()"));
  EXPECT_NE(ratio,
            compound("type: ratio, numerator: a, denominator: b, min_den: 2", "measure: count()"));
  EXPECT_NE(ratio, compound("type: ratio, numerator: a, denominator: b", "measure: sum(data.n)"))
      << "what it is made of has another meaning";
  EXPECT_NE(ratio, compound("type: derived, expr: a / b", "measure: count()"));
  EXPECT_EQ(compound("type: derived, expr: a / b", "measure: count()"),
            compound("type: derived, expr: (a)/b", "measure: count()"));
}

}  // namespace
}  // namespace kpiwatch

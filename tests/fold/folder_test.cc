#include "daemon/fold/folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/testing/load_text.h"

namespace kpiwatch {
namespace {

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_cutoff: "04:00", day_close: "24:00"}
kpis:
  - {name: calls, owner: ops, type: simple, event: crm.activity.completed,
     where: data.kind == "call" && data.direction != "in", measure: count(),
     subject: data.owner_id, calendar: cn}
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     reverse: erp.order.cancelled, measure: sum(data.amount), currency: CNY,
     subject: data.owner_id, calendar: cn}
  - {name: points, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.points), subject: unit, calendar: cn}
  - {name: quick, owner: ops, type: simple, event: svc.ticket.resolved, calendar: cn,
     where: 'event.time - timestamp(data.created_at) <= 24h && data.queue.startsWith("cn-")',
     measure: count()}
  - {name: hours, owner: ops, type: simple, event: svc.ticket.resolved, calendar: cn,
     measure: sum((event.time - timestamp(data.created_at)) / 1h)}
  - {name: booked, owner: ops, type: simple, event: erp.line.booked, calendar: cn,
     measure: 'sum(max(data.price * data.quantity, 0))', currency: CNY}
  - {name: actions, owner: ops, type: verdict, all_of: [calls], calendar: cn,
     floors: {junior: [2]}}
)";

class FolderTest : public testing::Test {
 protected:
  FolderTest() : book_(LoadText(kRules)), folder_(book_.get()), fields_(book_->fields.size()) {
    event_.time_ms = absl::ToUnixMillis(absl::FromUnixSeconds(1'793'383'200));  // 31 Oct 2026 02:00
    event_.fields = fields_;
  }

  FieldValue& Field(std::string_view path) {
    const std::vector<std::string>& paths = book_->fields.paths();
    const auto it = std::find(paths.begin(), paths.end(), path);
    EXPECT_NE(it, paths.end()) << path;
    return fields_[static_cast<size_t>(it - paths.begin())];
  }
  void SetText(std::string_view path, std::string_view text) {
    Field(path) = {.kind = FieldKind::kString, .number = {}, .text = text};
  }
  void SetMoney(std::string_view path, std::string_view amount, std::string_view currency) {
    Field(path) = {.kind = FieldKind::kMoney, .number = *Decimal::Parse(amount), .text = currency};
  }
  std::vector<Fact> Fold(std::string_view type) {
    return folder_.Fold(event_, folder_.Lookup(type));
  }

  std::shared_ptr<const Rulebook> book_;
  Folder folder_;
  std::vector<FieldValue> fields_;
  Event event_;
};

TEST_F(FolderTest, AnOwnerMayBeANumber) {
  SetText("data.kind", "call");
  SetText("data.direction", "out");
  Field("data.owner_id") = {
      .kind = FieldKind::kNumber, .number = Decimal::FromInt(274), .text = {}};
  const std::vector<Fact> facts = Fold("crm.activity.completed");
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].subject, "274");
}

TEST_F(FolderTest, AnOwnerThatIsTrueOrFalseIsCalledSo) {
  SetText("data.kind", "call");
  SetText("data.direction", "out");
  Field("data.owner_id").kind = FieldKind::kBool;
  for (const bool owner : {true, false}) {
    Field("data.owner_id").boolean = owner;
    const std::vector<Fact> facts = Fold("crm.activity.completed");
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts[0].subject, owner ? "true" : "false");
  }
}

// D-18: no binary floating point in a sum of money.
TEST_F(FolderTest, MoneyThatWasABinaryNumberIsLeftOut) {
  SetText("data.owner_id", "u1");
  Field("data.amount") = {.kind = FieldKind::kNumber, .number = Decimal::FromInt(7), .text = {}};
  EXPECT_EQ(Fold("erp.order.confirmed").size(), 1U);
  Field("data.amount").is_binary = true;
  EXPECT_EQ(Fold("erp.order.confirmed").size(), 0U);
  EXPECT_EQ(folder_.counts().binary, 1U);
  EXPECT_EQ(folder_.TakeExclusions().begin()->first.second, "binary_money");
}

TEST_F(FolderTest, CountsWhatTheFilterLetsThrough) {
  SetText("data.owner_id", "u1");
  SetText("data.kind", "call");
  const std::vector<Fact> facts = Fold("com.acme.crm.activity.completed.v1");
  ASSERT_EQ(facts.size(), 1U) << "the verdict counts no events";
  EXPECT_EQ(facts[0].kpi, 0U);
  EXPECT_EQ(facts[0].subject, "u1");
  EXPECT_FALSE(facts[0].by_unit);
  EXPECT_EQ(facts[0].delta, (Aggregate{1, {}}));
  SetText("data.kind", "visit");
  EXPECT_TRUE(Fold("com.acme.crm.activity.completed.v1").empty());
  EXPECT_EQ(folder_.counts().filtered, 1U);
}

// S-01: the business day begins at the cut-off.
TEST_F(FolderTest, BooksOnTheBusinessDay) {
  SetText("data.kind", "call");
  EXPECT_EQ(Fold("crm.activity.completed")[0].day, *Day::Parse("2026-10-30"));
  event_.time_ms += 2 * 3600 * 1000;
  EXPECT_EQ(Fold("crm.activity.completed")[0].day, *Day::Parse("2026-10-31"));
}

TEST_F(FolderTest, AReverseEventTakesBack) {
  SetText("data.owner_id", "u1");
  SetMoney("data.amount", "12.5", "CNY");
  EXPECT_EQ(Fold("erp.order.confirmed")[0].delta, (Aggregate{1, *Decimal::Parse("12.5")}));
  EXPECT_EQ(Fold("erp.order.cancelled")[0].delta, (Aggregate{-1, *Decimal::Parse("-12.5")}));
}

// D-18: another currency's fact is left out and counted.
TEST_F(FolderTest, LeavesOutAnotherCurrency) {
  SetMoney("data.amount", "12.5", "USD");
  EXPECT_TRUE(Fold("erp.order.confirmed").empty());
  EXPECT_EQ(folder_.counts().currency, 1U);
}

TEST_F(FolderTest, ReadsNumbersThatAreWrittenAsText) {
  SetText("data.amount", "1234.50");
  ASSERT_EQ(Fold("erp.order.confirmed").size(), 1U);
  EXPECT_EQ(Fold("erp.order.confirmed")[0].delta.sum, *Decimal::Parse("1234.5"));
  SetText("data.amount", "1,234.50");
  EXPECT_TRUE(Fold("erp.order.confirmed").empty());
}

TEST_F(FolderTest, CountsWhatCannotBeMeasured) {
  EXPECT_TRUE(Fold("erp.order.confirmed").empty());
  EXPECT_EQ(folder_.counts().no_measure, 2U) << "neither of the two sums";
}

TEST_F(FolderTest, AKpiOfUnitsBooksOnTheOwnersUnit) {
  SetText("data.owner_id", "u1");
  SetText("data.owner_unit", "east");
  Field("data.points") = {.kind = FieldKind::kNumber, .number = Decimal::FromInt(3), .text = {}};
  const std::vector<Fact> facts = Fold("erp.order.confirmed");
  ASSERT_EQ(facts.size(), 1U) << "there is no amount";
  EXPECT_TRUE(facts[0].by_unit);
  EXPECT_EQ(facts[0].subject, "east");
  EXPECT_EQ(facts[0].home_unit, "east");
}

TEST_F(FolderTest, FiltersByTimeAndText) {
  SetText("data.created_at", "2026-10-30T02:00:00+08:00");  // 24 hours before
  SetText("data.queue", "cn-east");
  ASSERT_EQ(Fold("svc.ticket.resolved").size(), 2U);
  SetText("data.queue", "eu");
  EXPECT_EQ(Fold("svc.ticket.resolved").size(), 1U) << "only the hours";
  SetText("data.queue", "cn-east");
  SetText("data.created_at", "2026-10-30T01:59:59+08:00");
  EXPECT_EQ(Fold("svc.ticket.resolved").size(), 1U);
  SetText("data.created_at", "yesterday");
  EXPECT_TRUE(Fold("svc.ticket.resolved").empty());
  EXPECT_EQ(folder_.counts().no_measure, 1U) << "no time, no hours";
}

TEST_F(FolderTest, SumsWhatAnExpressionCalculates) {
  SetText("data.created_at", "2026-10-31T00:20:00+08:00");
  std::vector<Fact> facts = Fold("svc.ticket.resolved");
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].delta.sum, *Decimal::Parse("1.666667")) << "rounded half up";
  SetMoney("data.price", "12.5", "CNY");
  SetText("data.quantity", "3");
  facts = Fold("erp.line.booked");
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].delta.sum, *Decimal::Parse("37.5"));
  SetMoney("data.price", "12.5", "USD");
  EXPECT_TRUE(Fold("erp.line.booked").empty());
  EXPECT_EQ(folder_.counts().currency, 1U);
  SetText("data.quantity", "many");
  EXPECT_TRUE(Fold("erp.line.booked").empty());
  EXPECT_EQ(folder_.counts().no_measure, 1U);
  SetText("data.quantity", "999999999999999999");
  EXPECT_TRUE(Fold("erp.line.booked").empty()) << "too large to add up";
}

TEST(FolderMeasureTest, AnAverageIsASumAndAShareCountsWhatHolds) {
  const auto book = LoadText(R"(
kpis:
  - {name: basket, owner: ops, event: order, reverse: undo, measure: avg(data.amount)}
  - {name: large, owner: ops, event: order, reverse: undo, measure: share(data.amount >= 100)}
)");
  Folder folder(book.get());
  std::vector<FieldValue> fields(book->fields.size());
  Event event;
  event.time_ms = 0;
  event.fields = fields;
  const std::vector<std::string>& paths = book->fields.paths();
  const auto amount = std::find(paths.begin(), paths.end(), "data.amount");
  ASSERT_NE(amount, paths.end());
  const auto fold = [&](std::string_view type, std::string_view text) {
    fields[static_cast<size_t>(amount - paths.begin())] = {
        .kind = FieldKind::kMoney, .number = *Decimal::Parse(text), .text = "CNY"};
    std::vector<Aggregate> deltas;
    for (const Fact& fact : folder.Fold(event, folder.Lookup(type))) {
      deltas.push_back(fact.delta);
    }
    return deltas;
  };
  const Decimal one = Decimal::FromInt(1);
  EXPECT_EQ(fold("order", "120.5"),
            (std::vector<Aggregate>{{1, *Decimal::Parse("120.5")}, {1, one}}));
  EXPECT_EQ(fold("order", "99.99"),
            (std::vector<Aggregate>{{1, *Decimal::Parse("99.99")}, {1, {}}}));
  EXPECT_EQ(fold("undo", "120.5"),
            (std::vector<Aggregate>{{-1, *Decimal::Parse("-120.5")}, {-1, -one}}));
}

TEST(FolderMeasureTest, ADistinctValueIsItsHashWhateverItIsWrittenAs) {
  const auto book = LoadText(
      "kpis:\n  - {name: k, owner: o, event: e, reverse: r, measure: distinct(data.account)}\n");
  Folder folder(book.get());
  std::vector<FieldValue> fields(book->fields.size());
  Event event;
  event.time_ms = 0;
  event.fields = fields;
  const std::vector<std::string>& paths = book->fields.paths();
  FieldValue& account = fields[static_cast<size_t>(
      std::find(paths.begin(), paths.end(), "data.account") - paths.begin())];
  const auto fold = [&](std::string_view type) { return folder.Fold(event, folder.Lookup(type)); };
  account = {.kind = FieldKind::kString, .number = {}, .text = "17"};
  const Aggregate as_text = fold("e").at(0).delta;
  EXPECT_EQ(as_text.count, 1);
  account = {.kind = FieldKind::kNumber, .number = Decimal::FromInt(17), .text = {}};
  EXPECT_EQ(fold("e").at(0).delta, as_text);
  EXPECT_EQ(fold("r").at(0).delta, (Aggregate{-1, -as_text.sum}));
  for (const std::string_view text :
       {"0", "-0.5", "100", "999999999999999999.000001", "-999999999999999999.9"}) {
    account = {.kind = FieldKind::kString, .number = {}, .text = text};
    const Aggregate written = fold("e").at(0).delta;
    account = {.kind = FieldKind::kNumber, .number = *Decimal::Parse(text), .text = {}};
    EXPECT_EQ(fold("e").at(0).delta, written) << text;
  }
  account = {.kind = FieldKind::kString, .number = {}, .text = "18"};
  EXPECT_NE(fold("e").at(0).delta, as_text);
  account = {.kind = FieldKind::kString, .number = {}, .text = ""};
  EXPECT_TRUE(fold("e").empty());
  account = {};
  EXPECT_TRUE(fold("e").empty());
  EXPECT_EQ(folder.counts().no_measure, 2U);
}

// D-19: nobody named is nobody's fact, not none.
TEST_F(FolderTest, AFactWithoutAnOwnerIsKept) {
  SetText("data.kind", "call");
  const std::vector<Fact> facts = Fold("crm.activity.completed");
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].subject, "");
}

TEST_F(FolderTest, WhatWasOnlyReadIsNoFactButAStateOfItsEntity) {
  const auto book = LoadText(R"(
kpis:
  - {name: orders, owner: ops, event: erp.order.changed, measure: count()}
  - {name: sales, owner: ops, event: erp.order.changed, entity: data.order_id, measure: count()}
)");
  std::vector<FieldValue> fields(book->fields.size());
  Event event = event_;
  event.fields = fields;
  Folder folder(book.get());
  for (const SnapshotRead snapshot :
       {SnapshotRead::kNo, SnapshotRead::kDated, SnapshotRead::kUndated}) {
    event.snapshot = snapshot;
    for (size_t i = 0; i < fields.size(); ++i) {
      fields[i] = {.kind = FieldKind::kString, .number = {}, .text = "x"};
    }
    const bool happened = snapshot == SnapshotRead::kNo;
    EXPECT_EQ(folder.Fold(event, folder.Lookup("erp.order.changed")).size(), happened ? 1U : 0U);
    ASSERT_EQ(folder.entity_facts().size(), 1U);
    EXPECT_EQ(folder.entity_facts()[0].counts, snapshot != SnapshotRead::kUndated);
    for (size_t i = 0; i < fields.size(); ++i) {
      fields[i].kind = FieldKind::kMissing;  // the entity, too
    }
    EXPECT_EQ(folder.Fold(event, folder.Lookup("erp.order.changed")).size(), happened ? 2U : 0U);
  }
}

}  // namespace
}  // namespace kpiwatch

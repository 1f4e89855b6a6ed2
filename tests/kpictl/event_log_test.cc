#include "daemon/kpictl/event_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kpiwatch {
namespace {

Event Named(std::string_view source, std::string_view id, int64_t time_ms,
            const std::vector<FieldValue>& fields) {
  Event event;
  event.source = source;
  event.id = id;
  event.type = "t";
  event.time_ms = time_ms;
  event.fields = fields;
  return event;
}

TEST(EventLogTest, OrdersByTimeThenSourceThenId) {
  EventLog log(0);
  ASSERT_TRUE(log.Add(Named("b", "1", 5, {}), 1, 1).ok());
  ASSERT_TRUE(log.Add(Named("a", "2", 5, {}), 0, 7).ok());
  ASSERT_TRUE(log.Add(Named("a", "10", 5, {}), 0, 1).ok());
  ASSERT_TRUE(log.Add(Named("z", "0", 4, {}), 2, 1).ok());
  log.Sort();
  std::string order;
  for (size_t i = 0; i < log.size(); ++i) {
    const Event event = log.Get(i);
    order += std::string(event.source) + std::string(event.id) + " ";
  }
  EXPECT_EQ(order, "z0 a10 a2 b1 ");
  EXPECT_EQ(log.file(0), 2u);
  EXPECT_EQ(log.line(2), 7);
}

TEST(EventLogTest, KeepsEveryFieldAfterTheDecodersBufferIsGone) {
  EventLog log(6);
  {
    std::string owner = "u102", currency = "CNY", id = "e-1", subject = "006A1";
    std::vector<FieldValue> fields(6);
    fields[0] = {.kind = FieldKind::kString, .boolean = false, .number = {}, .text = owner};
    fields[1] = {.kind = FieldKind::kMoney,
                 .boolean = false,
                 .number = *Decimal::Parse("-12.34"),
                 .text = currency};
    fields[2] = {.kind = FieldKind::kNumber,
                 .boolean = false,
                 .number = *Decimal::Parse("999999999999999999.999999"),
                 .text = {}};
    fields[3].kind = FieldKind::kBool;
    fields[3].boolean = true;
    fields[4].kind = FieldKind::kNull;
    Event event = Named("/crm", id, 7, fields);
    event.subject = subject;
    event.tenant = "acme";
    event.recorded_ms = 8;
    event.sequence = 17;
    event.snapshot = SnapshotRead::kDated;
    ASSERT_TRUE(log.Add(event, 3, 1).ok());
    owner = currency = id = subject = "overwritten";
  }
  const Event event = log.Get(0);
  EXPECT_EQ(event.id, "e-1");
  EXPECT_EQ(event.source, "/crm");
  EXPECT_EQ(event.subject, "006A1");
  EXPECT_EQ(event.tenant, "acme");
  EXPECT_EQ(event.recorded_ms, 8);
  EXPECT_EQ(event.sequence, 17);
  EXPECT_EQ(event.snapshot, SnapshotRead::kDated);
  EXPECT_EQ(event.fields[0].text, "u102");
  EXPECT_EQ(event.fields[1].number.ToString(), "-12.34");
  EXPECT_EQ(event.fields[1].text, "CNY");
  EXPECT_EQ(event.fields[2].number.ToString(), "999999999999999999.999999");
  EXPECT_TRUE(event.fields[3].boolean);
  EXPECT_EQ(event.fields[4].kind, FieldKind::kNull);
  EXPECT_EQ(event.fields[5].kind, FieldKind::kMissing);
}

TEST(EventLogTest, TextLongerThanABlockIsKeptWhole) {
  EventLog log(1);
  const std::string text(3 << 20, 'x');
  std::vector<FieldValue> fields(1);
  fields[0].kind = FieldKind::kString;
  fields[0].text = text;
  ASSERT_TRUE(log.Add(Named("s", "1", 1, fields), 0, 1).ok());
  ASSERT_TRUE(log.Add(Named("s", "2", 2, fields), 0, 1).ok());
  EXPECT_EQ(log.Get(0).fields[0].text, text);
  EXPECT_EQ(log.Get(1).fields[0].text, text);
}

}  // namespace
}  // namespace kpiwatch

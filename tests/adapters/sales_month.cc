#include "tests/adapters/sales_month.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace kpiwatch {
namespace {

constexpr int kDays = 28;
constexpr int kPeople = 12;
constexpr int kFirstLatecomer = 11;  // events of this person and those behind come late at times
constexpr double kNeed = 0.6;        // how often somebody confirms one on a day

const absl::CivilDay kFirstDay(2026, 8, 31);  // Monday of 2026-W36

absl::TimeZone Shanghai() {
  absl::TimeZone zone;
  absl::LoadTimeZone("Asia/Shanghai", &zone);
  return zone;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

class Month {
 public:
  explicit Month(uint64_t seed) : random_(seed) {}

  SalesMonth Make() {
    late_.resize(kDays + 4);
    for (day_ = 0; day_ < kDays; ++day_) {
      today_ = std::move(late_[day_]);
      after_heartbeat_.clear();
      if (day_ % 7 < 5) {
        for (int person = 1; person <= kPeople; ++person) {
          AddPerson(person);
        }
      }
      std::shuffle(today_.begin(), today_.end(), random_);
      Append(today_);
      const absl::Time midnight = Time(day_ + 1, absl::ZeroDuration());
      for (int p = 0; p < SalesMonth::kPartitions; ++p) {
        month_.records.push_back(
            HeartbeatRecord(p, midnight, midnight + absl::Seconds(Below(600))));
      }
      month_.complete_until = midnight;
      Append(after_heartbeat_);
    }
    month_.corrected = {"person:p11", "person:p12", "unit:south", "unit:company"};
    return std::move(month_);
  }

 private:
  int Below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  bool Chance(double p) { return std::bernoulli_distribution(p)(random_); }
  static absl::Time Time(int day, absl::Duration since_midnight) {
    return absl::FromCivil(kFirstDay + day, Shanghai()) + since_midnight;
  }
  void Append(const std::vector<KafkaRecord>& records) {
    month_.records.insert(month_.records.end(), records.begin(), records.end());
  }

  void AddPerson(int person) {
    const int touches = Below(8);
    for (int i = 0; i < touches; ++i) {
      Add(person, fmt::format("t{}", i), "com.acme.crm.activity.completed.v1",
          R"("direction":"out")");
    }
    if (Chance(kNeed)) {
      Add(person, "n", "com.acme.crm.need.confirmed.v1", R"("kind":"need")");
    }
    if (Chance(0.5)) {
      Add(person, "o", "com.acme.erp.order.confirmed.v1",
          fmt::format(R"("amount":{{"amount":"{}.{:02}","currency":"CNY"}})", 1000 + Below(8000),
                      Below(100)));
    }
  }

  void Add(int person, const std::string& what, std::string_view type, const std::string& data) {
    const int32_t partition = person % SalesMonth::kPartitions;
    const KafkaRecord record =
        EventRecord(partition, fmt::format("p{:02}-{}-{}", person, day_, what), type,
                    Time(day_, absl::Hours(9) + absl::Seconds(Below(10 * 3600))),
                    fmt::format(R"({{"owner_id":"p{:02}",{}}})", person, data));
    if (person >= kFirstLatecomer && Chance(0.1)) {
      late_[day_ + 1 + Below(3)].push_back(record);
      return;
    }
    today_.push_back(record);
    if (!Chance(0.1)) {
      return;
    }
    // In another partition the copy may be the first that is read: it must not come behind that
    // partition's promise, or it would be late.
    KafkaRecord copy = record;
    if (Chance(0.5)) {
      copy.partition = (partition + 1) % SalesMonth::kPartitions;
      today_.push_back(copy);
    } else {
      after_heartbeat_.push_back(copy);
    }
  }

  std::mt19937_64 random_;
  SalesMonth month_;
  int day_ = 0;
  std::vector<KafkaRecord> today_;
  std::vector<KafkaRecord> after_heartbeat_;
  std::vector<std::vector<KafkaRecord>> late_;  // by the day on which they come
};

}  // namespace

KafkaRecord EventRecord(int32_t partition, const std::string& id, std::string_view type,
                        absl::Time time, const std::string& data) {
  KafkaRecord record;
  record.partition = partition;
  record.key = id;
  record.headers = {{"content-type", "application/cloudevents+json"}};
  record.value = fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/crm","type":"{}","time":"{}","data":{}}})", id,
      type, TimeText(time), data);
  return record;
}

KafkaRecord HeartbeatRecord(int32_t partition, absl::Time complete_until, absl::Time sent) {
  return EventRecord(
      partition, fmt::format("beat-{}-{}", partition, absl::ToUnixSeconds(complete_until)),
      "com.acme.sys.source.heartbeat.v1", sent,
      fmt::format(R"({{"source":"/crm","partition_scope":"partition","complete_until":"{}"}})",
                  TimeText(complete_until)));
}

SalesMonth MakeSalesMonth(uint64_t seed) { return Month(seed).Make(); }

std::string SalesTargets() {
  std::string text = "targets:\n";
  const auto add = [&text](const std::string& subject, int week, int target) {
    text += fmt::format("  - {{kpi: revenue, {}, period: 2026-W{}, target: {} CNY}}\n", subject,
                        week, target);
  };
  for (int week = 36; week <= 39; ++week) {
    for (int person = 1; person <= kPeople; ++person) {
      add(fmt::format("person: p{:02}", person), week, 16000);
    }
    add("unit: east", week, 80000);
    add("unit: south", week, 80000);
    add("unit: company", week, 160000);
  }
  return text;
}

}  // namespace kpiwatch

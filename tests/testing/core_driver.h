// Drives a Core over a store in memory: events are written as CloudEvents JSON, time is told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "daemon/engine/core.h"
#include "daemon/engine/outbox_segments.h"
#include "daemon/ingest/decoder.h"
#include "tests/testing/event_text.h"
#include "tests/testing/load_text.h"
#include "tests/testing/memory_store.h"

namespace kpiwatch {

// A batch of records that are in memory.
class TextBatch final : public RecordBatch {
 public:
  void ReadHeaders(const Record&, std::vector<Header>*) const override {}
  void Clear() override { records_.clear(); }
};

class CoreDriver {
 public:
  struct Options {
    bool clock_by_events = true;
    size_t partitions = 1;
    CompleteBy complete_by = CompleteBy::kHeartbeat;
    std::optional<absl::Time> live_from = absl::InfinitePast();
    bool highest_sequence_wins = true;
    std::vector<std::string> other_sources = {};  // that bring nothing, beside "crm"
  };

  explicit CoreDriver(const std::string& yaml) : CoreDriver(yaml, Options()) {}
  CoreDriver(const std::string& yaml, const Options& options)
      : options_(options), book_(LoadText(yaml)) {
    SourceOptions source;
    source.name = "crm";
    source.complete_by = options.complete_by;
    source.highest_sequence_wins = options.highest_sequence_wins;
    sources_.push_back(source);
    for (const std::string& other : options.other_sources) {
      source.name = other;
      sources_.push_back(source);
    }
    for (size_t p = 0; p < options.partitions; ++p) {
      partitions_.push_back(
          {.id = {"", static_cast<int32_t>(p)}, .position = 0, .end = 0, .error = {}});
    }
    Restart();
  }

  // A crash: what was not committed is gone.
  void Restart() {
    CoreOptions options;
    options.sources = &sources_;
    options.clock_by_events = options_.clock_by_events;
    options.live_from = options_.live_from;
    core_ = std::make_unique<Core>(options, &store_, "store", &metrics_);
    ASSERT_TRUE(core_->Restore(book_, absl::InfinitePast()).ok());
    MakeDecoder();
  }
  void Reload(const std::string& yaml) {
    book_ = LoadText(yaml);
    ASSERT_TRUE(core_->SetRulebook(book_).ok());
    MakeDecoder();
  }

  // One event; `data` is JSON.
  void Send(std::string_view type, std::string_view id, absl::Time time, std::string_view data,
            uint32_t partition = 0) {
    const std::string more =
        (tenant.empty() ? "" : R"("tenantid":")" + tenant + R"(",)") +
        (sequence < 0 ? "" : R"("sequence":")" + std::to_string(sequence) + R"(",)");
    const std::string json = EventText(type, id, time, data, more);
    Record record;
    record.partition = partition;
    // Records come one after the other, whatever they speak of.
    received_ = std::max(received_, time);
    record.timestamp_ms = absl::ToUnixMillis(received_);
    record.value = json;
    const TextBatch batch;
    const absl::Status status = decoder_->Decode(batch, record, [&](const Event& event) {
      const auto result = core_->Offer(event, {0, partition, record.timestamp_ms}, partitions_);
      ASSERT_TRUE(result.ok()) << result.status();
      last_result = *result;
    });
    ASSERT_TRUE(status.ok()) << status;
    partitions_[partition].last = {partitions_[partition].position, record.timestamp_ms};
    ++partitions_[partition].position;
    partitions_[partition].end = partitions_[partition].position;
    core_->progress().SetPosition("crm", partitions_[partition]);
  }
  // `times` activities that count.
  void Touch(std::string_view owner, absl::Time time, int times, uint32_t partition = 0) {
    for (int i = 0; i < times; ++i) {
      Send("crm.activity.completed", "t" + std::to_string(next_id_++), time,
           R"({"owner_id":")" + std::string(owner) + R"("})", partition);
    }
  }
  void Order(std::string_view owner, absl::Time time, std::string_view amount,
             std::string_view id = {}, uint32_t partition = 0) {
    const std::string name = id.empty() ? "o" + std::to_string(next_id_++) : std::string(id);
    Send("erp.order.confirmed", name, time,
         R"({"owner_id":")" + std::string(owner) + R"(","amount":{"amount":")" +
             std::string(amount) + R"(","currency":"CNY"}})",
         partition);
  }
  // The heartbeat of one partition, sent when it speaks of.
  void Heartbeat(absl::Time until, uint32_t partition = 0) {
    Send("sys.source.heartbeat", "h" + std::to_string(next_id_++), until,
         R"({"partition_scope":"partition","complete_until":")" +
             absl::FormatTime(absl::RFC3339_full, until, absl::UTCTimeZone()) + R"("})",
         partition);
  }
  // Steps until nothing more is to seal; what was decided is added to log().
  void Step(absl::Time now = absl::InfiniteFuture()) {
    WriteBatch batch;
    bool more = true;
    for (PartitionState& partition : partitions_) {
      partition.end_asked = ends_asked;
    }
    while (more) {
      core_->completeness(0).Update(now, partitions_);
      const auto result = core_->FinishStep(now, &batch);
      ASSERT_TRUE(result.ok()) << result.status();
      PutSegments(*core_->step_entries(), &batch);
      ASSERT_TRUE(store_.Write(batch).ok());
      for (const v1::OutboxEntry& entry : EntriesOf(core_->step_entries())) {
        if (entry.has_transition()) {
          transitions_.push_back(entry.transition());
        }
      }
      more = result->more_to_seal;
    }
  }

  // "rule person:u1 2026-09-28 green>yellow threshold" for every transition so far.
  std::vector<std::string> log() const {
    std::vector<std::string> lines;
    for (const v1::Transition& t : transitions_) {
      std::string reason = v1::Reason_Name(t.reason()).substr(7);
      lines.push_back(t.rule() + " " + t.subject() + " " + t.period() + " " +
                      std::string(LevelName(static_cast<Level>(t.from_level()))) + ">" +
                      std::string(LevelName(static_cast<Level>(t.to_level()))) + " " + reason);
    }
    return lines;
  }
  const std::vector<v1::Transition>& transitions() const { return transitions_; }
  void Forget() { transitions_.clear(); }
  Core& core() { return *core_; }
  MemoryStore& store() { return store_; }
  EngineMetrics& metrics() { return metrics_; }

  // When the source asked its transport for the ends that the next Step sees.
  absl::Time ends_asked = absl::InfiniteFuture();
  std::string tenant;  // of the next events; empty: they name none
  int sequence = -1;   // of the next events; negative: they have none
  OfferResult last_result = OfferResult::kIgnored;

 private:
  void MakeDecoder() {
    auto decoder = kpiwatch::MakeDecoder(sources_[0], &book_->fields);
    ASSERT_TRUE(decoder.ok()) << decoder.status();
    decoder_ = *std::move(decoder);
  }

  const Options options_;
  std::shared_ptr<const Rulebook> book_;
  std::vector<SourceOptions> sources_;
  std::vector<PartitionState> partitions_;
  MemoryStore store_;
  EngineMetrics metrics_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<v1::Transition> transitions_;
  int next_id_ = 0;
  absl::Time received_ = absl::InfinitePast();
};

}  // namespace kpiwatch

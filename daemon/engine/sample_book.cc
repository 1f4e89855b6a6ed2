#include "daemon/engine/sample_book.h"

#include <optional>
#include <string>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

class StoreSampleLoader final : public SampleLoader {
 public:
  StoreSampleLoader(const StateStore* store, const std::vector<uint32_t>* kpi_id_of)
      : store_(store), kpi_id_of_(kpi_id_of) {}

  absl::Status Load(SubjectId subject, KpiIndex kpi, Day begin, Day end,
                    absl::FunctionRef<void(Day, Samples)> visit) override {
    bool damaged = false;
    const auto key = [&](Day day) {
      return SamplesKey({.subject = subject.value(), .kpi = (*kpi_id_of_)[kpi], .day = day});
    };
    KPIWATCH_RETURN_IF_ERROR(store_->Scan(Family::kMeta, key(begin), key(end),
                                          [&](std::string_view name, std::string_view value) {
                                            const auto parts = ParseSamplesKey(name);
                                            std::optional<Samples> samples = Samples::Decode(value);
                                            damaged = !parts || !samples;
                                            if (!damaged) {
                                              visit(parts->day, *std::move(samples));
                                            }
                                            return !damaged;
                                          }));
    return damaged ? absl::DataLossError("stored samples are damaged") : absl::OkStatus();
  }

 private:
  const StateStore* store_;
  const std::vector<uint32_t>* kpi_id_of_;
};

}  // namespace

SampleBook::SampleBook(SampleTable::Options options, const Rulebook* rulebook,
                       const StateStore* store, const std::vector<uint32_t>* kpi_id_of)
    : rulebook_(rulebook),
      kpi_id_of_(kpi_id_of),
      loader_(std::make_unique<StoreSampleLoader>(store, kpi_id_of)),
      table_(options, rulebook, loader_.get()) {
  for (const Kpi& kpi : rulebook->kpis) {
    keeps_.push_back(kpi.measure.SamplesUse().has_value());
    any_ = any_ || keeps_.back();
  }
}

// D-11, but that of facts of one millisecond the order is that of their ids' hashes.
Sample SampleBook::SampleOf(const PendingFact& fact, int64_t time_ms, Fingerprint id) const {
  Sample sample;
  sample.value = fact.delta.count < 0 ? -fact.delta.sum : fact.delta.sum;
  if (rulebook_->kpis[fact.kpi].measure.IsOrderedByTime()) {
    constexpr __int128 kHashes = static_cast<__int128>(1) << 64;
    sample.rank = time_ms * kHashes + id.bits;
  }
  return sample;
}

absl::Status SampleBook::Add(const PendingFact& fact, int64_t time_ms, Fingerprint id) {
  return table_.Add(fact.subject, fact.kpi, fact.day, SampleOf(fact, time_ms, id),
                    fact.delta.count);
}

absl::Status SampleBook::RollUp(Ancestors ancestors) {
  struct Noted {
    SampleTable::Dirty day;
    std::vector<Samples::Entry> entries;
  };
  // All before any: what comes from below is not to go up again.
  std::vector<Noted> noted;
  noted.reserve(table_.dirty().size());
  for (const SampleTable::Dirty& dirty : table_.dirty()) {
    noted.push_back({dirty, table_.Noted(dirty)});
  }
  std::vector<SubjectId> above;
  std::optional<std::pair<SubjectId, Day>> cached;
  for (const Noted& own : noted) {
    if (cached != std::pair(own.day.subject, own.day.day)) {
      ancestors(own.day.subject, own.day.day, &above);
      cached = std::pair(own.day.subject, own.day.day);
    }
    for (const SubjectId ancestor : above) {
      KPIWATCH_RETURN_IF_ERROR(table_.Add(ancestor, own.day.kpi, own.day.day, own.entries));
    }
  }
  table_.Settle();
  return absl::OkStatus();
}

void SampleBook::Write(WriteBatch* batch) {
  std::string value;
  table_.VisitDirty([&](const SampleTable::Dirty& dirty, const Samples& samples) {
    const std::string key = SamplesKey(
        {.subject = dirty.subject.value(), .kpi = (*kpi_id_of_)[dirty.kpi], .day = dirty.day});
    value.clear();
    samples.Encode(&value);
    batch->Put(Family::kMeta, key, value);
  });
}

}  // namespace kpiwatch

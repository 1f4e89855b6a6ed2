#include "daemon/kpictl/virtual_engine.h"

#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/kpictl/seal_moments.h"
#include "daemon/store/header.h"

namespace kpiwatch {

absl::StatusOr<std::unique_ptr<VirtualEngine>> VirtualEngine::Start(
    Options options, std::shared_ptr<const Rulebook> rulebook, absl::Time start,
    OnTransition on_transition) {
  std::unique_ptr<VirtualEngine> engine(
      new VirtualEngine(std::move(options), std::move(on_transition)));
  KPIWATCH_ASSIGN_OR_RETURN(const StoreHeader header, OpenHeader(engine->store_));
  CoreOptions core;
  core.sources = &engine->options_.sources;
  core.live_from = absl::InfinitePast();
  core.first_day = engine->options_.first_day;
  core.dedup.max_ids = std::clamp<size_t>(engine->options_.max_ids, 1, DedupWindow::kMaxIds);
  core.dedup.min_age = absl::Hours(24 * 366 * 1000);
  engine->core_ =
      std::make_unique<Core>(std::move(core), &engine->store_, header.uuid, &engine->metrics_);
  KPIWATCH_RETURN_IF_ERROR(engine->core_->Restore(std::move(rulebook), start));
  engine->now_ = start;
  return engine;
}

absl::Status VirtualEngine::AdvanceTo(absl::Time now) {
  for (;;) {
    const absl::Time moment = NextSealMoment(core_->rulebook(), now_);
    if (moment >= now) {
      return absl::OkStatus();
    }
    KPIWATCH_RETURN_IF_ERROR(Step(moment));
  }
}

absl::StatusOr<OfferResult> VirtualEngine::Offer(const Event& event, uint32_t source) {
  return core_->Offer(event, {.source = source}, {});
}

void VirtualEngine::Complete(uint32_t source, absl::Time until, absl::Time now) {
  SourceCompleteness& completeness = core_->completeness(source);
  completeness.OnHeartbeat(0, /*scoped=*/false, until, now);
  completeness.Update(now, {});
}

absl::Status VirtualEngine::Step(absl::Time now) {
  now_ = std::max(now_, now);
  if (options_.complete_until) {
    for (uint32_t source = 0; source < options_.sources.size(); ++source) {
      core_->completeness(source).Declare(std::min(now_, *options_.complete_until));
    }
  }
  for (bool more = true; more;) {
    KPIWATCH_ASSIGN_OR_RETURN(const StepResult result, core_->FinishStep(now_, &batch_));
    KPIWATCH_RETURN_IF_ERROR(store_.Write(batch_));
    for (const v1::OutboxEntry& entry : EntriesOf(core_->step_entries())) {
      if (entry.has_transition()) {
        on_transition_(now_, entry.transition());
      }
    }
    more = result.more_to_seal;
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch

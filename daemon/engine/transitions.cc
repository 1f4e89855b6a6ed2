// How a change of level becomes a Transition: what it says, whom it concerns, what it opens.
#include <iterator>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"
#include "fmt/format.h"

namespace kpiwatch {
absl::StatusOr<KpiReading> Core::ReadFor(const Rule& rule, SubjectId subject, const Period& period,
                                         std::optional<Decimal> target,
                                         std::optional<int> capacity) {
  if (!capacity) {
    KPIWATCH_ASSIGN_OR_RETURN(KpiReading reading,
                              viewer_->Read(rule.kpi, subject, {}, period, target));
    if (plans_.reads_back_loading[static_cast<size_t>(&rule - rulebook_->rules.data())]) {
      KPIWATCH_ASSIGN_OR_RETURN(reading.back_loading,
                                pace_reader().BackLoading(rule.kpi, subject, period));
    }
    return reading;
  }
  return viewer_->Read(rule.kpi, subject,
                       std::string(LevelOfPerson(*rulebook_, subjects_.Get(subject), period)),
                       period, target, *capacity);
}

absl::StatusOr<size_t> Core::FiredAt(const Rule& rule, SubjectId subject, Level level,
                                     const std::vector<SealedRecord>& records) {
  for (size_t i = records.size(); i > 0 && records[i - 1].after.IsLatched(level); --i) {
    const SealedRecord& record = records[i - 1];
    KPIWATCH_ASSIGN_OR_RETURN(const KpiReading reading, ReadRecord(rule, subject, record));
    if (BandOf(rule, record.after, InputOf(record.period, reading)) >= level) {
      return i - 1;
    }
  }
  return records.size() - 1;
}

v1::Transition& Core::NewTransition(const Rule& rule, SubjectId subject, const Period& period,
                                    Level from, Level to, v1::Reason reason, absl::Time at,
                                    int64_t since_ms) {
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  v1::Transition& transition = transition_;
  transition.Clear();
  transition.set_rule(rule.name);
  transition.set_subject(subjects_.Get(subject).Name());
  transition.set_kpi(kpi.name);
  transition.set_period(rulebook_->calendars[kpi.calendar].NameOf(period));
  transition.set_from_level(static_cast<v1::Level>(from));
  transition.set_to_level(static_cast<v1::Level>(to));
  transition.set_reason(reason);
  transition.set_at_unix_ms(absl::ToUnixMillis(at));
  transition.set_active_since_unix_ms(from == Level::kGreen ? absl::ToUnixMillis(at) : since_ms);
  if (!kpi.currency.empty()) {
    transition.set_currency(kpi.currency);
  }
  const CalendarIndex site = SiteOf(*rulebook_, kpi, subjects_.Get(subject), period.end - 1);
  transition.set_period_begin_unix_ms(day_begins_.Ms(*rulebook_, site, period.begin));
  transition.set_period_end_unix_ms(day_begins_.Ms(*rulebook_, site, period.end));
  return transition;
}

std::string_view Core::HoldOf(const Period& period, CalendarIndex calendar) const {
  if (!options_.clock_by_events &&
      rulebook_->calendars[calendar].Close(period.end - 1) < live_from_) {
    return held::kBeforeLive;
  }
  return {};
}

void Core::FillConsequences(const Rule& rule, SubjectId subject, const Period& period, Level from,
                            Level to, absl::Time at, std::string_view not_sent, Told* told,
                            v1::Transition* transition) {
  if (!not_sent.empty()) {
    transition->set_not_sent_reason(std::string(not_sent));
  }
  if (to > from) {
    const Tier* const tier = TierOf(rule, to);
    for (const std::string& person :
         Recipients(rulebook_->org, subjects_.Get(subject), tier->notify, period.end - 1)) {
      transition->add_notified(person);
    }
    for (const std::string& channel : tier->via) {
      transition->add_via(channel);
    }
    if (!not_sent.empty()) {
      return;
    }
    told_log_.Fire(rule, *tier, transition, told);
    if (tier->open) {
      AddTasks(*rulebook_, rule, *tier, subjects_.Get(subject), period, at, transition);
    }
    if (!tier->grant.empty()) {
      transition->set_grant(tier->grant);
      const std::string& title = tier->grant_title.For("zh");
      const std::string& title_en = tier->grant_title.For("en");
      transition->set_grant_title(title);
      transition->set_grant_title_en(title_en == title ? std::string() : title_en);
    }
    return;
  }
  if (!not_sent.empty()) {
    return;
  }
  // Whoever got the fire gets its end, by the way it came.
  told_log_.FillWay(*told, &rule, transition);
  if (to == Level::kGreen) {
    *told = Told();
  }
}

void Core::Emit(v1::Transition* transition) {
  const uint64_t seq = next_seq_++;
  std::string* const id = transition->mutable_id();
  id->clear();
  fmt::format_to(std::back_inserter(*id), "{}-{}", uuid_, seq);
  transition->set_step(static_cast<int64_t>(step_ + 1));
  emitted_.Add(seq, *transition);
}

}  // namespace kpiwatch

// How a change of level becomes a Transition: what it says, whom it concerns, what it opens.
#include <algorithm>
#include <iterator>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/evaluate/eligibility.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kMostCounted = 10;
constexpr int kMostSkipped = 31;

const Tier* TierOf(const Rule& rule, Level level) {
  for (const Tier& tier : rule.tiers) {
    if (tier.level == level) {
      return &tier;
    }
  }
  return nullptr;
}

void AddUnique(const std::string& name, std::vector<std::string>* names) {
  if (!name.empty() && std::find(names->begin(), names->end(), name) == names->end()) {
    names->push_back(name);
  }
}

}  // namespace

absl::StatusOr<KpiReading> Core::ReadFor(const Rule& rule, SubjectId subject, const Period& period,
                                         std::optional<Decimal> target) {
  const bool verdict = rulebook_->kpis[rule.kpi].type == KpiType::kVerdict;
  const std::string level =
      verdict ? std::string(LevelOfPerson(*rulebook_, subjects_.Get(subject), period))
              : std::string();
  return viewer_->Read(rule.kpi, subject, level, period, target);
}

PeriodInput Core::InputOf(const Period& period, const KpiReading& reading) const {
  return {period, reading.value, reading.target, reading.completion, reading.met, reading.count};
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
  transition.set_period(period.ToString());
  transition.set_from_level(static_cast<v1::Level>(from));
  transition.set_to_level(static_cast<v1::Level>(to));
  transition.set_reason(reason);
  transition.set_at_unix_ms(absl::ToUnixMillis(at));
  transition.set_active_since_unix_ms(from == Level::kGreen ? absl::ToUnixMillis(at) : since_ms);
  if (!kpi.currency.empty()) {
    transition.set_currency(kpi.currency);
  }
  transition.set_period_begin_unix_ms(BeginMs(kpi.calendar, period.begin));
  transition.set_period_end_unix_ms(BeginMs(kpi.calendar, period.end));
  return transition;
}

int64_t Core::BeginMs(CalendarIndex calendar, Day day) const {
  constexpr size_t kMostRemembered = 4096;
  if (begin_ms_.size() > kMostRemembered) {
    begin_ms_.clear();
  }
  const auto [it, is_new] = begin_ms_.try_emplace(std::pair(calendar, day.number), 0);
  if (is_new) {
    it->second = absl::ToUnixMillis(rulebook_->calendars[calendar].Begin(day));
  }
  return it->second;
}

void Core::FillReading(const Rule& rule, const KpiReading& reading,
                       v1::Transition* transition) const {
  transition->set_value(reading.value.ToString());
  if (reading.target) {
    transition->set_target(reading.target->ToString());
  }
  if (reading.completion) {
    transition->set_completion(reading.completion->ToFixed(6));
  }
  if (rulebook_->kpis[rule.kpi].type == KpiType::kVerdict) {
    for (const FloorResult& floor : reading.floors) {
      if (!floor.met()) {
        v1::Shortfall* shortfall = transition->add_shortfalls();
        shortfall->set_kpi(rulebook_->kpis[floor.kpi].name);
        shortfall->set_value(floor.value.ToString());
        shortfall->set_floor(floor.floor.ToString());
      }
    }
  }
}

void Core::FillCounted(const Rule& rule, SubjectId subject, const Ladder& ladder,
                       v1::Transition* transition) const {
  const std::vector<SealedRecord>& records = ladder.records;
  if (records.empty()) {
    return;
  }
  const auto streak = static_cast<size_t>(std::max(1, ladder.state.miss_streak));
  transition->set_miss_streak(ladder.state.miss_streak);
  if (ladder.state.since) {
    transition->set_since(ladder.state.since->ToString());
  }
  const size_t count = std::min({streak, records.size(), kMostCounted});
  for (size_t i = records.size() - count; i < records.size(); ++i) {
    v1::CountedPeriod* counted = transition->add_counted();
    counted->set_period(records[i].period.ToString());
    counted->set_value(records[i].value.ToString());
    if (records[i].target) {
      counted->set_target(records[i].target->ToString());
    }
    if (records[i].met) {
      counted->set_met(*records[i].met);
    }
  }
  if (rule.period != PeriodKind::kDay) {
    return;
  }
  const Period& first = records[records.size() - count].period;
  int skipped = 0;
  for (Day day = first.end; day < records.back().period.begin && skipped < kMostSkipped; ++day) {
    const Period period{PeriodKind::kDay, day, day + 1};
    const bool counted = std::any_of(records.begin(), records.end(),
                                     [&](const SealedRecord& r) { return r.period == period; });
    const Eligibility eligibility =
        CalendarEligibility(*rulebook_, rule, subjects_.Get(subject), period);
    if (!counted) {
      v1::SkippedPeriod* entry = transition->add_skipped();
      entry->set_period(period.ToString());
      entry->set_reason(std::string(EligibilityName(
          eligibility == Eligibility::kEligible ? Eligibility::kNoTarget : eligibility)));
      ++skipped;
    }
  }
}

std::vector<std::string> Core::Recipients(const std::vector<Notify>& notify, SubjectId subject,
                                          Day day) const {
  const SubjectInfo& info = subjects_.Get(subject);
  const Org& org = rulebook_->org;
  std::vector<std::string> people;
  for (const Notify& who : notify) {
    if (!who.person.empty()) {
      AddUnique(who.person, &people);
    } else if (info.kind == SubjectKind::kPerson) {
      AddUnique(who.steps == 0 ? info.id : org.ManagerOf(info.id, day, who.steps), &people);
    } else if (const auto unit = org.FindUnit(info.id)) {
      AddUnique(org.ManagerOfUnit(*unit, who.steps), &people);
    }
  }
  return people;
}

std::string_view Core::HoldOf(const Period& period, CalendarIndex calendar) const {
  if (!options_.clock_by_events &&
      rulebook_->calendars[calendar].Close(period.end - 1) < live_from_) {
    return held::kBeforeLive;
  }
  return {};
}

uint32_t Core::ToldAsOf(const Rule& rule) {
  uint32_t& number = told_as_of_rule_[static_cast<size_t>(&rule - rulebook_->rules.data())];
  if (number == 0) {
    const ToldAs as{rulebook_->kpis[rule.kpi].name,
                    {rule.labels.begin(), rule.labels.end()},
                    rule.evaluate == EvaluateMode::kIntraday || rule.period == PeriodKind::kTarget};
    number = NumberOf({as});
  }
  return number;
}

uint32_t Core::NumberOf(const std::vector<ToldAs>& all) {
  const std::string name = EncodeToldAs(all);
  const auto known = told_as_.Find(name);
  return (known ? *known : told_as_.Add(name, 0, &names_)) + 1;
}

void Core::NoteTold(const Rule& rule, const Tier& tier, const v1::Transition& transition,
                    Told* told) {
  for (const std::string& person : transition.notified()) {
    AddUnique(person, &told->people);
  }
  told->channels |= ChannelsOf(tier.via);
  const uint32_t as = ToldAsOf(rule);
  if (told->as != 0 && told->as != as) {
    std::vector<ToldAs> all = DecodeToldAs(told_as_.Get(told->as - 1).name);
    for (const ToldAs& one : DecodeToldAs(told_as_.Get(as - 1).name)) {
      std::erase(all, one);
      all.push_back(one);
    }
    told->as = NumberOf(all);
  } else {
    told->as = as;
  }
}

void Core::AddTasks(const Rule& rule, const Tier& tier, SubjectId subject, const Period& period,
                    absl::Time at, v1::Transition* transition) const {
  const BusinessCalendar& calendar = rulebook_->calendars[rulebook_->kpis[rule.kpi].calendar];
  const Playbook& playbook = rulebook_->playbooks[*tier.open];
  v1::Task* task = transition->add_tasks();
  task->set_id(fmt::format("{}/{}/{}/{}", rule.name, subjects_.Get(subject).Name(),
                           period.ToString(), playbook.name));
  task->set_playbook(playbook.name);
  task->set_title(playbook.title.For("zh"));
  const std::string& title_en = playbook.title.For("en");
  task->set_title_en(title_en == task->title() ? std::string() : title_en);
  // Where nobody stands that high, the highest below: a task has somebody.
  Notify who = playbook.assignee;
  std::vector<std::string> assignee = Recipients({who}, subject, period.end - 1);
  while (assignee.empty() && who.steps > 0) {
    --who.steps;
    assignee = Recipients({who}, subject, period.end - 1);
  }
  task->set_assignee(assignee.empty() ? std::string() : assignee.front());
  const Day due = calendar.AddWorkingDays(calendar.DayOf(at), playbook.due_working_days);
  task->set_due_unix_ms(absl::ToUnixMillis(calendar.Close(due)));
  bool translated = false;
  for (const LocalText& item : playbook.checklist) {
    task->add_checklist(item.For("zh"));
    task->add_checklist_en(item.For("en"));
    translated = translated || item.For("zh") != item.For("en");
  }
  if (!translated) {
    task->clear_checklist_en();
  }
}

void Core::FillWay(const Told& told, uint32_t now_as, v1::Transition* transition) const {
  for (const std::string& person : told.people) {
    transition->add_notified(person);
  }
  for (std::string& channel : ViaOf(told.channels)) {
    transition->add_via(std::move(channel));
  }
  if (told.as == 0 || told.as == now_as) {
    return;
  }
  for (const ToldAs& as : DecodeToldAs(told_as_.Get(told.as - 1).name)) {
    v1::ToldAs* const entry = transition->add_told_as();
    entry->set_kpi(as.kpi);
    entry->set_by_period(as.by_period);
    entry->mutable_labels()->insert(as.labels.begin(), as.labels.end());
  }
}

void Core::FillConsequences(const Rule& rule, SubjectId subject, const Period& period, Level from,
                            Level to, absl::Time at, std::string_view not_sent, Told* told,
                            v1::Transition* transition) {
  if (!not_sent.empty()) {
    transition->set_not_sent_reason(std::string(not_sent));
  }
  if (to > from) {
    const Tier* const tier = TierOf(rule, to);
    for (const std::string& person : Recipients(tier->notify, subject, period.end - 1)) {
      transition->add_notified(person);
    }
    for (const std::string& channel : tier->via) {
      transition->add_via(channel);
    }
    if (!not_sent.empty()) {
      return;
    }
    NoteTold(rule, *tier, *transition, told);
    if (tier->open) {
      AddTasks(rule, *tier, subject, period, at, transition);
    }
    if (!tier->grant.empty()) {
      transition->set_grant(tier->grant);
    }
    return;
  }
  if (!not_sent.empty()) {
    return;
  }
  // Whoever got the fire gets its end, by the way it came.
  FillWay(*told, ToldAsOf(rule), transition);
  const Tier* const tier = TierOf(rule, from);
  if (told->channels == 0 && tier != nullptr) {  // told by an older program
    for (const std::string& channel : tier->via) {
      transition->add_via(channel);
    }
  }
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

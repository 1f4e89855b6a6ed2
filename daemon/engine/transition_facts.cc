#include "daemon/engine/transition_facts.h"

#include <algorithm>

#include "daemon/evaluate/eligibility.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kMostCounted = 10;
constexpr int kMostSkipped = 31;

void AddUnique(const std::string& name, std::vector<std::string>* names) {
  if (!name.empty() && std::find(names->begin(), names->end(), name) == names->end()) {
    names->push_back(name);
  }
}

// With as many of six digits as say something.
std::string Shown(const Rational& number) {
  const std::optional<Decimal> decimal = number.Rounded(Decimal::kScaleDigits);
  return decimal ? decimal->ToString() : std::string();
}

// When what is opened at `at` is due, by the calendar of whoever is to do it.
absl::Time DueOf(const Playbook& playbook, absl::Time at, const BusinessCalendar& calendar) {
  if (playbook.due_working_time > absl::ZeroDuration()) {
    return calendar.AddWorkingTime(at, playbook.due_working_time);
  }
  return calendar.DueTime(calendar.AddWorkingDays(calendar.DayOf(at), playbook.due_working_days));
}

// Why the period is not among the records.
Eligibility WhySkipped(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& subject,
                       const Period& period, bool is_measured) {
  const Eligibility eligibility = CalendarEligibility(rulebook, rule, subject, period);
  return eligibility != Eligibility::kEligible          ? eligibility
         : !RuleCovers(rulebook, rule, subject, period) ? Eligibility::kNotWatched
         : is_measured                                  ? Eligibility::kNoTarget
                                                        : Eligibility::kInsufficient;
}

// What did not count between the first and the last of `records`.
void AddSkipped(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& subject,
                std::span<const SealedRecord> records,
                absl::FunctionRef<bool(const Period&)> is_measured, v1::Transition* transition) {
  if (rule.period == PeriodKind::kTarget) {
    return;  // nothing counts from one to the next
  }
  const BusinessCalendar& calendar = rulebook.calendars[rulebook.kpis[rule.kpi].calendar];
  Period period = records.front().period;
  for (int skipped = 0; skipped < kMostSkipped;) {
    period = calendar.PeriodOf(rule.period, period.end);
    if (period.begin >= records.back().period.begin) {
      return;
    }
    const auto record = std::find_if(records.begin(), records.end(),
                                     [&](const SealedRecord& r) { return r.period == period; });
    if (record != records.end() && record->known) {
      continue;
    }
    v1::SkippedPeriod* const entry = transition->add_skipped();
    entry->set_period(calendar.NameOf(period));
    entry->set_reason(std::string(
        EligibilityName(record != records.end()
                            ? Eligibility::kNoValue
                            : WhySkipped(rulebook, rule, subject, period, is_measured(period)))));
    ++skipped;
  }
}

}  // namespace

const Tier* TierOf(const Rule& rule, Level level) {
  for (const Tier& tier : rule.tiers) {
    if (tier.level == level) {
      return &tier;
    }
  }
  return nullptr;
}

CalendarIndex SiteOf(const Rulebook& rulebook, const Kpi& kpi, const SubjectInfo& subject,
                     Day day) {
  const BusinessCalendar& site =
      rulebook.CalendarFor(kpi, subject.kind == SubjectKind::kPerson, subject.id, day);
  return static_cast<CalendarIndex>(&site - rulebook.calendars.data());
}

PeriodInput InputOf(const Period& period, const KpiReading& reading) {
  return {period,
          reading.value,
          reading.target,
          reading.completion,
          reading.met,
          reading.count,
          reading.state == ValueState::kKnown,
          reading.quotient,
          reading.num,
          reading.den,
          reading.back_loading};
}

std::vector<std::string> Recipients(const Org& org, const SubjectInfo& subject,
                                    const std::vector<Notify>& notify, Day day) {
  std::vector<std::string> people;
  for (const Notify& who : notify) {
    AddUnique(PersonToTell(org, subject.kind == SubjectKind::kPerson, subject.id, who, day),
              &people);
  }
  return people;
}

void FillReading(const Rulebook& rulebook, const Rule& rule, const KpiReading& reading,
                 v1::Transition* transition) {
  if (reading.state == ValueState::kKnown) {
    transition->set_value(reading.value.ToString());
  }
  if (reading.target) {
    transition->set_target(reading.target->ToString());
  }
  if (reading.completion) {
    transition->set_completion(reading.completion->ToFixed(6));
  }
  if (reading.back_loading) {
    transition->set_back_loading(reading.back_loading->ToFixed(6));
  }
  if (rulebook.kpis[rule.kpi].type == KpiType::kVerdict) {
    for (const FloorResult& floor : reading.floors) {
      if (!floor.met()) {
        v1::Shortfall* shortfall = transition->add_shortfalls();
        shortfall->set_kpi(rulebook.kpis[floor.kpi].name);
        shortfall->set_value(floor.value.ToString());
        shortfall->set_floor(floor.floor.ToString());
      }
    }
  }
}

void FillFigures(const Rulebook& rulebook, std::optional<Decimal> value,
                 std::optional<Decimal> target, v1::Transition* transition) {
  if (value) {
    transition->set_value(value->ToString());
  }
  if (target) {
    transition->set_target(target->ToString());
  }
  const std::optional<KpiIndex> kpi = rulebook.FindKpi(transition->kpi());
  if (kpi && value && target) {
    if (const auto completion = Completion(rulebook.kpis[*kpi].direction, *value, *target)) {
      transition->set_completion(completion->ToFixed(6));
    }
  }
}

void FillPace(const Pace& pace, v1::Transition* transition) {
  const auto text = [](const std::optional<Rational>& number) {
    return number ? Shown(*number) : std::string();
  };
  transition->set_expected(text(pace.expected));
  transition->set_pace_index(pace.index ? pace.index->ToFixed(6) : std::string());
  transition->set_gap(text(pace.gap));
  transition->set_projection(text(pace.projection));
  transition->set_projected_completion(
      pace.projected_completion ? pace.projected_completion->ToFixed(6) : std::string());
  transition->set_required_rate(text(pace.required_rate));
  transition->set_max_attainable(text(pace.max_attainable));
}

void FillCounted(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& subject,
                 std::span<const SealedRecord> records,
                 absl::FunctionRef<bool(const Period&)> is_measured, v1::Transition* transition) {
  if (records.empty()) {
    return;
  }
  const BusinessCalendar& calendar = rulebook.calendars[rulebook.kpis[rule.kpi].calendar];
  const LadderState& state = records.back().after;
  // A rule that looks at one period alone has nothing to do with the misses before it.
  const int32_t misses = ReadsStreaks(rule) ? state.miss_streak : 0;
  const auto streak = static_cast<size_t>(std::max(1, misses));
  transition->set_miss_streak(misses);
  if (state.since) {
    transition->set_since(state.since->ToString());
  }
  // What had no value did not count, but where it is the period itself.
  std::vector<size_t> places = {records.size() - 1};
  for (size_t i = records.size() - 1; i-- > 0 && places.size() < std::min(streak, kMostCounted);) {
    if (records[i].known) {
      places.push_back(i);
    }
  }
  std::reverse(places.begin(), places.end());
  for (const size_t i : places) {
    v1::CountedPeriod* counted = transition->add_counted();
    counted->set_period(calendar.NameOf(records[i].period));
    if (records[i].known) {
      counted->set_value(records[i].value.ToString());
    }
    if (records[i].target) {
      counted->set_target(records[i].target->ToString());
    }
    if (records[i].met) {
      counted->set_met(*records[i].met);
    }
  }
  AddSkipped(rulebook, rule, subject, records.subspan(places.front()), is_measured, transition);
}

void AddTasks(const Rulebook& rulebook, const Rule& rule, const Tier& tier,
              const SubjectInfo& subject, const Period& period, absl::Time at,
              v1::Transition* transition) {
  const Kpi& kpi = rulebook.kpis[rule.kpi];
  const Playbook& playbook = rulebook.playbooks[*tier.open];
  v1::Task* task = transition->add_tasks();
  task->set_id(fmt::format("{}/{}/{}/{}", rule.name, subject.Name(),
                           rulebook.calendars[kpi.calendar].NameOf(period), playbook.name));
  task->set_playbook(playbook.name);
  task->set_title(playbook.title.For("zh"));
  const std::string& title_en = playbook.title.For("en");
  task->set_title_en(title_en == task->title() ? std::string() : title_en);
  // Where nobody stands that high, the highest below: a task has somebody.
  Notify who = playbook.assignee;
  std::vector<std::string> assignee = Recipients(rulebook.org, subject, {who}, period.end - 1);
  while (assignee.empty() && who.steps > 0) {
    --who.steps;
    assignee = Recipients(rulebook.org, subject, {who}, period.end - 1);
  }
  task->set_assignee(assignee.empty() ? std::string() : assignee.front());
  const BusinessCalendar& calendar =
      assignee.empty() ? rulebook.calendars[SiteOf(rulebook, kpi, subject, period.end - 1)]
                       : rulebook.CalendarFor(kpi, true, assignee.front(), period.end - 1);
  task->set_due_unix_ms(absl::ToUnixMillis(DueOf(playbook, at, calendar)));
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

}  // namespace kpiwatch

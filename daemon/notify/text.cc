#include "daemon/notify/text.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "daemon/notify/facts.h"
#include "daemon/notify/number_text.h"
#include "daemon/notify/pace_rows.h"
#include "daemon/notify/words.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

Level LevelOf(v1::Level level) {
  return static_cast<Level>(std::clamp<int>(level, 0, kLevelCount - 1));
}

// Everything that the text of one transition is made from.
struct Source {
  const v1::Transition& transition;
  const Rulebook& rulebook;
  const Words& words;
  const Kpi* kpi;  // null: unknown or a data alert
  SubjectFacts subject;

  Source(const v1::Transition& transition_in, const Rulebook& rulebook_in,
         std::string_view language)
      : transition(transition_in),
        rulebook(rulebook_in),
        words(WordsOf(language)),
        kpi(nullptr),
        subject(DescribeSubject(transition_in, rulebook_in)) {
    if (const auto index = rulebook.FindKpi(transition.kpi()); index.has_value()) {
      kpi = &rulebook.kpis[*index];
    }
  }

  std::string_view language() const { return words.language; }
  std::string KpiTitle() const {
    const std::string title = kpi == nullptr ? "" : kpi->title.For(language());
    return title.empty() ? transition.kpi() : title;
  }
  std::string SubjectText() const {
    const std::string& name = subject.name.For(language());
    const std::string& unit = subject.unit_name.For(language());
    return subject.kind == "person" && !unit.empty()
               ? fmt::format(fmt::runtime(words.unit_format), name, unit)
               : name;
  }
  std::string ValueText(const std::string& value) const {
    if (!transition.currency().empty()) {
      return MoneyText(value, transition.currency(), language());
    }
    const std::string unit = kpi == nullptr || kpi->unit.empty() ? "" : " " + kpi->unit;
    return GroupDigits(value) + unit;
  }
  std::string PersonName(const std::string& id) const {
    const Person* person = rulebook.org.FindPersonAny(id);
    const std::string name = person == nullptr ? "" : person->name.For(language());
    return name.empty() ? id : name;
  }
  // On the clock of the KPI's calendar. Where that is the unit's: of the unit of `person`, else of
  // the subject, and the text says how far from UTC it is.
  std::string MinuteText(int64_t unix_ms, std::string_view person = {}) const {
    const absl::Time time = absl::FromUnixMillis(unix_ms);
    const bool by_unit = kpi != nullptr && kpi->calendar == rulebook.unit_calendars;
    return absl::FormatTime(by_unit ? "%Y-%m-%d %H:%M UTC%Ez" : "%Y-%m-%d %H:%M", time,
                            Zone(time, person));
  }

 private:
  absl::TimeZone Zone(absl::Time time, std::string_view person) const {
    if (rulebook.calendars.empty()) {
      return absl::UTCTimeZone();
    }
    if (kpi == nullptr) {
      return rulebook.calendars[0].options().zone;
    }
    const bool of_person = !person.empty() || subject.kind == "person";
    const Day day = rulebook.calendars[kpi->calendar].DayOf(time);
    return rulebook
        .CalendarFor(*kpi, of_person, person.empty() ? std::string_view(subject.id) : person, day)
        .options()
        .zone;
  }
};

// The word in front of the headline: a level, or what became of the alert.
std::string_view State(const Source& source) {
  if (IsResolved(source.transition)) {
    return source.transition.never_true() ? source.words.withdrawn : source.words.resolved;
  }
  return IsDataAlert(source.transition)
             ? source.words.data
             : source.words.levels[static_cast<size_t>(LevelOf(source.transition.to_level()))];
}

std::string Headline(const Source& source) {
  std::vector<std::string> parts = {source.SubjectText()};
  for (const std::string& part : {source.KpiTitle(), source.transition.period()}) {
    if (!part.empty()) {
      parts.push_back(part);
    }
  }
  const std::string state = fmt::format(fmt::runtime(source.words.quoted_format), State(source));
  return fmt::format("{}{}{}", state, source.language() == "zh" ? "" : " ",
                     absl::StrJoin(parts, " "));
}

std::string CountedText(const Source& source) {
  std::vector<std::string> lines;
  const auto& counted = source.transition.counted();
  for (int i = 0; i < std::min(counted.size(), kMaxPeriodsShown); ++i) {
    const v1::CountedPeriod& period = counted[i];
    std::string text(!period.has_met() ? ""
                     : period.met()    ? source.words.met
                                       : source.words.missed);
    if (!period.value().empty()) {
      text += (text.empty() ? "" : " ") + source.ValueText(period.value());
    }
    if (!period.value().empty() && !period.target().empty()) {
      text += " / " + source.ValueText(period.target());
    }
    lines.push_back(fmt::format("{} {}", period.period(), text));
  }
  if (counted.size() > kMaxPeriodsShown) {
    lines.push_back(fmt::format("{} {}", counted.size() - kMaxPeriodsShown, source.words.more));
  }
  return absl::StrJoin(lines, "\n");
}

// Which part of a verdict is short, and by how much: one a line.
std::string ShortfallText(const Source& source) {
  std::vector<std::string> lines;
  for (const v1::Shortfall& shortfall : source.transition.shortfalls()) {
    const std::optional<KpiIndex> index = source.rulebook.FindKpi(shortfall.kpi());
    const Kpi* const kpi = index ? &source.rulebook.kpis[*index] : nullptr;
    const std::string title = kpi == nullptr ? "" : kpi->title.For(source.language());
    lines.push_back(fmt::format(fmt::runtime(source.words.short_format),
                                title.empty() ? shortfall.kpi() : title,
                                GroupDigits(shortfall.value()), GroupDigits(shortfall.floor()),
                                GroupDigits(ShortOf(shortfall))));
  }
  return absl::StrJoin(lines, "\n");
}

// Neighbours with the same reason are one line.
std::string SkippedText(const Source& source) {
  std::vector<std::string> lines;
  const auto& skipped = source.transition.skipped();
  int shown = 0;
  while (shown < skipped.size() && lines.size() < kMaxPeriodsShown) {
    int end = shown + 1;
    while (end < skipped.size() && skipped[end].reason() == skipped[shown].reason()) {
      ++end;
    }
    const std::string span = end - shown == 1 ? skipped[shown].period()
                                              : fmt::format(fmt::runtime(source.words.range_format),
                                                            skipped[shown].period(),
                                                            skipped[end - 1].period(), end - shown);
    lines.push_back(fmt::format("{}{}{}", span, source.words.colon,
                                SkipReasonText(skipped[shown].reason(), source.language())));
    shown = end;
  }
  if (shown < skipped.size()) {
    lines.push_back(fmt::format("{} {}", skipped.size() - shown, source.words.more));
  }
  return absl::StrJoin(lines, "\n");
}

std::string StreakText(const Source& source) {
  const Rule* rule = FindRule(source.rulebook, source.transition.rule());
  const PeriodKind kind = rule == nullptr ? PeriodKind::kDay : rule->period;
  return fmt::format(fmt::runtime(source.words.streak_format), source.transition.miss_streak(),
                     source.words.streak_units[static_cast<size_t>(kind)]);
}

// The moment in which the alert began: the one thing that is the same in all that is told of it.
std::string SinceText(const Source& source) {
  const int64_t since_ms = source.transition.active_since_unix_ms();
  return since_ms == 0 || IsDataAlert(source.transition) ? "" : source.MinuteText(since_ms);
}

std::string ChangeText(const Source& source) {
  const auto name = [&](v1::Level level) {
    return source.words.levels[static_cast<size_t>(LevelOf(level))];
  };
  return fmt::format("{} → {}", name(source.transition.from_level()),
                     name(source.transition.to_level()));
}

// What a corrected period had said (S-18): the value, and how far it was.
std::string RestatedText(const Source& source) {
  const v1::Transition& transition = source.transition;
  if (transition.old_value().empty()) {
    return {};
  }
  std::string text = source.ValueText(transition.old_value());
  if (!transition.old_completion().empty()) {
    text += fmt::format(fmt::runtime(source.words.unit_format), "",
                        PercentText(transition.old_completion()));
  }
  return text;
}

std::vector<TextRow> Rows(const Source& source) {
  const v1::Transition& transition = source.transition;
  const Words& words = source.words;
  std::vector<TextRow> rows;
  const auto add = [&rows](std::string_view name, std::string text) {
    if (!text.empty()) {
      rows.push_back({std::string(name), std::move(text)});
    }
  };
  const auto amount = [&](const std::string& value) {
    return value.empty() ? "" : source.ValueText(value);
  };
  add(words.subject, source.SubjectText());
  add(words.kpi, source.KpiTitle());
  add(words.period, transition.period());
  add(words.change, ChangeText(source));
  add(words.value, amount(transition.value()));
  add(words.target, amount(transition.target()));
  add(words.completion,
      transition.completion().empty() ? "" : PercentText(transition.completion()));
  for (TextRow& row : PaceRows(transition, words, amount)) {
    rows.push_back(std::move(row));
  }
  add(words.restated, RestatedText(source));
  add(words.cause,
      transition.reason() == v1::REASON_RESTATED ? transition.cause_event_id() : std::string());
  add(words.since, SinceText(source));
  add(words.streak, transition.miss_streak() > 0 ? StreakText(source) : "");
  add(words.why, std::string(ReasonSentence(transition, source.language())));
  add(words.detail, transition.detail());
  add(words.shortfall, ShortfallText(source));
  add(words.counted, CountedText(source));
  add(words.skipped, SkippedText(source));
  add(words.grant, GrantTitle(transition, source.language()));
  add(words.rule, transition.rule());
  return rows;
}

std::vector<TaskText> Tasks(const Source& source) {
  std::vector<TaskText> tasks;
  for (const v1::Task& task : source.transition.tasks()) {
    TaskText text{.title = TaskTitle(task, source.language()),
                  .assignee = task.assignee().empty() ? "" : source.PersonName(task.assignee()),
                  .due = {},
                  .checklist = TaskChecklist(task, source.language())};
    if (task.due_unix_ms() != 0) {
      text.due = source.MinuteText(task.due_unix_ms(), task.assignee());
    }
    tasks.push_back(std::move(text));
  }
  return tasks;
}

// Annotations speak of the condition that fired, which a resolved alert no longer meets.
std::string Annotation(const Source& source, std::string_view name) {
  const v1::Transition& transition = source.transition;
  const Rule* rule =
      IsResolved(transition) ? nullptr : FindRule(source.rulebook, transition.rule());
  if (rule == nullptr) {
    return {};
  }
  const auto it = rule->annotations.find(name);
  if (it == rule->annotations.end()) {
    return {};
  }
  std::string text =
      RenderTemplate(it->second.For(source.language()),
                     TemplateValuesOf(transition, source.rulebook, source.language()));
  absl::StripTrailingAsciiWhitespace(&text);
  return text;
}

// One row of plain text; further lines of its text stand below, indented.
std::string PlainRow(std::string_view name, const std::string& text, const Words& words) {
  std::string title = fmt::format("{}{}", name, words.colon);
  if (text.find('\n') == std::string::npos) {
    return fmt::format("  {}{}\n", title, text);
  }
  absl::StripTrailingAsciiWhitespace(&title);
  return fmt::format("  {}\n    {}\n", title, absl::StrReplaceAll(text, {{"\n", "\n    "}}));
}

}  // namespace

std::string TaskTitle(const v1::Task& task, std::string_view language) {
  const std::string& title =
      language == "zh" || task.title_en().empty() ? task.title() : task.title_en();
  return title.empty() ? task.playbook() : title;
}

std::string GrantTitle(const v1::Transition& transition, std::string_view language) {
  const std::string& title = language == "zh" || transition.grant_title_en().empty()
                                 ? transition.grant_title()
                                 : transition.grant_title_en();
  return title.empty() ? transition.grant() : title;
}

std::vector<std::string> TaskChecklist(const v1::Task& task, std::string_view language) {
  const auto& items =
      language == "zh" || task.checklist_en().empty() ? task.checklist() : task.checklist_en();
  return {items.begin(), items.end()};
}

std::string ShortOf(const v1::Shortfall& shortfall) {
  const std::optional<Decimal> value = Decimal::Parse(shortfall.value());
  const std::optional<Decimal> floor = Decimal::Parse(shortfall.floor());
  if (!value || !floor) {
    return {};
  }
  return (*value < *floor ? *floor - *value : *value - *floor).ToString();
}

TransitionText Describe(const v1::Transition& transition, const Rulebook& rulebook,
                        std::string_view language) {
  const Source source(transition, rulebook, language);
  return TransitionText{.level = ShownLevel(transition),
                        .resolved = IsResolved(transition),
                        .headline = Headline(source),
                        .summary = Annotation(source, "summary"),
                        .description = Annotation(source, "description"),
                        .rows = Rows(source),
                        .tasks = Tasks(source)};
}

std::string PlainText(const TransitionText& text, std::string_view language) {
  const Words& words = WordsOf(language);
  std::string out = text.headline + "\n";
  if (!text.summary.empty()) {
    out += text.summary + "\n";
  }
  for (const TextRow& row : text.rows) {
    out += PlainRow(row.name, row.text, words);
  }
  if (!text.description.empty()) {
    out += PlainRow(words.next, text.description, words);
  }
  for (const TaskText& task : text.tasks) {
    out += fmt::format("  {}{}{}", words.task, words.colon, task.title);
    for (const auto& [name, value] :
         {std::pair(words.assignee, task.assignee), std::pair(words.due, task.due)}) {
      out += value.empty() ? "" : fmt::format("; {}{}{}", name, words.colon, value);
    }
    out += "\n";
    for (const std::string& item : task.checklist) {
      out += fmt::format("    [ ] {}\n", item);
    }
  }
  return out;
}

std::string SubjectLine(const Message& message) {
  if (message.transitions.empty()) {
    return "kpiwatch";
  }
  const Source source(*message.transitions.front(), *message.rulebook, message.language);
  const size_t count = message.transitions.size() + message.truncated;
  return count == 1
             ? Headline(source)
             : fmt::format(fmt::runtime(source.words.several_format), Headline(source), count);
}

TemplateValues TemplateValuesOf(const v1::Transition& transition, const Rulebook& rulebook,
                                std::string_view language) {
  const Source source(transition, rulebook, language);
  return {{".Subject.Name", source.subject.name.For(language)},
          {".Subject.ID", source.subject.id},
          {".Subject.Unit", source.subject.unit_name.For(language)},
          {".Rule", transition.rule()},
          {".KPI.Name", transition.kpi()},
          {".KPI.Title", source.KpiTitle()},
          {".Level", std::string(source.words.levels[static_cast<size_t>(ShownLevel(transition))])},
          {".Value", transition.value()},
          {".Target", transition.target()},
          {".Completion", transition.completion()},
          {".BackLoading", transition.back_loading()},
          {".Expected", transition.expected()},
          {".PaceIndex", transition.pace_index()},
          {".Gap", transition.gap()},
          {".Projection", transition.projection()},
          {".ProjectedCompletion", transition.projected_completion()},
          {".RequiredRate", transition.required_rate()},
          {".MaxAttainable", transition.max_attainable()},
          {".MissStreak", std::to_string(transition.miss_streak())},
          {".Period", transition.period()},
          {".Status", IsResolved(transition) ? "resolved" : "firing"}};
}

}  // namespace kpiwatch

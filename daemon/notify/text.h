// What a transition says to people, in their language: the level, the KPI, value against target,
// since when, why, and what to do next. Channels lay it out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/level.h"
#include "daemon/notify/channel.h"
#include "daemon/rulebook/annotation_template.h"
#include "daemon/rulebook/rulebook.h"
#include "proto/kpiwatch/v1/transition.pb.h"

namespace kpiwatch {

struct TextRow {
  std::string name;
  std::string text;
};

struct TaskText {
  std::string title;
  std::string assignee;  // name; empty: nobody
  std::string due;       // "2026-09-30 18:00", on the assignee's clock; empty: none
  std::vector<std::string> checklist;
};

struct TransitionText {
  Level level = Level::kYellow;  // that the alert shows (ShownLevel)
  bool resolved = false;
  std::string headline;       // "【橙色】王一（华东） 关键动作 2026-09-29"
  std::string summary;        // the rule's annotation; empty: it has none, or the alert is over
  std::string description;    // what to do next: the rule's annotation; empty as summary is
  std::vector<TextRow> rows;  // value against target, since when, why …
  std::vector<TaskText> tasks;
};

// Periods listed at most in each of the two rows that say what counted.
inline constexpr int kMaxPeriodsShown = 31;

// `language` is "zh" or "en".
TransitionText Describe(const v1::Transition& transition, const Rulebook& rulebook,
                        std::string_view language);

// A task's words in a language; the other one's where there is none.
std::string TaskTitle(const v1::Task& task, std::string_view language);
std::vector<std::string> TaskChecklist(const v1::Task& task, std::string_view language);

// What the level gives leave for, in a language; without words for people its name.
std::string GrantTitle(const v1::Transition& transition, std::string_view language);

// How far a floor was missed, as an exact decimal: "3" for 5 of 8; empty for text that is none.
std::string ShortOf(const v1::Shortfall& shortfall);

// The same as lines of plain text.
std::string PlainText(const TransitionText& text, std::string_view language);

// One line for the whole message: its first headline, and how many there are.
std::string SubjectLine(const Message& message);

// The values of the annotations' templates.
TemplateValues TemplateValuesOf(const v1::Transition& transition, const Rulebook& rulebook,
                                std::string_view language);

}  // namespace kpiwatch

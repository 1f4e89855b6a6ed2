#include "tests/adapters/story.h"

#include <fmt/format.h>

#include <tuple>

namespace kpiwatch {
namespace {

using Ladder = std::pair<std::string, std::string>;  // rule, subject
using ByLadder = std::map<Ladder, std::vector<v1::Transition>>;

ByLadder Group(const std::vector<v1::Transition>& transitions) {
  ByLadder groups;
  for (const v1::Transition& transition : transitions) {
    groups[{transition.rule(), transition.subject()}].push_back(transition);
  }
  return groups;
}

const std::vector<v1::Transition>& Of(const ByLadder& groups, const Ladder& ladder) {
  static const std::vector<v1::Transition>& none = *new std::vector<v1::Transition>();
  const auto it = groups.find(ladder);
  return it == groups.end() ? none : it->second;
}

std::string Exact(const std::vector<v1::Transition>& transitions) {
  std::string text;
  for (v1::Transition transition : transitions) {
    transition.clear_id();
    transition.clear_step();
    transition.clear_cause_event_id();
    transition.clear_cause_time_unix_ms();
    text += transition.ShortDebugString() + "\n";
  }
  return text;
}

std::string AsSet(const std::vector<v1::Transition>& transitions) {
  std::multiset<std::string> lines;
  for (const v1::Transition& transition : transitions) {
    lines.insert(transition.period() + " " + v1::Level_Name(transition.to_level()));
  }
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

// Levels by period for intraday rules, which begin anew in each; one sequence for the others.
std::string Ends(const std::vector<v1::Transition>& transitions, bool by_period) {
  std::map<std::string, v1::Level> level;
  std::string broken;
  for (const v1::Transition& transition : transitions) {
    v1::Level& at = level[by_period ? transition.period() : ""];
    if (transition.from_level() != at) {
      broken += "not from where it stood: " + transition.ShortDebugString() + "\n";
    }
    at = transition.to_level();
  }
  std::string text = broken;
  for (const auto& [period, end] : level) {
    if (end != v1::LEVEL_GREEN) {
      text += fmt::format("ends {} {}\n", period, v1::Level_Name(end));
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<std::vector<v1::Transition>> ParseTransitions(
    const std::vector<KafkaRecord>& records) {
  std::vector<v1::Transition> transitions;
  for (const KafkaRecord& record : records) {
    if (!transitions.emplace_back().ParseFromString(record.value)) {
      return absl::DataLossError(fmt::format("offset {} is no transition", record.offset));
    }
  }
  return transitions;
}

std::vector<std::string> StoryDifferences(const std::vector<v1::Transition>& expected,
                                          const std::vector<v1::Transition>& told,
                                          const StoryOptions& options) {
  std::vector<std::string> differences;
  std::set<std::string> ids;
  for (const v1::Transition& transition : told) {
    if (!ids.insert(transition.id()).second) {
      differences.push_back("told twice: " + transition.ShortDebugString());
    }
  }
  const ByLadder before = Group(expected);
  const ByLadder after = Group(told);
  std::set<Ladder> ladders;
  for (const ByLadder* groups : {&before, &after}) {
    for (const auto& [ladder, transitions] : *groups) {
      ladders.insert(ladder);
    }
  }
  for (const Ladder& ladder : ladders) {
    const bool intraday = options.intraday.contains(ladder.first);
    const auto text = [&](const ByLadder& groups) {
      const std::vector<v1::Transition>& transitions = Of(groups, ladder);
      return options.corrected.contains(ladder.second) ? Ends(transitions, intraday)
             : intraday                                ? AsSet(transitions)
                                                       : Exact(transitions);
    };
    if (const std::string a = text(before), b = text(after); a != b) {
      differences.push_back(
          fmt::format("{} {}: expected\n{}but was told\n{}", ladder.first, ladder.second, a, b));
    }
  }
  return differences;
}

}  // namespace kpiwatch

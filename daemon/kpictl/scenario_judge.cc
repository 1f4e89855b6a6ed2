// Compares what was expected with what happened.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/kpictl/scenario_run.h"

namespace kpiwatch {
namespace {

std::string Show(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%S%Ez", time, zone);
}

bool SubjectMatches(std::string_view wanted, std::string_view subject) {
  return wanted.empty() || wanted == subject ||
         (wanted.find(':') == wanted.npos && subject.size() > wanted.size() &&
          subject.ends_with(wanted) && subject[subject.size() - wanted.size() - 1] == ':');
}

bool IsAbout(const Expectation& e, const Happened& h) {
  return (e.rule.empty() || e.rule == h.rule) && SubjectMatches(e.subject, h.subject) &&
         (e.period.empty() || e.period == h.period);
}

bool HasConsequences(const Expectation& e, const Happened& h) {
  return (!e.level || *e.level == h.to) && (!e.notified || *e.notified == h.notified) &&
         (e.reason.empty() || e.reason == h.reason) && (!e.due || e.due == h.due);
}

std::string Wanted(const Expectation& e, absl::TimeZone zone) {
  std::string text = e.to ? fmt::format("between {} and {}", Show(e.from, zone), Show(*e.to, zone))
                          : fmt::format("at {}", Show(e.from, zone));
  text += e.rule.empty() ? "" : fmt::format(", {}", e.rule);
  text += e.subject.empty() ? "" : fmt::format(", {}", e.subject);
  text += e.period.empty() ? "" : fmt::format(", {}", e.period);
  text += e.no_alerts ? ": no alerts" : e.to ? ": exactly one transition" : ":";
  text += e.level ? fmt::format("{} {}", e.to ? " to" : " level", LevelName(*e.level)) : "";
  text += e.reason.empty() ? "" : fmt::format(" reason {}", e.reason);
  text += e.notified ? fmt::format(" notified [{}]", fmt::join(*e.notified, ", ")) : "";
  text += e.due ? fmt::format(" task due {}", Show(*e.due, zone)) : "";
  return text;
}

std::optional<Failure> JudgeRange(const Expectation& e, const std::vector<Happened>& happened,
                                  absl::TimeZone zone) {
  std::vector<const Happened*> found;
  for (const Happened& h : happened) {
    const bool counts = IsAbout(e, h) && (e.no_alerts || HasConsequences(e, h));
    if (e.from <= h.when && h.when < *e.to && counts) {
      found.push_back(&h);
    }
  }
  if (found.size() == (e.no_alerts ? 0u : 1u)) {
    return std::nullopt;
  }
  std::string text = fmt::format("{} of them", found.size());
  for (const Happened* h : found) {
    text += "\n  " + Describe(*h, zone);
  }
  return Failure{e.line, Wanted(e, zone), text};
}

std::optional<Failure> JudgeMoment(const Expectation& e, const std::vector<Happened>& happened,
                                   absl::TimeZone zone) {
  std::map<std::tuple<std::string, std::string, std::string>, const Happened*> last;  // by ladder
  const Happened* newest = nullptr;
  for (const Happened& h : happened) {
    if (h.when <= e.from && IsAbout(e, h)) {
      newest = &h;
      last[{h.rule, h.subject, h.ladder}] = &h;
    }
  }
  const Happened* highest = nullptr;
  for (const auto& [key, h] : last) {
    if (highest == nullptr || h->to > highest->to) {
      highest = h;
    }
  }
  const Level level = highest == nullptr ? Level::kGreen : highest->to;
  if (e.no_alerts) {
    return level == Level::kGreen
               ? std::nullopt
               : std::optional(Failure{e.line, Wanted(e, zone), Describe(*highest, zone)});
  }
  const Happened* shown = level == Level::kGreen ? newest : highest;
  const bool level_fits = !e.level || *e.level == level;
  const bool needs_transition = e.notified || !e.reason.empty() || e.due;
  const bool rest_fits =
      !needs_transition ||
      (shown != nullptr && (!e.notified || *e.notified == shown->notified) &&
       (e.reason.empty() || e.reason == shown->reason) && (!e.due || e.due == shown->due));
  if (level_fits && rest_fits) {
    return std::nullopt;
  }
  std::string found = fmt::format("level {}", LevelName(level));
  found += shown == nullptr ? ", no transition so far" : "\n  " + Describe(*shown, zone);
  return Failure{e.line, Wanted(e, zone), found};
}

}  // namespace

std::string Describe(const Happened& h, absl::TimeZone zone) {
  std::string text = fmt::format("{}  {}  {}  {}  {} → {}  {}  notified [{}]", Show(h.when, zone),
                                 h.rule, h.subject, h.period, LevelName(h.from), LevelName(h.to),
                                 h.reason, fmt::join(h.notified, ", "));
  text += h.due ? fmt::format("  task due {}", Show(*h.due, zone)) : "";
  text += h.not_sent_reason.empty() ? "" : fmt::format("  not sent: {}", h.not_sent_reason);
  return text;
}

std::optional<Failure> Judge(const Expectation& expectation, const std::vector<Happened>& happened,
                             absl::TimeZone zone) {
  return expectation.to ? JudgeRange(expectation, happened, zone)
                        : JudgeMoment(expectation, happened, zone);
}

}  // namespace kpiwatch

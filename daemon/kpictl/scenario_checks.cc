#include "daemon/kpictl/scenario_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "daemon/base/nearest_name.h"
#include "daemon/fold/event_matcher.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kHeartbeat = "sys.source.heartbeat";
constexpr std::string_view kDataPrefix = "data.";

// The value of a dotted path below `node`; null: not there.
const YamlNode* AtPath(const YamlNode* node, std::string_view path) {
  while (node != nullptr && node->is_map() && !path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    node = node->Get(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return path.empty() ? node : nullptr;
}

bool Has(std::string_view path, const YamlNode* data, std::string_view subject) {
  if (path.starts_with(kDataPrefix)) {
    return AtPath(data, path.substr(kDataPrefix.size())) != nullptr;
  }
  return path != "event.subject" || !subject.empty();
}

void ReportType(const RulesOfTest& rules, const YamlNode& type, Diagnostics* out) {
  std::set<std::string> known = {std::string(kHeartbeat)};
  for (const Rulebook* book : rules) {
    for (const Kpi& kpi : book->kpis) {
      known.insert(kpi.events.begin(), kpi.events.end());
      known.insert(kpi.reverse.begin(), kpi.reverse.end());
      known.insert(kpi.entity.retract.begin(), kpi.entity.retract.end());
    }
  }
  out->Error(type, fmt::format("no KPI takes events of type '{}'{}", type.text,
                               DidYouMean(NearestName(type.text, known))));
}

// No KPI finds its subject: none of `paths` is there.
void ReportNoSubject(const std::set<std::string>& paths, const YamlNode& event,
                     const YamlNode& type, const YamlNode* data, Diagnostics* out) {
  for (size_t i = 0; data != nullptr && data->is_map() && i < data->children.size(); i += 2) {
    const YamlNode& key = *data->children[i];
    const std::string path = std::string(kDataPrefix) + std::string(key.text);
    if (const auto meant = NearestName(path, paths)) {
      out->Error(key, fmt::format("no KPI reads its subject from '{}'{}", path,
                                  DidYouMean(std::optional<std::string_view>(meant))));
      return;
    }
  }
  out->Error(event, fmt::format("an event of type '{}' needs '{}', from which the KPIs that take "
                                "it read their subject (empty: nobody's)",
                                type.text, *paths.begin()));
}

// The first working day that can never be proven complete, as far as the calendar of `kpi` goes.
Day FirstUnprovenDay(const BusinessCalendar& calendar, const Scenario& test) {
  absl::Time last = absl::InfinitePast();
  for (const CompletionStep& step : test.completions) {
    last = std::max(last, step.until);
  }
  Day day = calendar.DayOf(std::max(last, test.start));
  if (calendar.Close(day) <= last) {
    ++day;
  }
  return calendar.IsWorkingDay(day) ? day : calendar.AddWorkingDays(day, 1);
}

bool NeverEnds(const Scenario& test) {
  return std::any_of(
      test.completions.begin(), test.completions.end(),
      [](const CompletionStep& step) { return step.until == absl::InfiniteFuture(); });
}

// Alerts that are about the data and not about anybody's work.
bool IsAboutData(std::string_view alert) {
  return alert == "data-late" || alert == "unknown-owner";
}

void CheckSubject(const RulesOfTest& rules, const std::vector<std::string>& sources,
                  const YamlNode& subject, Diagnostics* out) {
  std::set<std::string> known = {"person:unassigned"};
  for (const std::string& source : sources) {
    known.insert("source:" + source);
  }
  for (const Rulebook* book : rules) {
    if (!book->org.given) {
      return;
    }
    for (const Person& person : book->org.people) {
      known.insert("person:" + person.id);
    }
    for (const Unit& unit : book->org.units) {
      known.insert("unit:" + unit.id);
    }
  }
  if (subject.text.find(':') == std::string_view::npos) {  // a subject of any kind
    std::set<std::string> bare;
    for (const std::string& name : known) {
      bare.insert(name.substr(name.find(':') + 1));
    }
    known = std::move(bare);
  }
  if (!known.contains(std::string(subject.text))) {
    out->Error(subject, fmt::format("unknown subject '{}'{}", subject.text,
                                    DidYouMean(NearestName(subject.text, known))));
  }
}

void CheckMoment(const RulesOfTest& rules, const Scenario& test, const Expectation& expectation,
                 const YamlNode& moment, Diagnostics* out) {
  const bool about_late = std::any_of(test.expectations.begin(), test.expectations.end(),
                                      [](const Expectation& e) { return e.rule == "data-late"; });
  // That exactly one transition happens in a range does not hold by itself.
  const bool may_be_empty = expectation.no_alerts || !expectation.to;
  if (about_late || !may_be_empty || IsAboutData(expectation.rule) || NeverEnds(test)) {
    return;
  }
  const absl::Time until = expectation.to.value_or(expectation.from);
  for (const Rulebook* book : rules) {
    for (const Rule& rule : book->rules) {
      const bool meant = expectation.rule.empty() || rule.name == expectation.rule;
      if (!meant || rule.evaluate == EvaluateMode::kIntraday) {
        continue;
      }
      const BusinessCalendar& calendar = book->calendars[book->kpis[rule.kpi].calendar];
      const Day day = FirstUnprovenDay(calendar, test);
      const absl::Time due = calendar.SealTime(day);
      if (expectation.to ? due < until : due <= until) {
        out->Error(moment,
                   fmt::format("'complete_until' ends before {} closes, so that '{}' cannot "
                               "judge that day by then; a test of late data expects "
                               "'data-late'",
                               day.ToString(), rule.name));
        return;
      }
    }
  }
}

}  // namespace

void CheckEvent(const RulesOfTest& rules, const YamlNode& event, const YamlNode& type,
                const YamlNode* data, std::string_view subject, Diagnostics* out) {
  bool taken = false, retracts = false;
  std::set<std::string> paths;
  for (const Rulebook* book : rules) {
    EventMatcher matcher(book);
    const EventTypeInfo& info = matcher.Match(type.text);
    if (info.heartbeat) {
      return;
    }
    for (const auto* matches : {&info.matches, &info.entity_matches}) {
      for (const KpiMatch& match : *matches) {
        const Kpi& kpi = book->kpis[match.kpi];
        taken = true;
        retracts = retracts || match.retract;  // whom it belonged to is known
        paths.insert(book->fields.paths()[(kpi.by_unit ? book->owner_unit : kpi.subject).value()]);
      }
    }
  }
  const bool named = std::any_of(paths.begin(), paths.end(),
                                 [&](const std::string& path) { return Has(path, data, subject); });
  if (!taken) {
    ReportType(rules, type, out);
  } else if (!named && !retracts) {
    ReportNoSubject(paths, event, type, data, out);
  }
}

void CheckAlert(const RulesOfTest& rules, const YamlNode& alert, Diagnostics* out) {
  std::vector<std::string_view> names;
  for (const Rulebook* book : rules) {
    for (const Rule& rule : book->rules) {
      names.push_back(rule.name);
    }
  }
  const bool known = std::find(names.begin(), names.end(), alert.text) != names.end();
  if (!known && !IsAboutData(alert.text)) {
    out->Error(alert, fmt::format("unknown rule '{}'{}", alert.text,
                                  DidYouMean(NearestName(alert.text, names))));
  }
}

void CheckExpectations(const RulesOfTest& rules, const Scenario& test,
                       const std::vector<ExpectationNodes>& nodes, Diagnostics* out) {
  for (size_t i = 0; i < test.expectations.size(); ++i) {
    if (nodes[i].subject != nullptr) {
      CheckSubject(rules, test.sources, *nodes[i].subject, out);
    }
    if (nodes[i].moment != nullptr) {
      CheckMoment(rules, test, test.expectations[i], *nodes[i].moment, out);
    }
  }
}

}  // namespace kpiwatch

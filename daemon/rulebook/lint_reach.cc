// Findings about alerts that would reach nobody.
#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "daemon/rulebook/lint.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr size_t kMostNames = 5;
constexpr size_t kMaxRegexInput = 1024;  // as the router takes it

// ---- Where an alert may go ----------------------------------------------------------------------

using Labels = std::map<std::string_view, std::string_view>;

enum class Fit : uint8_t { kNo, kMaybe, kYes };

// What an alert on `tier` has whomever it is about.
Labels KnownLabels(const Rulebook& book, const Rule& rule, const Tier& tier) {
  Labels labels(rule.labels.begin(), rule.labels.end());
  labels["alertname"] = rule.name;
  labels["kpi"] = book.kpis[rule.kpi].name;
  labels["level"] = LevelName(tier.level);
  return labels;
}

Fit FitOf(const Matcher& matcher, const Labels& labels) {
  if (matcher.label == "subject" || matcher.label == "unit" || matcher.label == "reason") {
    return Fit::kMaybe;
  }
  const auto it = labels.find(matcher.label);
  const std::string_view value = it == labels.end() ? std::string_view() : it->second;
  const bool equal = !matcher.op.ends_with('~')
                         ? value == matcher.value
                         : value.size() <= kMaxRegexInput &&
                               std::regex_match(value.begin(), value.end(),
                                                std::regex(matcher.value, std::regex::ECMAScript));
  return equal != matcher.op.starts_with('!') ? Fit::kYes : Fit::kNo;
}

Fit FitOf(const Route& route, const Labels& labels) {
  Fit fit = Fit::kYes;
  for (const Matcher& matcher : route.matchers) {
    fit = std::min(fit, FitOf(matcher, labels));
  }
  return fit;
}

// Adds the receivers that what `route` has taken may come to.
void AddReceivers(const Route& route, const Labels& labels, std::set<size_t>* receivers) {
  bool taken = false;
  for (const Route& child : route.routes) {
    const Fit fit = FitOf(child, labels);
    if (fit != Fit::kNo) {
      AddReceivers(child, labels, receivers);
    }
    taken = taken || fit == Fit::kYes;
    if (fit == Fit::kYes && !child.continue_matching) {
      break;
    }
  }
  if (!taken) {
    receivers->insert(route.receiver);
  }
}

// ---- Whom an alert may be about -----------------------------------------------------------------

// The last day on which the org changes: who comes and goes by then is known, and what holds from
// then on holds for good.
Day SettledDay(const Org& org) {
  Day last;
  for (const Person& person : org.people) {
    last = std::max({last, person.from.value_or(last), person.to.value_or(last)});
  }
  return last;
}

// People and units, and whom the words of `notify` name for each.
class Subjects {
 public:
  explicit Subjects(const Rulebook& book) : book_(book), day_(SettledDay(book.org)) {
    for (const Target& target : book.targets) {
      targets_.emplace(target.kpi, target.period.kind, target.subject);
    }
    for (const Person& person : book.org.people) {
      if (person.Holds(day_)) {
        people_.push_back({&person, nullptr, "person:" + person.id, person.id, {}});
      }
    }
    for (const Unit& unit : book.org.units) {
      units_.push_back({nullptr, &unit, "unit:" + unit.id, unit.id, {}});
    }
  }

  struct Subject {
    const Person* person;  // or
    const Unit* unit;
    std::string name;  // "unit:east"
    std::string_view id;
    std::vector<std::optional<std::string>> told;  // by steps, as far as somebody asked
  };

  // Calls `visit` with each that may come to have an alert of `rule`.
  template <typename Visit>
  void ForEachOf(const Rule& rule, const Visit& visit) {
    for (Subject& subject : rule.for_each == ForEach::kPerson ? people_ : units_) {
      if (MayAlert(rule, subject)) {
        visit(&subject);
      }
    }
  }

  // Whom `notify` names for the subject; empty: nobody.
  const std::string& Told(const Notify& notify, Subject* subject) const {
    if (!notify.person.empty()) {
      return notify.person;
    }
    const auto steps = static_cast<size_t>(notify.steps);
    if (subject->told.size() <= steps) {
      subject->told.resize(steps + 1);
    }
    std::optional<std::string>& told = subject->told[steps];
    if (!told) {
      told = PersonToTell(book_.org, subject->person != nullptr, subject->id, notify, day_);
    }
    return *told;
  }

 private:
  bool MayAlert(const Rule& rule, const Subject& subject) const {
    const Kpi& kpi = book_.kpis[rule.kpi];
    const std::string_view level =
        subject.person != nullptr ? std::string_view(subject.person->level) : std::string_view();
    const bool taken = subject.person != nullptr ? WhereTakes(rule, book_.org, *subject.person)
                                                 : WhereTakes(rule, *subject.unit);
    const bool measured =
        kpi.type != KpiType::kVerdict ||
        std::any_of(kpi.floors.begin(), kpi.floors.end(), [&](const Floors& floors) {
          return floors.level.empty() || floors.level == level;
        });
    return taken && measured &&
           (!AsksForTargets(rule, kpi) ||
            targets_.contains(std::tuple(rule.kpi, rule.period, std::string_view(subject.name))));
  }

  const Rulebook& book_;
  const Day day_;
  std::set<std::tuple<KpiIndex, PeriodKind, std::string_view>> targets_;
  std::vector<Subject> people_, units_;
};

// ---- Findings -----------------------------------------------------------------------------------

// Whoever it is about: everyone is there to be told of his own, and who is named by his id.
bool AlwaysReaches(const Rule& rule, const Tier& tier) {
  return std::any_of(tier.notify.begin(), tier.notify.end(), [&](const Notify& notify) {
    return !notify.person.empty() || (notify.steps == 0 && rule.for_each == ForEach::kPerson);
  });
}

void LintNotify(const Rule& rule, const Tier& tier, const YamlNode& node, Subjects* subjects,
                LoadState* state) {
  if (tier.notify.empty() || AlwaysReaches(rule, tier)) {
    return;
  }
  const Place& place = TierNode(node, tier, "notify").place;
  if (!state->book.org.given) {
    state->out.Warning(place, fmt::format("nobody is told of {} of rule '{}': there is no 'org' "
                                          "that says who manages whom",
                                          LevelName(tier.level), rule.name));
    return;
  }
  std::string_view first;
  size_t count = 0;
  subjects->ForEachOf(rule, [&](Subjects::Subject* subject) {
    const bool reached =
        std::any_of(tier.notify.begin(), tier.notify.end(),
                    [&](const Notify& notify) { return !subjects->Told(notify, subject).empty(); });
    if (!reached && ++count == 1) {
      first = subject->name;
    }
  });
  if (count > 0) {
    state->out.Warning(
        place, fmt::format("nobody is told of {} of rule '{}' for {}{}: nobody in 'org' stands as "
                           "high as 'notify' asks",
                           LevelName(tier.level), rule.name, first,
                           count == 1 ? "" : fmt::format(" and {} more", count - 1)));
  }
}

std::string NamesOf(const std::set<size_t>& receivers, const Rulebook& book) {
  std::string names;
  for (const size_t receiver : receivers) {
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", book.receivers[receiver].name);
  }
  return names;
}

// A receiver without channels is there to show an alert and to tell nobody: nothing is said of it.
void LintVia(const Rule& rule, const Tier& tier, const YamlNode& node,
             const std::set<size_t>& receivers, LoadState* state) {
  bool email = false;
  bool webhook = false;
  for (const size_t receiver : receivers) {
    email |= !state->book.receivers[receiver].email.empty();
    webhook |= !state->book.receivers[receiver].webhook.empty();
  }
  const bool served = std::any_of(tier.via.begin(), tier.via.end(), [&](const std::string& via) {
    return via == "email" ? email : webhook;
  });
  if (tier.via.empty() || served || (!email && !webhook)) {
    return;
  }
  state->out.Warning(
      TierNode(node, tier, "via").place,
      fmt::format("{} of rule '{}' goes via {}, which no receiver on its route has ({}): {}",
                  LevelName(tier.level), rule.name, fmt::join(tier.via, ", "),
                  NamesOf(receivers, state->book),
                  webhook ? "only webhooks hear of it" : "nobody hears of it"));
}

// Those who are to get e-mails, and cannot.
class Unaddressed {
 public:
  void Note(const Rule& rule, const Tier& tier, const YamlNode& node,
            const std::set<size_t>& receivers, Subjects* subjects, const LoadState& state) {
    const bool mails = std::any_of(receivers.begin(), receivers.end(), [&](size_t receiver) {
      return !state.book.receivers[receiver].email.empty();
    });
    const bool wanted =
        tier.via.empty() || std::find(tier.via.begin(), tier.via.end(), "email") != tier.via.end();
    if (tier.notify.empty() || !mails || !wanted) {
      return;
    }
    if (!state.book.org.given) {
      if (AlwaysReaches(rule, tier) && !place_) {
        place_ = TierNode(node, tier, "notify").place;
      }
      return;
    }
    subjects->ForEachOf(rule, [&](Subjects::Subject* subject) {
      for (const Notify& notify : tier.notify) {
        const std::string& id = subjects->Told(notify, subject);
        const Person* person = id.empty() ? nullptr : state.book.org.FindPersonAny(id);
        if (person != nullptr && person->email.empty()) {
          people_.insert(id);
        }
      }
    });
  }

  void Tell(LoadState* state) const {
    if (place_) {
      state->out.Warning(*place_,
                         "people are told by e-mail, and there is no 'org' that has addresses");
    }
    if (people_.empty()) {
      return;
    }
    std::string names;
    size_t shown = 0;
    for (auto it = people_.begin(); it != people_.end() && shown < kMostNames; ++it, ++shown) {
      names += fmt::format("{}{}", shown == 0 ? "" : ", ", *it);
    }
    const std::string more =
        people_.size() > shown ? fmt::format(" and {} more", people_.size() - shown) : "";
    const std::optional<Place> place = state->people.PlaceOf(*people_.begin());
    state->out.Warning(
        place.value_or(Place()),
        fmt::format(
            "{} told by e-mail and {} no 'email': {}{}",
            people_.size() == 1 ? "one person is" : fmt::format("{} people are", people_.size()),
            people_.size() == 1 ? "has" : "have", names, more));
  }

 private:
  std::set<std::string> people_;
  std::optional<Place> place_;  // the first tier that mails where no org is given
};

}  // namespace

void LintReach(LoadState* state) {
  const Rulebook& book = state->book;
  Subjects subjects(book);
  Unaddressed unaddressed;
  for (size_t i = 0; i < book.rules.size(); ++i) {
    const Rule& rule = book.rules[i];
    const YamlNode& node = *state->rule_nodes[i];
    for (const Tier& tier : rule.tiers) {
      LintNotify(rule, tier, node, &subjects, state);
      if (!book.receivers.empty()) {
        std::set<size_t> receivers;
        AddReceivers(book.route, KnownLabels(book, rule, tier), &receivers);
        LintVia(rule, tier, node, receivers, state);
        unaddressed.Note(rule, tier, node, receivers, &subjects, *state);
      }
    }
  }
  unaddressed.Tell(state);
}

}  // namespace kpiwatch

#include "daemon/rulebook/changes.h"

#include <algorithm>
#include <map>
#include <span>
#include <string_view>

#include "fmt/format.h"

namespace kpiwatch {
namespace {

// What is written of each, by name. Equal texts: nothing has changed.
using Meanings = std::map<std::string, std::string>;

// Texts with their lengths, so that neighbours keep apart.
void Append(std::string_view text, std::string* out) {
  *out += fmt::format("{}:{}|", text.size(), text);
}

void Append(const LocalText& text, std::string* out) {
  Append(text.zh, out);
  Append(text.en, out);
}

void Append(const std::optional<Decimal>& number, std::string* out) {
  Append(number ? number->ToString() : "", out);
}

std::string MeaningOf(const Tier& tier, const Rulebook& book) {
  std::string out;
  Append(LevelName(tier.level), &out);
  for (const Notify& notify : tier.notify) {
    Append(notify.person, &out);
    out += fmt::format("{}|", notify.steps);
  }
  for (const std::string& via : tier.via) {
    Append(via, &out);
  }
  Append(tier.open ? book.playbooks[*tier.open].name : "", &out);
  Append(tier.grant, &out);
  return out;
}

// The fingerprint says what changes verdicts.
std::string MeaningOf(const Rule& rule, const Rulebook& book) {
  std::string out = fmt::format("{:x}|", rule.fingerprint);
  for (const Tier& tier : rule.tiers) {
    Append(MeaningOf(tier, book), &out);
  }
  const std::map<std::string_view, std::string_view> labels(rule.labels.begin(), rule.labels.end());
  for (const auto& [name, value] : labels) {
    Append(name, &out);
    Append(value, &out);
  }
  std::map<std::string_view, const LocalText*> annotations;
  for (const auto& [name, text] : rule.annotations) {
    annotations.emplace(name, &text);
  }
  for (const auto& [name, text] : annotations) {
    Append(name, &out);
    Append(*text, &out);
  }
  return out;
}

std::string MeaningOf(const Kpi& kpi, const Rulebook& book) {
  std::string out = fmt::format("{:x}|", kpi.fingerprint);
  Append(kpi.title, &out);
  for (const std::string* text : {&kpi.help, &kpi.owner, &kpi.unit}) {
    Append(*text, &out);
  }
  Append(book.calendars[kpi.calendar].name(), &out);
  for (const std::string& source : kpi.sources) {
    Append(source, &out);
  }
  out += fmt::format("{}|{}|{}|", static_cast<int>(kpi.direction), kpi.expose_units,
                     kpi.expose_people);
  out += fmt::format("{}|{}|{}|", kpi.pace.min_share.ToString(), kpi.pace.min_days,
                     kpi.pace.min_units.ToString());
  return out;
}

template <typename T>
Meanings MeaningsOf(const std::vector<T>& all, const Rulebook& book) {
  Meanings meanings;
  for (const T& one : all) {
    meanings.emplace(one.name, MeaningOf(one, book));
  }
  return meanings;
}

Meanings TargetsOf(const Rulebook& book) {
  Meanings meanings;
  for (const Target& target : book.targets) {
    const Kpi& kpi = book.kpis[target.kpi];
    std::string text = target.value.ToString() + "|";
    Append(target.floor, &text);
    Append(target.stretch, &text);
    meanings.emplace(fmt::format("{} {} {}", kpi.name, target.subject,
                                 book.calendars[kpi.calendar].NameOf(target.period)),
                     std::move(text));
  }
  return meanings;
}

NameChanges Compare(const Meanings& before, const Meanings& after) {
  NameChanges changes;
  for (const auto& [name, text] : before) {
    const auto it = after.find(name);
    if (it == after.end()) {
      changes.removed.push_back(name);
    } else if (it->second != text) {
      changes.changed.push_back(name);
    }
  }
  for (const auto& [name, text] : after) {
    if (!before.contains(name)) {
      changes.added.push_back(name);
    }
  }
  return changes;
}

std::string Names(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kMostNamed);
  const std::span<const std::string> first(names.data(), shown);
  return fmt::format("{}{}", fmt::join(first, ", "),
                     names.size() > shown ? fmt::format(" and {} more", names.size() - shown) : "");
}

void Describe(std::string_view what, const NameChanges& changes, std::string* out) {
  if (changes.none()) {
    return;
  }
  *out += fmt::format("{}{}:", out->empty() ? "" : "; ", what);
  std::string_view separator = " ";
  const auto add = [&](std::string_view how, const std::vector<std::string>& names) {
    if (!names.empty()) {
      *out += fmt::format("{}{} {}", separator, how, Names(names));
      separator = ", ";
    }
  };
  add("added", changes.added);
  add("changed", changes.changed);
  add("removed", changes.removed);
}

}  // namespace

RulebookChanges ChangesBetween(const Rulebook& before, const Rulebook& after) {
  return {.rules = Compare(MeaningsOf(before.rules, before), MeaningsOf(after.rules, after)),
          .kpis = Compare(MeaningsOf(before.kpis, before), MeaningsOf(after.kpis, after)),
          .targets = Compare(TargetsOf(before), TargetsOf(after))};
}

std::string Describe(const RulebookChanges& changes) {
  std::string out;
  Describe("rules", changes.rules, &out);
  Describe("KPIs", changes.kpis, &out);
  Describe("targets", changes.targets, &out);
  return out.empty() ? "no rule, KPI or target has changed" : out;
}

}  // namespace kpiwatch

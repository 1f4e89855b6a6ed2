// What an entry with `split_of` says.
#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/nearest_name.h"
#include "daemon/rulebook/amount.h"
#include "daemon/rulebook/map_reader.h"
#include "daemon/rulebook/target_fields.h"
#include "daemon/rulebook/target_splits.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::array<std::pair<std::string_view, SplitBy>, 3> kBy = {
    {{"working_days", SplitBy::kWorkingDays},
     {"ratio", SplitBy::kRatio},
     {"explicit", SplitBy::kExplicit}}};
constexpr std::array<std::pair<std::string_view, PeriodKind>, 4> kOver = {
    {{"day", PeriodKind::kDay},
     {"week", PeriodKind::kWeek},
     {"month", PeriodKind::kMonth},
     {"quarter", PeriodKind::kQuarter}}};

// One of the words of `choices`; nullopt: reported.
template <typename T, size_t N>
std::optional<T> ReadWord(const YamlNode& node, std::string_view key,
                          const std::array<std::pair<std::string_view, T>, N>& choices,
                          std::string_view later, Diagnostics* out) {
  std::vector<std::string_view> words;
  for (const auto& [word, value] : choices) {
    if (node.is_scalar() && node.text == word) {
      return value;
    }
    words.push_back(word);
  }
  if (node.is_scalar() && node.text == later) {
    out->Error(node, fmt::format("'{}': '{}' is not supported by this version", key, later));
  } else {
    out->Error(node,
               fmt::format("'{}': expected one of {}, found {}{}", key, fmt::join(words, ", "),
                           node.Describe(), DidYouMean(NearestName(node.text, words))));
  }
  return std::nullopt;
}

// "unit:east", "person:u102", or an id: that of a unit, or where the org has no such unit, of a
// person. nullopt: reported.
std::optional<std::string> ReadPartSubject(const YamlNode& node, const Kpi& kpi, LoadState* state) {
  std::string_view id = node.text;
  bool person = node.is_scalar() && id.starts_with("person:");
  const bool unit = node.is_scalar() && id.starts_with("unit:");
  if (!node.is_scalar() || id.empty()) {
    state->out.Error(node, fmt::format("expected an id, found {}", node.Describe()));
    return std::nullopt;
  }
  id.remove_prefix(person || unit ? id.find(':') + 1 : 0);
  if (state->book.org.given && !state->book.org.FindUnit(id)) {
    person = person || (!unit && state->book.org.FindPersonAny(id) != nullptr);
    const bool known = person && state->book.org.FindPersonAny(id) != nullptr;
    if (!known) {
      state->out.Error(node,
                       fmt::format("the org has no {} '{}'",
                                   person ? "person" : (unit ? "unit" : "unit or person"), id));
      return std::nullopt;
    }
  }
  if (person && kpi.by_unit) {
    state->out.Error(
        node, fmt::format("KPI '{}' is a KPI of units; it has no targets of persons", kpi.name));
    return std::nullopt;
  }
  return fmt::format("{}:{}", person ? "person" : "unit", id);
}

// Reads `into` or `locked`, a map of parts to what they get.
class PartsReader {
 public:
  PartsReader(const Kpi& kpi, TargetSplit* split, LoadState* state)
      : kpi_(kpi), split_(split), state_(state) {}

  bool Read(const YamlNode& node, std::string_view key, bool locked) {
    MapReader map(node, fmt::format("'{}'", key), &state_->out);
    bool good = map.is_map();
    for (size_t i = 0; good && i + 1 < node.children.size(); i += 2) {
      good = ReadPart(*node.children[i], &map, locked);
    }
    if (good && node.children.empty()) {
      state_->out.Error(node, fmt::format("'{}' names no part", key));
    }
    return good && !node.children.empty();
  }

 private:
  bool ReadPart(const YamlNode& name, MapReader* map, bool locked) {
    Part part;
    part.place = name.place;
    part.locked = locked;
    part.subject = split_->subject;
    part.period = split_->period;
    if (split_->over) {
      const std::optional<Period> period =
          ReadPeriodName(name, state_->book.calendars[kpi_.calendar], &state_->out);
      if (!period) {
        return false;
      }
      if (period->kind != *split_->over || period->begin < split_->period.begin ||
          split_->period.end < period->end) {
        state_->out.Error(name, fmt::format("expected a {} in the period that is split, found {}",
                                            PeriodKindName(*split_->over), name.Describe()));
        return false;
      }
      part.period = *period;
    } else if (std::optional<std::string> subject = ReadPartSubject(name, kpi_, state_)) {
      part.subject = *std::move(subject);
    } else {
      return false;
    }
    const bool ratio = split_->by == SplitBy::kRatio && !locked;
    const std::optional<Decimal> share =
        ratio ? ReadShare(map, name.text) : ReadAmount(map, name.text, kpi_);
    part.share = share.value_or(Decimal());
    const auto same = std::find_if(
        split_->parts.begin(), split_->parts.end(), [&](const TargetSplit::Part& other) {
          return other.subject == part.subject && other.period == part.period;
        });
    if (same == split_->parts.end()) {
      split_->parts.push_back(std::move(part));
    } else if (locked && !same->locked) {
      *same = std::move(part);  // its ratio goes to the others
    } else {
      state_->out.Error(name, fmt::format("{} stands twice", name.Describe()));
      return false;
    }
    return share.has_value();
  }

  using Part = TargetSplit::Part;
  const Kpi& kpi_;
  TargetSplit* const split_;
  LoadState* const state_;
};

// The ratios make up the whole, or leave something to who is named for it.
bool CheckRatios(const YamlNode& into, const TargetSplit& split, Decimal sum, LoadState* state) {
  if (split.by != SplitBy::kRatio) {
    return true;
  }
  const bool leaves = sum < Decimal::FromInt(1);
  if (sum > Decimal::FromInt(1) || (leaves && split.unallocated.empty())) {
    state->out.Error(into, fmt::format("the shares make up {}%, not 100%{}",
                                       Decimal::FromUnits(sum.units() * 100).ToString(),
                                       leaves ? "; name who holds the rest by 'unallocated'" : ""));
    return false;
  }
  return true;
}

bool ReadParts(MapReader* map, const Kpi& kpi, TargetSplit* split, LoadState* state) {
  const YamlNode* into = map->Find("into");
  const YamlNode* locked = map->Find("locked");
  if (split->by == SplitBy::kWorkingDays) {
    for (const YamlNode* node : {into, locked}) {
      if (node != nullptr) {
        state->out.Error(*node,
                         "'by: working_days' shares out by itself; parts that are named are "
                         "'by: ratio' or 'by: explicit'");
        return false;
      }
    }
    return true;
  }
  if (into == nullptr) {
    return map->Require("into") != nullptr;
  }
  PartsReader reader(kpi, split, state);
  if (!reader.Read(*into, "into", false)) {
    return false;
  }
  Decimal sum;
  for (const TargetSplit::Part& part : split->parts) {
    sum += part.share;
  }
  split->unallocated_share = Decimal::FromInt(1) - sum;
  return CheckRatios(*into, *split, sum, state) &&
         (locked == nullptr || reader.Read(*locked, "locked", true));
}

bool CheckOver(const YamlNode& split_of, const TargetSplit& split, const BusinessCalendar& calendar,
               LoadState* state) {
  const PeriodKind kind = split.period.kind;
  const bool whole = kind == PeriodKind::kMonth || kind == PeriodKind::kQuarter ||
                     kind == PeriodKind::kYear ||
                     (kind == PeriodKind::kWeek && split.over == PeriodKind::kDay);
  if (!split.over || (whole && *split.over < kind)) {
    return true;
  }
  state->out.Error(split_of,
                   *split.over == PeriodKind::kWeek
                       ? fmt::format("a month, quarter or year can be split over weeks, {} cannot",
                                     calendar.NameOf(split.period))
                       : fmt::format("{} cannot be split over {}s", calendar.NameOf(split.period),
                                     PeriodKindName(*split.over)));
  return false;
}

}  // namespace

std::optional<TargetSplit> ReadSplit(const YamlNode& node, const YamlNode& split_of,
                                     LoadState* state) {
  MapReader map(node, "a target", &state->out);
  map.Find("split_of");
  const YamlNode* name = map.Require("kpi");
  const std::optional<size_t> index =
      name != nullptr ? state->kpis.Resolve(*name, &state->out) : std::nullopt;
  TargetSplit split;
  split.place = node.place;
  const YamlNode* over = map.Find("over");
  const YamlNode* by = map.Require("by");
  if (over != nullptr) {
    split.over = ReadWord(*over, "over", kOver, "half_year", &state->out);
  }
  const std::optional<SplitBy> how =
      by != nullptr ? ReadWord(*by, "by", kBy, "curve", &state->out) : std::nullopt;
  const bool words = how && split.over.has_value() == (over != nullptr);
  MapReader whole(split_of, "'split_of'", &state->out);
  if (!index || !whole.is_map()) {
    return std::nullopt;
  }
  const Kpi& kpi = state->book.kpis[*index];
  if (!kpi.AddsUp()) {
    state->out.Error(split_of, fmt::format("parts of KPI '{}' do not add up to what is split; give "
                                           "them targets of their own",
                                           kpi.name));
    return std::nullopt;
  }
  split.kpi = static_cast<KpiIndex>(*index);
  split.subject = ReadTargetSubject(&whole, kpi, state);
  const BusinessCalendar& calendar = state->book.calendars[kpi.calendar];
  const std::optional<Period> period = ReadTargetPeriod(&whole, calendar);
  whole.Finish();
  map.NotSupported({"of", "growth"});
  const YamlNode* unallocated = map.Find("unallocated");
  if (unallocated != nullptr) {
    split.unallocated = map.RequireName("unallocated").value_or("");
  }
  if (!period || split.subject.empty() || !words) {
    return std::nullopt;
  }
  split.period = *period;
  split.by = *how;
  if (unallocated != nullptr && (split.over || split.by == SplitBy::kWorkingDays)) {
    state->out.Error(*unallocated, "'unallocated' is for parts that are people or units");
    return std::nullopt;
  }
  if (!split.over && split.by == SplitBy::kWorkingDays) {
    map.Require("over");
    return std::nullopt;
  }
  if (!CheckOver(split_of, split, calendar, state) || !ReadParts(&map, kpi, &split, state)) {
    return std::nullopt;
  }
  map.Finish();
  return split;
}

}  // namespace kpiwatch

#include "daemon/rulebook/fingerprint.h"

#include <algorithm>
#include <vector>

#include "daemon/base/hash.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

// Lengths in front keep neighbouring texts apart.
void Append(std::string_view text, std::string* out) {
  *out += fmt::format("{}:{}|", text.size(), text);
}

void AppendSorted(std::vector<std::string> texts, std::string* out) {
  std::sort(texts.begin(), texts.end());
  *out += fmt::format("[{}|", texts.size());
  for (const std::string& text : texts) {
    Append(text, out);
  }
}

std::string VerdictMeaning(const Kpi& kpi, const Rulebook& book) {
  std::string out = "verdict|";
  for (const KpiIndex part : kpi.all_of) {
    Append(book.kpis[part].name, &out);
    Append(KpiMeaning(book.kpis[part], book), &out);
  }
  std::vector<std::string> floors;
  for (const Floors& f : kpi.floors) {
    std::string text;
    Append(f.level, &text);
    for (const Decimal value : f.values) {
      Append(value.ToString(), &text);
    }
    floors.push_back(std::move(text));
  }
  AppendSorted(std::move(floors), &out);
  return out;
}

std::string CompoundMeaning(const Kpi& kpi, const Rulebook& book) {
  std::string out = kpi.type == KpiType::kRatio ? "ratio|" : "derived|";
  for (const KpiIndex operand : kpi.operands) {
    Append(book.kpis[operand].name, &out);
    Append(KpiMeaning(book.kpis[operand], book), &out);
  }
  Append(kpi.expr ? kpi.expr->Canonical() : "", &out);
  Append(kpi.min_den ? kpi.min_den->ToString() : "", &out);
  return out;
}

// "count", and what a sum adds up, are the names of the first measures; others say which they are.
std::string MeasureMeaning(const Measure& measure, const std::vector<std::string>& paths) {
  const std::string measured =
      measure.expression ? "=" + measure.expression->Canonical() : paths[measure.field.value()];
  switch (measure.kind) {
    case MeasureKind::kCount:
      return "count";
    case MeasureKind::kSum:
      return measured;
    case MeasureKind::kAvg:
      return "avg(" + measured + ")";
    case MeasureKind::kShare:
      return "share(" + measured + ")";
    default:
      break;
  }
  const auto kind = static_cast<int>(measure.kind);
  return fmt::format("measure{}({},{})", kind, measured, measure.quantile.ToString());
}

// Empty of a KPI that counts events, so that it is the same as before there were others.
std::string EntityMeaning(const KpiEntity& entity, const std::vector<std::string>& paths) {
  std::string out;
  if (!entity.id.empty()) {
    out = fmt::format("entity{}|", entity.id.size());
    for (const FieldId field : entity.id) {
      Append(paths[field.value()], &out);
    }
    AppendSorted(entity.retract, &out);
    out += fmt::format("{}|{}|", static_cast<int>(entity.states),
                       static_cast<int>(entity.reverse_day));
  }
  return out;
}

std::string RuleMeaning(const Rule& rule, const Rulebook& book) {
  std::string out;
  Append(rule.name, &out);
  Append(book.kpis[rule.kpi].name, &out);
  Append(rule.where ? rule.where->Canonical() : "", &out);
  out +=
      fmt::format("{}|{}|{}|{}|{}|", static_cast<int>(rule.for_each), static_cast<int>(rule.period),
                  static_cast<int>(rule.evaluate), rule.clear_after, rule.max_gap_days);
  if (rule.evaluate == EvaluateMode::kOnPace) {
    const PaceLimits& pace = book.kpis[rule.kpi].pace;
    out += fmt::format("pace {}|{}|{}|", pace.min_share.ToString(), pace.min_days,
                       pace.min_units.ToString());
  }
  for (const Tier& tier : rule.tiers) {
    Append(LevelName(tier.level), &out);
    Append(tier.when.Canonical(), &out);
    Append(tier.clear ? tier.clear->Canonical() : "", &out);
  }
  return out;
}

}  // namespace

std::string KpiMeaning(const Kpi& kpi, const Rulebook& book) {
  if (kpi.type == KpiType::kVerdict) {
    return VerdictMeaning(kpi, book);
  }
  if (kpi.type != KpiType::kSimple) {
    return CompoundMeaning(kpi, book);
  }
  const std::vector<std::string>& paths = book.fields.paths();
  const CalendarOptions& calendar = book.calendars[kpi.calendar].options();
  std::string out = "simple|";
  AppendSorted(kpi.events, &out);
  AppendSorted(kpi.reverse, &out);
  Append(kpi.where ? kpi.where->Canonical() : "", &out);
  Append(MeasureMeaning(kpi.measure, paths), &out);
  Append(kpi.currency, &out);
  Append(paths[kpi.subject.value()], &out);
  out += kpi.by_unit ? "unit|" : "person|";
  // What decides on which day a fact counts.
  Append(calendar.zone.name(), &out);
  out += fmt::format("{}|", absl::ToInt64Seconds(calendar.day_cutoff));
  out += kpi.calendar == book.unit_calendars ? "of the unit|" : "";
  out += EntityMeaning(kpi.entity, paths);
  return out;
}

void FillFingerprints(Rulebook* book) {
  for (Kpi& kpi : book->kpis) {
    kpi.fingerprint = HashOf({kpi.name, KpiMeaning(kpi, *book)}).low;
  }
  for (Rule& rule : book->rules) {
    rule.fingerprint = HashOf({RuleMeaning(rule, *book)}).low;
  }
}

}  // namespace kpiwatch

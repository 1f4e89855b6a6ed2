#include "daemon/fold/folder.h"

#include <array>

#include "daemon/base/check.h"
#include "daemon/base/hash.h"
#include "daemon/lang/value.h"

namespace kpiwatch {
namespace {

lang::Value ValueAt(const Event& event, uint16_t slot) {
  return slot == kSlotEventTime ? lang::Value::Time(event.time_ms)
                                : lang::Value::Of(event.fields[slot]);
}

// What an expression measures, as a field: a quotient is rounded half up at six digits.
FieldValue Calculated(const lang::Program& expression, const Event& event) {
  const lang::Value value =
      expression.Evaluate([&](uint16_t slot) { return ValueAt(event, slot); });
  FieldValue field;
  if (value.kind == lang::ValueKind::kNumber || value.kind == lang::ValueKind::kMoney) {
    if (const std::optional<Decimal> number = value.number.Rounded(Decimal::kScaleDigits)) {
      field.kind = value.kind == lang::ValueKind::kMoney ? FieldKind::kMoney : FieldKind::kNumber;
      field.number = *number;
      field.text = value.text;
    }
  } else if (value.kind == lang::ValueKind::kString) {
    field.kind = FieldKind::kString;
    field.text = value.text;
  }
  return field;
}

// Decimal::ToString, without memory of its own.
std::string_view Written(Decimal value, std::array<char, 48>* buffer) {
  char* const end = buffer->data() + buffer->size();
  char* at = end;
  const auto units = static_cast<unsigned __int128>(value.units());
  unsigned __int128 rest = value.is_negative() ? -units : units;
  bool fraction = false;
  for (int i = 0; i < Decimal::kScaleDigits; ++i, rest /= 10) {
    fraction = fraction || rest % 10 != 0;
    if (fraction) {
      *--at = static_cast<char>('0' + rest % 10);
    }
  }
  if (fraction) {
    *--at = '.';
  }
  do {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (value.is_negative()) {
    *--at = '-';
  }
  return {at, static_cast<size_t>(end - at)};
}

// Of what a field holds, for telling values apart: a number and its text are the same. nullopt:
// nothing is in it. Part of stored samples: DO NOT CHANGE.
std::optional<uint64_t> HashOfValue(const FieldValue& field) {
  switch (field.kind) {
    case FieldKind::kMissing:
    case FieldKind::kNull:
      return std::nullopt;
    case FieldKind::kBool:
      return HashOf({field.boolean ? "true" : "false"}).low;
    case FieldKind::kNumber:
    case FieldKind::kMoney: {
      std::array<char, 48> buffer;
      return HashOf({Written(field.number, &buffer)}).low;
    }
    case FieldKind::kString:
      return field.text.empty() ? std::nullopt : std::optional(HashOf({field.text}).low);
  }
  return std::nullopt;
}

}  // namespace

Folder::Folder(const Rulebook* rulebook)
    : rulebook_(rulebook), matcher_(rulebook), days_(rulebook) {
  owner_unit_ = rulebook->owner_unit;
}

std::string_view Folder::IdIn(const Event& event, FieldId field) {
  const FieldValue& value = event.fields[field.value()];
  if (value.kind == FieldKind::kNumber) [[unlikely]] {
    return number_ids_.emplace_back(value.number.ToString());
  }
  if (value.kind == FieldKind::kBool) [[unlikely]] {
    return value.boolean ? "true" : "false";
  }
  return value.kind == FieldKind::kString ? value.text : std::string_view();
}

const std::vector<Fact>& Folder::Fold(const Event& event, const EventTypeInfo& info) {
  facts_.clear();
  if (!number_ids_.empty()) [[unlikely]] {
    number_ids_.clear();
  }
  if (event.snapshot != SnapshotRead::kNo) [[unlikely]] {
    FoldEntities(event, info);
    return facts_;
  }
  for (const KpiMatch& match : info.matches) {
    Fact fact;
    if (MakeFact(match, event, &fact)) {
      facts_.push_back(fact);
    }
  }
  if (!info.entity_matches.empty()) [[unlikely]] {
    FoldEntities(event, info);
  }
  return facts_;
}

inline bool Folder::MakeFact(const KpiMatch& match, const Event& event, Fact* fact) {
  const Kpi& kpi = rulebook_->kpis[match.kpi];
  if (kpi.where && !kpi.where->EvaluateBool([&](uint16_t slot) { return ValueAt(event, slot); })) {
    ++counts_.filtered;
    return false;
  }
  if (!Measure(kpi, event, match.reverse, &fact->delta)) {
    return false;
  }
  fact->kpi = match.kpi;
  fact->by_unit = kpi.by_unit;
  fact->subject = IdIn(event, kpi.subject);
  fact->home_unit = IdIn(event, owner_unit_);
  fact->day = days_.Find(kpi, fact->subject, event.time_ms);
  return true;
}

void Folder::FoldEntities(const Event& event, const EventTypeInfo& info) {
  entity_facts_.clear();
  const bool happened = event.snapshot == SnapshotRead::kNo;
  const bool dated = event.snapshot != SnapshotRead::kUndated;
  for (const KpiMatch& match : info.entity_matches) {
    const Kpi& kpi = rulebook_->kpis[match.kpi];
    EntityFact one;
    one.reverse = match.reverse;
    one.retract = match.retract;
    one.fact.kpi = match.kpi;
    for (auto field = kpi.entity.id.begin(); one.entity.empty() && field != kpi.entity.id.end();
         ++field) {
      one.entity = IdIn(event, *field);
    }
    if (match.retract && one.entity.empty()) {
      Exclude(kpi, event, "no_entity", &counts_.no_entity);
      continue;
    }
    one.counts = !match.retract && dated && MakeFact(match, event, &one.fact);
    if (one.entity.empty()) {
      if (one.counts && happened) {
        facts_.push_back(one.fact);
      }
    } else if (one.counts || !match.reverse) {
      entity_facts_.push_back(one);
    }
  }
}

void Folder::Exclude(const Kpi& kpi, const Event& event, std::string_view reason, uint64_t* count) {
  ++*count;
  const auto index = static_cast<KpiIndex>(&kpi - rulebook_->kpis.data());
  Exclusion& exclusion = exclusions_[{index, reason}];
  if (exclusion.facts++ == 0) {
    exclusion.example = event.id;
  }
}

bool Folder::Measure(const Kpi& kpi, const Event& event, bool reverse, Aggregate* delta) {
  delta->count = reverse ? -1 : 1;
  if (kpi.measure.kind == MeasureKind::kCount) {
    return true;
  }
  const std::optional<lang::Program>& expression = kpi.measure.expression;
  if (kpi.measure.kind == MeasureKind::kShare) {
    const bool holds =
        expression->EvaluateBool([&](uint16_t slot) { return ValueAt(event, slot); });
    delta->sum = Decimal::FromInt(holds ? delta->count : 0);
    return true;
  }
  if (kpi.measure.kind == MeasureKind::kDistinct) {
    const std::optional<uint64_t> hash = HashOfValue(event.fields[kpi.measure.field.value()]);
    if (!hash) {
      Exclude(kpi, event, "no_measure", &counts_.no_measure);
      return false;
    }
    delta->sum = Decimal::FromUnits(reverse ? -static_cast<__int128>(*hash) : *hash);
    return true;
  }
  const FieldValue calculated = expression ? Calculated(*expression, event) : FieldValue();
  const FieldValue& field = expression ? calculated : event.fields[kpi.measure.field.value()];
  Decimal number = field.number;
  if (field.kind == FieldKind::kString) {
    // Flat rows carry numbers as text.
    const auto parsed = Decimal::Parse(field.text);
    if (!parsed) {
      Exclude(kpi, event, "no_measure", &counts_.no_measure);
      return false;
    }
    number = *parsed;
  } else if (field.kind != FieldKind::kNumber && field.kind != FieldKind::kMoney) {
    Exclude(kpi, event, "no_measure", &counts_.no_measure);
    return false;
  }
  if (field.kind == FieldKind::kMoney && !kpi.currency.empty() && field.text != kpi.currency) {
    Exclude(kpi, event, "currency", &counts_.currency);
    return false;
  }
  if (field.is_binary && !kpi.currency.empty()) {
    Exclude(kpi, event, "binary_money", &counts_.binary);
    return false;
  }
  delta->sum = reverse ? -number : number;
  return true;
}

}  // namespace kpiwatch

#include "daemon/ledger/kpi_view.h"

#include "daemon/base/status_macros.h"
#include "daemon/lang/exact.h"

namespace kpiwatch {
namespace {

// `capacity` of kFullCapacity parts of a floor, which need not be a whole number.
Decimal Share(Decimal floor, int capacity) {
  return Decimal::FromUnits(floor.units() / kFullCapacity * capacity +
                            floor.units() % kFullCapacity * capacity / kFullCapacity);
}

const Rational kOne = Rational::Of(Decimal::FromInt(1));

// Makes `quotient` the reading's value; nullopt: it has none.
void SetQuotient(const std::optional<Rational>& quotient, KpiReading* reading) {
  const std::optional<Decimal> shown =
      quotient ? Decimal::Parse(quotient->ToFixed(Decimal::kScaleDigits)) : std::nullopt;
  if (!shown) {
    reading->state = ValueState::kNothing;
    return;
  }
  reading->value = *shown;
  reading->quotient = quotient;
}

std::optional<Decimal> ValueOf(const std::optional<Sample>& sample) {
  return sample ? std::optional(sample->value) : std::nullopt;
}

// nullopt: it has no value.
std::optional<Rational> ExactOf(const KpiReading& reading) {
  if (reading.state != ValueState::kKnown) {
    return std::nullopt;
  }
  return reading.quotient ? *reading.quotient : Rational::Of(reading.value);
}

void MeasureBy(std::optional<Decimal> target, Direction direction, KpiReading* reading) {
  reading->target = target;
  if (target && reading->state == ValueState::kKnown) {
    reading->completion = reading->quotient ? Completion(direction, *reading->quotient, *target)
                                            : Completion(direction, reading->value, *target);
  }
  if (reading->completion) {
    reading->met = *reading->completion >= kOne;
  }
}

void SetRatio(const Kpi& kpi, const KpiReading& numerator, const KpiReading& denominator,
              KpiReading* reading) {
  reading->num = ExactOf(numerator);
  reading->den = ExactOf(denominator);
  if (!reading->num || !reading->den) {
    reading->state = ValueState::kNothing;
  } else if (kpi.min_den && *reading->den < Rational::Of(*kpi.min_den)) {
    reading->state = ValueState::kInsufficient;
  } else {
    SetQuotient(lang::Divide(*reading->num, *reading->den), reading);
  }
}

}  // namespace

std::optional<Rational> Completion(Direction direction, Decimal value, Decimal target) {
  if (target.is_zero()) {
    return std::nullopt;
  }
  if (direction == Direction::kUp) {
    return Rational{value, target};
  }
  const Rational completion{target + target - value, target};
  return completion < Rational::Of(Decimal()) ? Rational::Of(Decimal()) : completion;
}

std::optional<Rational> Completion(Direction direction, const Rational& value, Decimal target) {
  const std::optional<Rational> part = lang::Divide(value, Rational::Of(target));
  if (!part || direction == Direction::kUp) {
    return part;
  }
  const std::optional<Rational> rest = lang::Subtract(Rational::Of(Decimal::FromInt(2)), *part);
  const Rational zero = Rational::Of(Decimal());
  return rest && *rest < zero ? zero : rest;
}

Decimal MeasuredValue(const Kpi& kpi, const Aggregate& aggregate) {
  return kpi.measure.kind == MeasureKind::kCount ? Decimal::FromInt(aggregate.count)
                                                 : aggregate.sum;
}

KpiReading ReadSimple(const Kpi& kpi, const Aggregate& aggregate, std::optional<Decimal> target) {
  KpiReading reading;
  reading.count = aggregate.count;
  if (kpi.measure.IsSum()) {
    reading.value = MeasuredValue(kpi, aggregate);
  } else if (aggregate.count <= 0) {
    reading.state = ValueState::kNothing;
  } else {
    SetQuotient(lang::Normalize({aggregate.sum, Decimal::FromInt(aggregate.count)}), &reading);
  }
  MeasureBy(target, kpi.direction, &reading);
  return reading;
}

KpiReading ReadSampled(const Kpi& kpi, int64_t count, const Samples& samples,
                       std::optional<Decimal> target) {
  KpiReading reading;
  reading.count = count;
  std::optional<Decimal> value;
  switch (kpi.measure.kind) {
    case MeasureKind::kMin:
    case MeasureKind::kFirst:
      value = ValueOf(samples.Least());
      break;
    case MeasureKind::kMax:
    case MeasureKind::kLast:
      value = ValueOf(samples.Greatest());
      break;
    case MeasureKind::kDistinct:
      value = Decimal::FromInt(samples.Distinct());
      break;
    case MeasureKind::kQuantile:
      value = samples.Quantile(kpi.measure.quantile);
      break;
    default:
      SetQuotient(samples.Median(), &reading);
      value = reading.value;
      break;
  }
  if (value) {
    reading.value = *value;
    reading.error = samples.Error();
  } else {
    reading.state = ValueState::kNothing;
  }
  MeasureBy(target, kpi.direction, &reading);
  return reading;
}

const Floors* FloorsFor(const Kpi& kpi, std::string_view level) {
  const Floors* any = nullptr;
  for (const Floors& floors : kpi.floors) {
    if (floors.level == level) {
      return &floors;
    }
    if (floors.level.empty()) {
      any = &floors;
    }
  }
  return any;
}

absl::StatusOr<KpiReading> KpiViewer::Read(KpiIndex kpi_index, SubjectId subject,
                                           const std::string& level, const Period& period,
                                           std::optional<Decimal> target, int capacity) {
  const Kpi& kpi = rulebook_->kpis[kpi_index];
  if (kpi.type == KpiType::kVerdict) {
    return ReadVerdict(kpi, subject, level, period, capacity);
  }
  if (kpi.type == KpiType::kSimple) {
    return ReadSimpleKpi(kpi_index, subject, period, target);
  }
  KPIWATCH_ASSIGN_OR_RETURN(KpiReading reading, ReadNumber(kpi_index, subject, period));
  MeasureBy(target, kpi.direction, &reading);
  return reading;
}

absl::StatusOr<KpiReading> KpiViewer::ReadSimpleKpi(KpiIndex kpi_index, SubjectId subject,
                                                    const Period& period,
                                                    std::optional<Decimal> target) {
  const Kpi& kpi = rulebook_->kpis[kpi_index];
  bool any = false;
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum,
                            series_->Sum(subject, kpi_index, period.begin, period.end, &any));
  const std::optional<SampleUse> use = kpi.measure.SamplesUse();
  if (!use) {
    return ReadSimple(kpi, sum, target);
  }
  if (!any) {
    return ReadSampled(kpi, 0, Samples(*use), target);
  }
  KPIWATCH_ASSIGN_OR_RETURN(const Samples samples,
                            samples_->Merged(subject, kpi_index, period.begin, period.end));
  return ReadSampled(kpi, sum.count, samples, target);
}

absl::StatusOr<KpiReading> KpiViewer::ReadNumber(KpiIndex kpi_index, SubjectId subject,
                                                 const Period& period) {
  const Kpi& kpi = rulebook_->kpis[kpi_index];
  if (kpi.type == KpiType::kSimple) {
    return ReadSimpleKpi(kpi_index, subject, period, std::nullopt);
  }
  std::vector<KpiReading> operands;
  KpiReading reading;
  for (const KpiIndex operand : kpi.operands) {
    KPIWATCH_ASSIGN_OR_RETURN(KpiReading read, ReadNumber(operand, subject, period));
    reading.count += read.count;
    operands.push_back(std::move(read));
  }
  if (kpi.type == KpiType::kRatio) {
    SetRatio(kpi, operands[0], operands[1], &reading);
    return reading;
  }
  const lang::Value value = kpi.expr->Evaluate([&](uint16_t slot) {
    const std::optional<Rational> exact = ExactOf(operands[slot]);
    const std::string& currency = rulebook_->kpis[kpi.operands[slot]].currency;
    return !exact             ? lang::Value::Absent()
           : currency.empty() ? lang::Value::Of(*exact)
                              : lang::Value::Money(*exact, currency);
  });
  const bool known =
      value.kind == lang::ValueKind::kNumber || value.kind == lang::ValueKind::kMoney;
  SetQuotient(known ? std::optional(value.number) : std::nullopt, &reading);
  return reading;
}

absl::StatusOr<KpiReading> KpiViewer::ReadVerdict(const Kpi& kpi, SubjectId subject,
                                                  const std::string& level, const Period& period,
                                                  int capacity) {
  KpiReading reading;
  const Floors* floors = FloorsFor(kpi, level);
  if (floors == nullptr || capacity == 0) {
    return reading;
  }
  int64_t met = 0;
  for (size_t i = 0; i < kpi.all_of.size(); ++i) {
    const Kpi& part = rulebook_->kpis[kpi.all_of[i]];
    KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum,
                              series_->Sum(subject, kpi.all_of[i], period.begin, period.end));
    const FloorResult result{kpi.all_of[i], MeasuredValue(part, sum),
                             Share(floors->values[i], capacity)};
    met += result.met() ? 1 : 0;
    reading.count += sum.count;
    reading.floors.push_back(result);
  }
  const auto all = static_cast<int64_t>(kpi.all_of.size());
  reading.value = Decimal::FromInt(met);
  reading.target = Decimal::FromInt(all);
  reading.completion = Rational{reading.value, *reading.target};
  reading.met = met == all;
  return reading;
}

}  // namespace kpiwatch

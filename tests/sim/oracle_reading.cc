// What a KPI says of a subject in a period.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "daemon/fold/fingerprint.h"
#include "tests/sim/oracle.h"

namespace kpiwatch::sim {
namespace {

// To six digits, half up. REQUIRES: den > 0.
Decimal Rounded(Decimal num, Decimal den) {
  const bool negative = num.units() < 0;
  const __int128 scaled = (negative ? -num.units() : num.units()) * Decimal::kOne;
  const __int128 rounded = (2 * scaled + den.units()) / (2 * den.units());
  return Decimal::FromUnits(negative ? -rounded : rounded);
}

}  // namespace

const Target* Oracle::TargetOf(int kpi, const std::string& subject, const Period& period) const {
  const auto it = targets_.find({kpi, subject, period});
  return it == targets_.end() ? nullptr : it->second;
}

Reading Oracle::Read(int k, const std::string& subject, const Period& period) const {
  const Kpi& kpi = world_.kpis[static_cast<size_t>(k)];
  Reading reading;
  if (kpi.kind == Kpi::Kind::kVerdict) {
    const Employment* const entry =
        IsPerson(subject) ? LastEntryIn(IdOf(subject), period) : nullptr;
    auto floors = kpi.floors.find(entry == nullptr ? "" : entry->level);
    floors = floors == kpi.floors.end() ? kpi.floors.find("") : floors;
    const int percent = !world_.has_org    ? 100
                        : entry == nullptr ? 0
                                           : PercentOf(*entry, period.begin);
    // A day on which he does not work, or that is nobody's, has no verdict (S-05).
    if (floors == kpi.floors.end() || percent == 0) {
      return reading;
    }
    int met = 0;
    for (size_t i = 0; i < kpi.parts.size(); ++i) {
      const Reading part = Read(kpi.parts[i], subject, period);
      reading.count += part.count;
      // Of a person who works half a day half of each floor, and so on (S-02).
      const __int128 hundredfold = part.value.units() * 100;
      met += hundredfold >= Decimal::FromInt(floors->second[i] * percent).units() ? 1 : 0;
    }
    const int all = static_cast<int>(kpi.parts.size());
    reading.value = Decimal::FromInt(met);
    reading.target = Decimal::FromInt(all);
    reading.completion = std::pair(reading.value, *reading.target);
    reading.met = met == all;
    return reading;
  }
  if (kpi.kind == Kpi::Kind::kRatio) {
    const Reading num = Read(kpi.operands[0], subject, period);
    const Reading den = Read(kpi.operands[1], subject, period);
    const bool enough = den.value >= Decimal::FromInt(std::max(kpi.min_den, 1));
    return ReadQuotient(k, subject, period, num.count + den.count, num.value,
                        enough ? den.value : Decimal());
  }
  if (kpi.kind == Kpi::Kind::kDerived) {
    for (size_t i = 0; i < kpi.operands.size(); ++i) {
      const Reading operand = Read(kpi.operands[i], subject, period);
      reading.count += operand.count;
      reading.value += Decimal::FromUnits(operand.value.units() * kpi.weights[i]);
    }
    Measure(k, subject, period, &reading);
    return reading;
  }
  if (kpi.kind != Kpi::Kind::kCount && kpi.kind != Kpi::Kind::kSum && kpi.kind != Kpi::Kind::kAvg) {
    return ReadFacts(k, subject, period);
  }
  Sum sum;
  if (const auto days = days_.find({k, subject}); days != days_.end()) {
    for (const auto& [day, facts] : days->second) {
      if (period.Contains(day)) {
        sum.count += facts.count;
        sum.sum += facts.sum;
      }
    }
  }
  return ReadSum(k, subject, period, sum);
}

Reading Oracle::ReadSum(int k, const std::string& subject, const Period& period,
                        const Sum& sum) const {
  const Kpi& kpi = world_.kpis[static_cast<size_t>(k)];
  if (kpi.kind == Kpi::Kind::kAvg) {
    return ReadQuotient(k, subject, period, sum.count, sum.sum,
                        Decimal::FromInt(std::max<int64_t>(sum.count, 0)));
  }
  Reading reading;
  reading.count = sum.count;
  reading.value = kpi.kind == Kpi::Kind::kCount ? Decimal::FromInt(sum.count) : sum.sum;
  Measure(k, subject, period, &reading);
  return reading;
}

Reading Oracle::ReadFacts(int k, const std::string& subject, const Period& period) const {
  const Kpi& kpi = world_.kpis[static_cast<size_t>(k)];
  Reading reading;
  std::map<Decimal, int64_t> amounts;  // what is taken back counts against an equal one
  std::set<std::string> kinds;
  std::map<std::pair<absl::Time, uint64_t>, Decimal> moments;
  if (const auto days = facts_.find({k, subject}); days != facts_.end()) {
    for (const auto& [day, facts] : days->second) {
      if (!period.Contains(day)) {
        continue;
      }
      for (const Sum& one : facts) {
        reading.count += one.count;
        amounts[one.count > 0 ? one.sum : -one.sum] += one.count;
        kinds.insert(one.fact->kind);
        moments[{one.time, FingerprintOf("", "/sim", one.fact->id).bits}] = one.sum;
      }
    }
  }
  std::vector<Decimal> sorted;
  for (const auto& [amount, count] : amounts) {
    sorted.insert(sorted.end(), static_cast<size_t>(std::max<int64_t>(count, 0)), amount);
  }
  if (kpi.kind == Kpi::Kind::kDistinct) {
    reading.value = Decimal::FromInt(static_cast<int64_t>(kinds.size()));
  } else if (kpi.kind == Kpi::Kind::kLast) {
    reading.known = !moments.empty();
    reading.value = reading.known ? moments.rbegin()->second : Decimal();
  } else if (sorted.empty()) {
    reading.known = false;
  } else if (kpi.kind == Kpi::Kind::kMax) {
    reading.value = sorted.back();
  } else {
    const size_t size = sorted.size();
    return ReadQuotient(k, subject, period, reading.count,
                        sorted[(size - 1) / 2] + sorted[size / 2], Decimal::FromInt(2));
  }
  Measure(k, subject, period, &reading);
  return reading;
}

Reading Oracle::ReadQuotient(int k, const std::string& subject, const Period& period, int64_t count,
                             Decimal num, Decimal den) const {
  Reading reading;
  reading.count = count;
  reading.known = !den.is_zero();
  if (reading.known) {
    reading.quotient = std::pair(num, den);
    reading.value = Rounded(num, den);
  }
  Measure(k, subject, period, &reading);
  return reading;
}

void Oracle::Measure(int k, const std::string& subject, const Period& period,
                     Reading* reading) const {
  const Target* const target = TargetOf(k, subject, period);
  if (target == nullptr) {
    return;
  }
  reading->target = target->value;
  if (target->value.is_zero() || !reading->known) {
    return;
  }
  const Decimal one = Decimal::FromInt(1);
  const auto [num, den] = reading->quotient.value_or(std::pair(reading->value, one));
  // Targets are whole numbers here.
  const Decimal whole = Decimal::FromUnits(den.units() * (target->value.units() / Decimal::kOne));
  // S-07: up A/T; down 2 - A/T, not below zero.
  const Decimal down = std::max(whole + whole - num, Decimal());
  const bool falls = world_.kpis[static_cast<size_t>(k)].down;
  reading->completion = std::pair(falls ? down : num, whole);
  reading->met = reading->completion->first >= reading->completion->second;
}

}  // namespace kpiwatch::sim

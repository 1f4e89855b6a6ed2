// Which state of a deal counts, and whose what is given back of it is (S-19).
#include <tuple>

#include "daemon/fold/fingerprint.h"
#include "tests/sim/oracle.h"

namespace kpiwatch::sim {

int Oracle::LastStateOf(const std::vector<int>& facts) const {
  const auto order = [&](int index) {
    const Fact& fact = world_.facts[static_cast<size_t>(index)];
    return std::tuple(fact.sequence, *fact.time, FingerprintOf("", "/sim", fact.id).bits);
  };
  int last = -1;
  for (const int index : facts) {
    if (!IsRefund(world_.facts[static_cast<size_t>(index)]) &&
        (last < 0 || order(last) < order(index))) {
      last = index;
    }
  }
  return last;
}

void Oracle::TakeRefund(int index, int winner, const std::vector<int>& facts,
                        const Lateness& lateness) {
  const auto fact = [&](int f) -> const Fact& { return world_.facts[static_cast<size_t>(f)]; };
  Lateness passing = lateness;
  passing.loses = true;
  for (const int other : facts) {  // whose it may have been for a while
    if (IsTaken(fact(other))) {
      TakeFact(index, fact(other), passing);
    }
  }
  TakeFact(index, fact(index), passing);  // whom it names is seen on its day
  Lateness final = lateness;
  final.loses = winner >= 0 && !IsTaken(fact(winner));
  TakeFact(index, fact(winner >= 0 ? winner : index), final);
}

}  // namespace kpiwatch::sim

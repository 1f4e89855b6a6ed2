#!/usr/bin/env bash
# soak.sh [RUNS]: the crash test with 200 kills, RUNS times (default 1), on the same month with other
# moments. KPIWATCH_KILLS and KPIWATCH_SEED say otherwise. Called by ./dev soak.
set -eu
cd "$(dirname "$0")/../.."
runs=${1:-1}
for ((run = 1; run <= runs; run++)); do
  echo "soak: run $run of $runs"
  CI=${CI:-true} KPIWATCH_KILLS=${KPIWATCH_KILLS:-200} build/release/bin/tests/kill_test
done

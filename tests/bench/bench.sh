#!/usr/bin/env bash
# ./dev bench [REPETITIONS]: the micro benchmarks, then, where the comparison kit stands beside the
# project (../shared/bench), whole-process runs of kpiwatchd, the raw consumer and Kafka Streams
# against a real broker, checked cell by cell. Prints one table at the end.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
kit=${KPIWATCH_BENCH_KIT:-$root/../shared/bench}
work=${KPIWATCH_BENCH_WORK:-$root/build/bench}
runs=${1:-3}
port=19092
cd "$root"

for bench in core_bench decode_bench dedup_bench store_bench; do
  echo "== $bench"
  "build/release/bin/bench/$bench"
done

if [ ! -f "$kit/measure.py" ]; then
  echo "the comparison kit is not at $kit: the whole-process runs are skipped" >&2
  exit 0
fi
python3 -c 'import duckdb' 2>/dev/null || {
  echo "the kit needs python3 with duckdb (pip install duckdb): the whole-process runs are skipped" >&2
  exit 1
}
mkdir -p "$work"
"$kit/build.sh" "$work/kit"
"$kit/broker.sh" start "$work/broker" $port
trap '"$kit/broker.sh" stop "$work/broker"' EXIT
gen="$work/kit/cc/bench-gen --brokers 127.0.0.1:$port"
topic="$work/kit/cc/bench-topic --brokers 127.0.0.1:$port"
prepare() {  # TOPIC ORACLE COUNT [FLAGS...]
  [ -f "$work/$2/summary.json" ] && return
  $topic --create "$1"
  $gen --topic "$1" --count "$3" --ledger "$work/ledger.csv" "${@:4}"
  "$kit/oracle.py" "$work/ledger.csv" "$work/$2"
  rm "$work/ledger.csv"
}
prepare events oracle 10000000
prepare events-json oracle-json 10000000 --encoding cloudevents
prepare events-20m oracle-20m 20000000

rm -f "$work/runs/runs.jsonl"
measure() {
  "$kit/measure.py" "$@" --build "$work/kit" --work "$work/runs" --broker-dir "$work/broker" \
    --brokers "127.0.0.1:$port" --systems "$root/tests/bench/kit/systems.toml" --set "root=$root"
}
oracle=(--oracle "$work/oracle")
measure limits --topic events --json-topic events-json --repeat "$runs"
measure drain kpiwatch --workload w2 --topic events "${oracle[@]}" --repeat "$runs"
measure drain kpiwatch --workload w2 --encoding cloudevents --topic events-json \
  --oracle "$work/oracle-json" --repeat "$runs"
measure drain kafka-streams --workload w2 --topic events "${oracle[@]}" --repeat "$runs"
# Behind the peer, which writes transactions too: a broker that still compiles its code for them
# takes its processor time from whoever is measured first.
measure drain kpiwatch --workload w4 --topic events "${oracle[@]}" --repeat "$runs"
measure latency kpiwatch --workload w4 --repeat "$runs"
measure recovery kpiwatch --workload w2 --topic events-20m --oracle "$work/oracle-20m" \
  --repeat "$runs"

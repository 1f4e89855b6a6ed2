#!/usr/bin/env bash
# Starts kpiwatchd as a system under test: start.sh BIN BROKERS TOPIC ALERTS STATE WORKLOAD ENCODING PORT
# Writes its configuration below STATE, becomes the daemon, and prints "first-event EPOCH_MS" when
# the daemon's log says that the first records were taken.
set -euo pipefail
bin=$1 brokers=$2 topic=$3 alerts=$4 state=$5 workload=$6 encoding=$7 port=$8
rules=$(cd "$(dirname "${BASH_SOURCE[0]}")/../rules" && pwd)
mkdir -p "$state"
files="\"$rules/w2.yaml\""
publish=
if [ "$workload" = w4 ]; then
  files="$files, \"$rules/w4.yaml\""
  publish="publish: {kafka: {brokers: \"$brokers\", topic: \"$alerts\"}}"
fi
format=kpiwatch
[ "$encoding" = cloudevents ] && format=cloudevents
cat >"$state/kpiwatch.yaml" <<YAML
rule_files: [$files]
clock: events
instance: "$(basename "$(dirname "$state")")"
sources:
  - name: events
    kafka: {brokers: "$brokers", topics: ["$topic"]}
    format: $format
    # What the workload sends again are exact copies: no event changes under its id.
    same_id: first
    complete: {by: heartbeat}
$publish
YAML
exec 3>&1
exec "$bin/kpiwatchd" --config.file "$state/kpiwatch.yaml" --storage.path "$state/data" \
  --web.listen-address "127.0.0.1:$port" 2> >(
    while IFS= read -r line; do
      echo "$line" >>"$state/kpiwatchd.log"
      case $line in
        *'msg="first records"'*)
          at=${line#ts=}
          echo "first-event $(date -d "${at%% *}" +%s%3N)" >&3
          ;;
      esac
    done)

#!/usr/bin/env bash
# The demo: starts kpiwatchd on its embedded log with the sample rules, sends it a month of CRM
# events and shows which alert went to whom and why. --once ends by itself: 0 when the expected
# alerts came, 1 when not. Takes port 9464 and the next one; KPIWATCH_DEMO_PORT names another.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${KPIWATCH_BIN:-$here/../../build/release/bin}
once=false
case "${1:-}" in
  "") ;;
  --once) once=true ;;
  *) echo "usage: ./dev demo [--once]" >&2; exit 2 ;;
esac

root=$(cd "$here/../.." && pwd)
port=${KPIWATCH_DEMO_PORT:-9464}
if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65534)); then
  echo "KPIWATCH_DEMO_PORT is a port from 1 to 65534, not '$port'" >&2
  exit 2
fi
receiver_port=$((port + 1))
url=http://127.0.0.1:$port

work=$(mktemp -d "${TMPDIR:-/tmp}/kpiwatch-demo.XXXXXX")
daemon=
listener=
finish() {
  for pid in $daemon $listener; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

failed() {
  echo "$1" >&2
  echo "另选端口（choose another port, taken with the next one）: KPIWATCH_DEMO_PORT=9474 ./dev demo" >&2
  exit 1
}

sed "s#:9465/#:$receiver_port/#" "$here/receivers.yaml" >"$work/receivers.yaml"
sed "s#\.\./\.\./rules#$root/rules#; s#- receivers.yaml#- $work/receivers.yaml#" \
  "$here/kpiwatch.yaml" >"$work/kpiwatch.yaml"
"$bin/kpictl" listen "127.0.0.1:$receiver_port" --expect "$here/expected_alerts.txt" \
  --timeout 60 &
listener=$!
"$bin/kpiwatchd" --config.file "$work/kpiwatch.yaml" --storage.path "$work/store" \
  --web.listen-address "127.0.0.1:$port" 2>"$work/kpiwatchd.log" &
daemon=$!
# Its own log says that it has the port: what answers there may be another daemon.
ready=false
for _ in $(seq 100); do
  if grep -q 'msg="*listening' "$work/kpiwatchd.log" &&
    "$bin/kpictl" health "$url/-/ready" >/dev/null 2>&1; then
    ready=true
    break
  fi
  kill -0 "$daemon" 2>/dev/null || break
  sleep 0.1
done
if ! $ready; then
  cat "$work/kpiwatchd.log" >&2
  failed "kpiwatchd did not start on port $port"
fi
if ! kill -0 "$listener" 2>/dev/null; then
  failed "nobody listens for the alerts on port $receiver_port"
fi

echo "2026 年 9 月，示例公司一个月的 CRM 事件（A month of CRM events of the sample company）"
"$bin/kpictl" send --to "$url" --config "$work/kpiwatch.yaml" --source crm \
  "$here/events.ndjson.gz"
result=0
wait "$listener" || result=1
listener=
echo
echo "  指标 metrics   $url/metrics"
echo "  状态 health    $url/"
echo "  预警 alerts    $url/api/v1/alerts"
if $once; then
  [ $result -eq 0 ] && echo "预期的预警都到了（all expected alerts came）"
  exit $result
fi
echo "按 Ctrl-C 结束（Ctrl-C ends the daemon）"
wait "$daemon"

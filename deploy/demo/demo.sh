#!/usr/bin/env bash
# The demo: starts kpiwatchd on its embedded log with the sample rules, sends it a month of CRM
# events and shows which alert went to whom and why. --once ends by itself: 0 when the expected
# alerts came, 1 when not.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${KPIWATCH_BIN:-$here/../../build/release/bin}
once=false
case "${1:-}" in
  "") ;;
  --once) once=true ;;
  *) echo "usage: ./dev demo [--once]" >&2; exit 2 ;;
esac

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

"$bin/kpictl" listen 127.0.0.1:9465 --expect "$here/expected_alerts.txt" --timeout 60 &
listener=$!
"$bin/kpiwatchd" --config.file "$here/kpiwatch.yaml" --storage.path "$work" \
  --web.listen-address 127.0.0.1:9464 --log.level warn 2>"$work/kpiwatchd.log" &
daemon=$!
for _ in $(seq 100); do
  "$bin/kpictl" health http://127.0.0.1:9464/-/ready >/dev/null 2>&1 && break
  kill -0 "$daemon" 2>/dev/null || break
  sleep 0.1
done
if ! kill -0 "$daemon" 2>/dev/null; then
  echo "kpiwatchd did not start:" >&2
  cat "$work/kpiwatchd.log" >&2
  exit 1
fi

echo "2026 年 9 月，示例公司一个月的 CRM 事件（A month of CRM events of the sample company）"
"$bin/kpictl" send --to http://127.0.0.1:9464 --config "$here/kpiwatch.yaml" --source crm \
  "$here/events.ndjson.gz"
result=0
wait "$listener" || result=1
listener=
echo
echo "  指标 metrics   http://127.0.0.1:9464/metrics"
echo "  状态 health    http://127.0.0.1:9464/"
echo "  预警 alerts    http://127.0.0.1:9464/api/v1/alerts"
if $once; then
  [ $result -eq 0 ] && echo "预期的预警都到了（all expected alerts came）"
  exit $result
fi
echo "按 Ctrl-C 结束（Ctrl-C ends the daemon）"
wait "$daemon"

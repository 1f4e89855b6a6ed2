#!/usr/bin/env bash
# A real single-node Kafka broker (KRaft) on loopback, for tests and benchmarks.
#
#   broker.sh prepare DIR PORT   fetch Kafka, write the configuration and format the storage
#   broker.sh run DIR            become the broker prepared in DIR (exec: the pid stays)
#   broker.sh start DIR [PORT]   prepare and run in the background, wait until it serves, print host:port
#   broker.sh stop DIR           end the broker that start left behind
#
# DIR holds all of it: data/, server.properties, broker.log, broker.pid. PORT (9092) serves clients,
# PORT+1 is the controller's. Kafka itself comes once, by Maven, into
# ${XDG_CACHE_HOME:-~/.cache}/kpiwatch-kafka.
# Environment: KPIWATCH_BROKER_HEAP (512m).
# Exit code: 0 done, 1 failed, 77 when java or mvn is missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/kpiwatch-kafka
lib=$cache/4.1.0

say() { echo "broker.sh: $*" >&2; }
die() { say "$*"; exit 1; }

java_tool() {  # CLASS ARGS...
  java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$lib/*" "$@"
}

# Several tests may come here at once: the first one fetches, the others wait for it.
fetch() {
  for tool in java mvn; do
    command -v $tool >/dev/null || { say "$tool is not installed"; exit 77; }
  done
  [[ ! -e $lib/.complete ]] || return 0
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  if [[ ! -e $lib/.complete ]]; then
    say "fetching Kafka into $lib"
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$lib" \
      >"$cache/maven.log" 2>&1 || die "Maven could not fetch Kafka, see $cache/maven.log"
    touch "$lib/.complete"
  fi
  exec 9>&-
}

prepare() {
  fetch
  mkdir -p "$dir"
  cat >"$dir/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
num.partitions=1
default.replication.factor=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
log.retention.ms=-1
log.segment.delete.delay.ms=1000
log.initial.task.delay.ms=1000
message.max.bytes=10485760
CONF
  [[ ! -f $dir/data/meta.properties ]] || return 0
  # A cluster id is 16 bytes in URL-safe base64.
  local id
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AA' | cut -c1-22)
  java_tool kafka.tools.StorageTool format -t "$id" -c "$dir/server.properties" \
    >"$dir/format.log" 2>&1 || die "formatting failed, see $dir/format.log"
}

run() {
  exec java "-Xmx${KPIWATCH_BROKER_HEAP:-512m}" -XX:+UseSerialGC -Xshare:auto \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp "$lib/*" kafka.Kafka "$dir/server.properties" >>"$dir/broker.log" 2>&1 </dev/null
}

# The pid may have been given to another process: believe it only if it is this broker.
running_pid() {
  local pid
  [[ -s $dir/broker.pid ]] || return 0
  pid=$(<"$dir/broker.pid")
  if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "kafka.Kafka $dir/server.properties"; then
    echo "$pid"
  fi
}

start() {
  local pid
  pid=$(running_pid)
  if [[ -z $pid ]]; then
    prepare
    setsid "$here/broker.sh" run "$dir" &
    pid=$!
    echo "$pid" >"$dir/broker.pid"
  fi
  local address
  address=$(sed -n 's|^advertised.listeners=PLAINTEXT://||p' "$dir/server.properties")
  for _ in $(seq 120); do
    kill -0 "$pid" 2>/dev/null || die "the broker ended, see $dir/broker.log"
    # Clients are let in only once the broker may serve them.
    if (exec 3<>"/dev/tcp/${address/://}") 2>/dev/null; then
      echo "$address"
      return
    fi
    sleep 0.25
  done
  die "the broker does not serve after 30 s, see $dir/broker.log"
}

stop() {
  local pid
  pid=$(running_pid)
  if [[ -n $pid ]]; then
    kill "$pid"
    for _ in $(seq 120); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.25
    done
    ! kill -0 "$pid" 2>/dev/null || die "broker $pid did not end within 30 s"
  fi
  rm -f "$dir/broker.pid"
}

[[ $# -ge 2 ]] || { sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 1; }
mkdir -p "$2"
dir=$(cd "$2" && pwd)
port=${3:-9092}
case $1 in
  prepare | run | start | stop) "$1" ;;
  *) die "unknown command '$1'" ;;
esac

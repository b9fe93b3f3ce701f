# Sourced by the scripts here: build the tool, start and pin processes, and end what was started.
#
# Everything made at run time lives under $TMP; only processes started here are ended, by their ids.

BENCH_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ROOT="$(cd "$BENCH_DIR/../.." && pwd)"
BENCH="${CARGO_TARGET_DIR:-$ROOT/target}/release/bench"
TMP="$(mktemp -d "${TMPDIR:-/tmp}/bellwether-bench.XXXXXX")"
STARTED=()
GW_CORE=${GW_CORE:-0}
LOAD_CORE=${LOAD_CORE:-1}
export BENCH_NICE=${BENCH_NICE:--15}

cleanup() {
  local pid
  for pid in "${STARTED[@]}"; do
    kill -CONT "$pid" 2>/dev/null
    kill "$pid" 2>/dev/null
  done
  for pid in "${STARTED[@]}"; do wait "$pid" 2>/dev/null; done
  rm -rf "$TMP"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

die() {
  echo "$*" >&2
  exit 1
}

build_tool() {
  cargo build --quiet --release --package bench --manifest-path "$ROOT/Cargo.toml" || die "the bench tool does not build"
}

# on_core CORE command... : runs it there and waits for its end.
on_core() {
  local core=$1 pid
  shift
  taskset -c "$core" "$@" &
  pid=$!
  STARTED+=("$pid")
  wait "$pid"
}

# stop PID : ends a process started here and waits for its end.
stop() {
  local pid kept=()
  for pid in "${STARTED[@]}"; do [ "$pid" = "$1" ] || kept+=("$pid"); done
  STARTED=("${kept[@]}")
  kill "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# start_on CORE command... : starts it there, in its own session with a raised weight; gives LAST_PID.
start_on() {
  local core=$1
  shift
  LAST_LOG="$TMP/log.${#STARTED[@]}"
  taskset -c "$core" "$BENCH" exec -- "$@" >"$LAST_LOG" 2>&1 </dev/null &
  LAST_PID=$!
  STARTED+=("$LAST_PID")
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

wait_port() {
  local _
  for _ in $(seq 1 "${2:-100}"); do
    listens "$1" && return 0
    sleep 0.05
  done
  echo "nothing listens on 127.0.0.1:$1" >&2
  return 1
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null ||
    echo $((20000 + RANDOM % 20000))
}

# start_upstream PORT : keeps one that is already listening there.
start_upstream() {
  if listens "$1"; then
    echo "using the upstream already listening on $1" >&2
    return 0
  fi
  start_on "$LOAD_CORE" "$BENCH" upstream --port "$1"
  wait_port "$1"
}

# start_nginx_proxy PORT UPSTREAM_PORT : gives NGINX_PID.
start_nginx_proxy() {
  command -v nginx >/dev/null || die "nginx is missing: run scripts/setup-bench"
  mkdir -p "$TMP/nginx"
  sed "s/@PORT@/$1/;s/@UPSTREAM@/$2/" "$BENCH_DIR/floor/nginx-proxy.conf" >"$TMP/nginx/nginx.conf"
  start_on "$GW_CORE" nginx -p "$TMP/nginx" -c nginx.conf
  NGINX_PID=$LAST_PID
  wait_port "$1"
}

# pin_tree PID : a running gateway, all processes and threads, on the gateway's core with the floor's weight.
pin_tree() {
  local child
  taskset -acp "$GW_CORE" "$1" >/dev/null 2>&1
  { echo "$BENCH_NICE" >"/proc/$1/autogroup"; } 2>/dev/null
  for child in $(pgrep -P "$1"); do pin_tree "$child"; done
  return 0
}

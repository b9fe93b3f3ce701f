#!/usr/bin/env bash
# What `make bench` calls: our release binary against nginx, then its start-up time, then dropped log lines.
# GATEWAY=FILE is measured instead of what is built here, such as what scripts/build-release has made.
#   run.sh [compare.sh's options: --surfaces LIST, --rounds N, --secs S, --only LIST, --rates LIST, --json FILE]
# The gateway runs with everything on that a customer has on: key hash, metrics, and a request log in a file.
set -u
. "$(dirname "$0")/lib.sh"

KEY=sk-bench-0123456789abcdef
UPSTREAM_PORT=18080
# A named port, since start-up is measured at the same one.
GATEWAY_PORT=$(free_port)
BUILT="${CARGO_TARGET_DIR:-$ROOT/target}/release/bellwether"
GATEWAY=${GATEWAY:-$BUILT}

command -v nginx >/dev/null || die "nginx is missing: run scripts/setup-bench"
[ "$GATEWAY" != "$BUILT" ] || cargo build --quiet --release --package cli --manifest-path "$ROOT/Cargo.toml" || die "the gateway does not build"
build_tool

# No models: a provider without a list takes any name.
cat >"$TMP/bellwether.yaml" <<YAML
listeners:
  - address: 127.0.0.1:$GATEWAY_PORT
providers:
  openai:
    base_url: http://127.0.0.1:$UPSTREAM_PORT/v1
    credentials: ["env:OPENAI_API_KEY"]
    dialects: [chat]
log:
  format: json
  file: $TMP/requests.log
YAML
export BELLWETHER_KEY=$KEY OPENAI_API_KEY=sk-upstream
GATEWAY_COMMAND=("$GATEWAY" --config "$TMP/bellwether.yaml" --data-dir "$TMP/data")

# The gateway is ready when it has written where it listens.
wait_run_json() {
  local _
  for _ in $(seq 1 200); do
    [ -s "$TMP/data/run.json" ] && return 0
    kill -0 "$GATEWAY_PID" 2>/dev/null || break
    sleep 0.05
  done
  cat "$LAST_LOG" >&2
  die "the gateway did not get ready"
}

start_upstream "$UPSTREAM_PORT" || exit 1
start_on "$GW_CORE" "${GATEWAY_COMMAND[@]}"
GATEWAY_PID=$LAST_PID
wait_run_json
URL=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["urls"][0].rstrip("/"))' "$TMP/data/run.json")

"$BENCH_DIR/compare.sh" --url "$URL/v1" --key "$KEY" --pid "$GATEWAY_PID" --upstream-port "$UPSTREAM_PORT" "$@" || exit 1

DROPPED=$(curl --silent --fail --max-time 5 "$URL/metrics" |
  awk '/^ai_gateway_log_lines_dropped_total/ { sum += $NF; seen = 1 } END { if (seen) print sum }')
echo "dropped log lines: ${DROPPED:-not reported by $URL/metrics}"
if [ -e "$TMP/requests.log" ]; then echo "written log lines: $(wc -l <"$TMP/requests.log")"; fi

# The same port again, now free, and a data directory that has started before: what a restart costs.
stop "$GATEWAY_PID"
echo "start-up:"
UPSTREAM_PORT=$UPSTREAM_PORT "$BENCH_DIR/startup.sh" --url "$URL/v1" --key "$KEY" -- "${GATEWAY_COMMAND[@]}"

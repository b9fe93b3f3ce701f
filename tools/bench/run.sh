#!/usr/bin/env bash
# What `make bench` calls: our release binary against nginx, then its start-up time, then dropped log lines.
#   run.sh [compare.sh's options: --rounds N, --secs S, --only LIST, --rates LIST, --json FILE]
# The gateway runs with everything on that a customer has on: key hash, metrics, and a request log in a file.
set -u
. "$(dirname "$0")/lib.sh"

KEY=sk-bench-0123456789abcdef
UPSTREAM_PORT=18080
# Held until the gateway listens: `:0` would give a new port for each start, and start-up is measured by port.
GATEWAY_PORT=$(free_port)
GATEWAY="${CARGO_TARGET_DIR:-$ROOT/target}/release/bellwether"

command -v nginx >/dev/null || die "nginx is missing: run scripts/setup-bench"
cargo build --quiet --release --package cli --manifest-path "$ROOT/Cargo.toml" || die "the gateway does not build"
build_tool

# No models: a provider without a list serves any name.
cat >"$TMP/bellwether.yaml" <<YAML
listeners:
  - address: 127.0.0.1:$GATEWAY_PORT
providers:
  - id: openai
    base_url: http://127.0.0.1:$UPSTREAM_PORT/v1
    credentials:
      - sk-upstream
log:
  requests: $TMP/requests.log
YAML
gateway() { echo env BELLWETHER_KEY="$KEY" "$GATEWAY" --config "$TMP/bellwether.yaml" --data-dir "$1"; }

# wait_run_json DIRECTORY : the gateway is ready when it has written where it listens.
wait_run_json() {
  local _
  for _ in $(seq 1 200); do
    [ -s "$1/run.json" ] && return 0
    kill -0 "$LAST_PID" 2>/dev/null || break
    sleep 0.05
  done
  cat "$LAST_LOG" >&2
  die "the gateway did not get ready"
}

start_upstream "$UPSTREAM_PORT" || exit 1
# shellcheck disable=SC2046 # the command is meant to be split
start_on "$GW_CORE" $(gateway "$TMP/data")
wait_run_json "$TMP/data"
read -r PID URL < <(python3 -c '
import json, sys
run = json.load(open(sys.argv[1]))
print(run["pid"], run["urls"][0].rstrip("/"))' "$TMP/data/run.json")

"$BENCH_DIR/compare.sh" --url "$URL/v1" --key "$KEY" --pid "$PID" --upstream-port "$UPSTREAM_PORT" "$@" || exit 1

DROPPED=$(curl --silent --fail --max-time 5 "$URL/metrics" |
  awk '/^ai_gateway_log_lines_dropped_total/ { sum += $NF; seen = 1 } END { if (seen) print sum }')
echo "dropped log lines: ${DROPPED:-not reported by $URL/metrics}"
echo "logged lines: $(wc -l <"$TMP/requests.log" 2>/dev/null || echo none)"

# The same port again, now free, and a data directory that has started before: what a restart costs.
kill "$LAST_PID"
wait "$LAST_PID" 2>/dev/null
echo "start-up:"
# shellcheck disable=SC2046 # the command is meant to be split
UPSTREAM_PORT=$UPSTREAM_PORT "$BENCH_DIR/startup.sh" --url "$URL/v1" --key "$KEY" -- $(gateway "$TMP/data")

#!/usr/bin/env bash
# Calls of all common kinds through a gateway that was built to count what it runs (`-Cprofile-generate`), so that the compiler
# can build the next one by what is used. Loopback only, about a minute; what was counted is written when the gateway ends.
#   train.sh GATEWAY
# SECONDS_EACH=1 is how long each kind of load takes.
set -u
# The last core, whatever there are: nobody measures here.
LOAD_CORE=${LOAD_CORE:-$(($(nproc) - 1))}
. "$(dirname "$0")/lib.sh"

GATEWAY=${1:?"usage: train.sh GATEWAY"}
KEY=sk-bench-0123456789abcdef
SECONDS_EACH=${SECONDS_EACH:-1}
UPSTREAM_PORT=$(free_port)
LOADS=json1k,json128k,rate,sse,sseburst

# A route that is plain, one whose answers are kept, one whose streams are gone on with, one of two targets.
cat >"$TMP/bellwether.yaml" <<YAML
listeners:
  - address: 127.0.0.1:0
providers:
  openai:
    base_url: http://127.0.0.1:$UPSTREAM_PORT/v1
    credentials: ["env:OPENAI_API_KEY"]
    dialects: [chat]
    models: [gpt-4o-mini, second]
models:
  gpt-4o-mini: { targets: [openai/gpt-4o-mini] }
  kept: { targets: [openai/gpt-4o-mini], cache: true }
  resumed: { targets: [openai/gpt-4o-mini], resume: ask }
  chained: { targets: [openai/gpt-4o-mini, openai/second], policy: fastest }
log:
  format: json
  file: $TMP/requests.log
YAML
export BELLWETHER_KEY=$KEY OPENAI_API_KEY=sk-upstream

# field NAME : of the JSON object that is read.
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }

# ask WORDS... : a command of the gateway's that asks the running one.
ask() { "$GATEWAY" --config "$TMP/bellwether.yaml" --data-dir "$TMP/data" "$@" || die "failed: $*"; }

build_tool
start_upstream "$UPSTREAM_PORT" || exit 1
"$GATEWAY" --config "$TMP/bellwether.yaml" --data-dir "$TMP/data" >"$TMP/gateway.log" 2>&1 &
GATEWAY_PID=$!
STARTED+=("$GATEWAY_PID")
for _ in $(seq 1 200); do
  [ -s "$TMP/data/run.json" ] && break
  kill -0 "$GATEWAY_PID" 2>/dev/null || break
  sleep 0.05
done
[ -s "$TMP/data/run.json" ] || { cat "$TMP/gateway.log" >&2 && die "the gateway did not get ready"; }
URL=$(sed -n 's/.*"\(http:[^"]*[^"/]\)\/*".*/\1/p' "$TMP/data/run.json" | head -n 1)/v1

# A customer who has paid ahead and has a budget.
ask orgs create customer >/dev/null
PROJECT=$(ask projects create app --org customer --json | field id)
ask accounts create customer >/dev/null
ask accounts credit customer 1000 --reason training >/dev/null
PAID=$(ask keys create --name paid --project "$PROJECT" --plan none --rpm 60000000 --json | field key)
[ -n "$PAID" ] || die "no key was made"

targets=()
target() { targets+=(--target "name=$1;url=$URL;pid=0;$2"); }
target plain "key=$KEY;model=gpt-4o-mini"
target messages "key=$KEY;model=gpt-4o-mini;surface=messages"
target responses "key=$KEY;model=gpt-4o-mini;surface=responses"
target paid "key=$PAID;model=gpt-4o-mini"
target hit "key=$KEY;model=kept"
target refresh "key=$KEY;model=kept;header=x-bellwether-cache: refresh"
target resumed "key=$KEY;model=resumed"
target chained "key=$PAID;model=chained"
"$BENCH" compare --rounds 1 --secs "$SECONDS_EACH" --only "$LOADS" --rates 500 "${targets[@]}" || die "the load failed"
stop "$GATEWAY_PID"

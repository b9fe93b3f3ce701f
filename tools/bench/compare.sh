#!/usr/bin/env bash
# One running gateway against nginx, interleaved, one line per metric with the ratio. About 45 s.
#   compare.sh --url http://127.0.0.1:4000/v1 --key sk-... --pid PID
#     [--name ours] [--model gpt-4o-mini] [--header 'k: v']... [--upstream-port 18080]
#     [--surfaces messages,responses] [--rounds N] [--secs S] [--only LIST] [--rates LIST] [--json FILE]
# With --surfaces the gateway is asked in those dialects too, in the same rounds; it translates, since the upstream
# speaks chat only.
# The gateway must route MODEL to http://127.0.0.1:<upstream-port>/v1, with any key. README.md has the rest.
set -u
. "$(dirname "$0")/lib.sh"

NAME=ours URL='' KEY=sk-bench PID=0 MODEL=gpt-4o-mini UPSTREAM_PORT=18080 HEADERS='' ROUNDS=2 SECS=0.9 SURFACES='' MORE=()
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || die "$1 needs a value"
  case "$1" in
    --url) URL=$2 ;;
    --key) KEY=$2 ;;
    --pid) PID=$2 ;;
    --name) NAME=$2 ;;
    --model) MODEL=$2 ;;
    --upstream-port) UPSTREAM_PORT=$2 ;;
    --header) HEADERS="$HEADERS;header=$2" ;;
    --surfaces) SURFACES=$2 ;;
    --rounds) ROUNDS=$2 ;;
    --secs) SECS=$2 ;;
    --only | --rates | --json | --idle-delay-ms) MORE+=("$1" "$2") ;;
    *) die "unknown argument $1" ;;
  esac
  shift 2
done
[ -n "$URL" ] || die "--url is needed"

build_tool
start_upstream "$UPSTREAM_PORT" || exit 1
NGINX_PORT=$(free_port)
start_nginx_proxy "$NGINX_PORT" "$UPSTREAM_PORT" || exit 1
[ "$PID" -gt 0 ] && pin_tree "$PID"
if ! on_core "$LOAD_CORE" "$BENCH" once --target "name=x;url=$URL;key=$KEY;model=$MODEL$HEADERS" >"$TMP/once" 2>&1; then
  echo "the gateway does not answer 200:" >&2
  head -c 1500 "$TMP/once" >&2
  exit 1
fi
for surface in ${SURFACES//,/ }; do
  MORE+=(--target "name=$surface;surface=$surface;url=$URL;key=$KEY;pid=$PID;model=$MODEL$HEADERS")
done
on_core "$LOAD_CORE" "$BENCH" compare --base nginx --rounds "$ROUNDS" --secs "$SECS" \
  --direct "name=direct;url=http://127.0.0.1:$UPSTREAM_PORT/v1" \
  --target "name=nginx;url=http://127.0.0.1:$NGINX_PORT/v1;pid=$NGINX_PID" \
  --target "name=$NAME;url=$URL;key=$KEY;pid=$PID;model=$MODEL$HEADERS" "${MORE[@]}"

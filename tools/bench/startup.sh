#!/usr/bin/env bash
# Time from exec to listening and to the first 200, with memory and CPU spent until then: cold process, warm cache.
#   startup.sh --url http://127.0.0.1:4000/v1 [--key K] [--model M] [--header 'k: v']... [--times 3] -- command args...
# The upstream is started on 18080 when nothing listens there (UPSTREAM_PORT changes that).
set -u
. "$(dirname "$0")/lib.sh"

TIMES=3 OPTIONS=()
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
  if [ "$1" = --times ]; then TIMES=$2; else OPTIONS+=("$1" "$2"); fi
  shift 2
done

build_tool
start_upstream "${UPSTREAM_PORT:-18080}" || exit 1
for _ in $(seq "$TIMES"); do
  on_core "$GW_CORE" "$BENCH" startup "${OPTIONS[@]}" "$@" || die "the command gave no 200"
  sleep 0.3
done

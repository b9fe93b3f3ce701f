#!/usr/bin/env bash
# Ask Bellwether with curl: which models there are, a whole answer, a streamed one, and an error with its status.
#   BELLWETHER_KEY=bw_… examples/curl.sh
set -euo pipefail

URL=${BELLWETHER_URL:-http://127.0.0.1:4000}
KEY=${BELLWETHER_KEY:?set it to the key that the first start printed, or make one: bellwether keys create --name curl}
MODEL=${BELLWETHER_MODEL:-gpt-4o-mini}

ask() { curl --silent --show-error --header "Authorization: Bearer $KEY" --header "Content-Type: application/json" "$@"; }

echo "== the models"
ask "$URL/v1/models"

echo && echo "== a whole answer"
ask "$URL/v1/chat/completions" \
  --data '{"model": "'"$MODEL"'", "messages": [{"role": "user", "content": "Hello!"}]}'

echo && echo "== a streamed answer: --no-buffer shows each event as it comes"
ask --no-buffer "$URL/v1/chat/completions" \
  --data '{"model": "'"$MODEL"'", "stream": true, "messages": [{"role": "user", "content": "Hello!"}]}'

# --fail-with-body makes an error status an error of the command, and still prints what it says.
echo "== an error"
if ! ask --fail-with-body "$URL/v1/chat/completions" \
  --data '{"model": "no-such-model", "messages": [{"role": "user", "content": "Hello!"}]}'; then
  echo && echo "it was refused, as it should be"
fi

#!/usr/bin/env bash
# The page's journeys in Chromium: against the mock server, which has hosts of every kind and size, and at the same time against
# the foster binary given, which simulates three children. Most of the time of either is waiting.
set -euo pipefail
foster=$(realpath "$1")
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
cleanup() {
  for p in ${journeys:-} ${pid:-}; do
    { kill "$p" 2>/dev/null && wait "$p" 2>/dev/null; } || true
  done
  rm -rf "$dir"
}
trap cleanup EXIT

port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
"$foster" demo --config "$dir/config" --data "$dir/data" --listen "127.0.0.1:$port" >"$dir/log" 2>&1 &
pid=$!
for _ in $(seq 100); do
  curl -fsS "http://127.0.0.1:$port/readyz" >/dev/null 2>&1 && break
  sleep 0.1
done
FOSTER_BIN="$foster" FOSTER_URL="http://127.0.0.1:$port" npm run --silent e2e >"$dir/journeys" 2>&1 &
journeys=$!
failed=0
npm run --silent e2e || failed=1
wait "$journeys" || { failed=1; cat "$dir/log"; }
journeys=
cat "$dir/journeys"
exit "$failed"

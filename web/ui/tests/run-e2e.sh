#!/usr/bin/env bash
# The page's journeys in Chromium: once against the mock server, which has hosts of every kind and size, and once against
# the foster binary given, which simulates three children.
set -euo pipefail
foster=$(realpath "$1")
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
cleanup() {
  [ -z "${pid:-}" ] || { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; } || true
  rm -rf "$dir"
}
trap cleanup EXIT

npm run --silent e2e

port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
"$foster" demo --config "$dir/config" --data "$dir/data" --listen "127.0.0.1:$port" >"$dir/log" 2>&1 &
pid=$!
for _ in $(seq 100); do
  curl -fsS "http://127.0.0.1:$port/readyz" >/dev/null 2>&1 && break
  sleep 0.1
done
FOSTER_BIN="$foster" FOSTER_URL="http://127.0.0.1:$port" npm run --silent e2e || { cat "$dir/log"; exit 1; }

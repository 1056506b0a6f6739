#!/usr/bin/env bash
# Build the workbench into the package, where its sources have changed since the last time. Without
# npm it says so and goes on: the server then shows its simple page instead.
set -euo pipefail
cd "$(dirname "$0")/.."

built=src/orderguard/api/page/dist
modules=workbench/node_modules

if ! command -v npm >/dev/null; then
  echo "setup: npm is not installed, so no workbench is built and the simple page serves;" \
    "install Node 20 or later and run make setup again." >&2
  exit 0
fi

digest() { # of the files below the given paths, whatever their order on the disk
  find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | cksum
}

locked=$(digest workbench/package.json workbench/package-lock.json)
if [ "$(cat "$modules/.locked" 2>/dev/null || true)" != "$locked" ]; then
  (cd workbench && npm ci --no-audit --no-fund --silent)
  echo "$locked" >"$modules/.locked"
fi

cd workbench
sources=$(digest src scripts ./*.json ./*.ts index.html)
cd ..
if [ ! -e "$built/index.html" ] || [ "$(cat "$modules/.built" 2>/dev/null)" != "$sources" ]; then
  (cd workbench && npm run --silent build)
  echo "$sources" >"$modules/.built"
fi

#!/usr/bin/env bash
# Run one of the workbench's scripts (package.json) where its packages are installed; else say that
# it was left out, which is no failure: Python alone is enough to work on the rest.
set -euo pipefail
cd "$(dirname "$0")/../workbench"

if [ ! -d node_modules ] || ! command -v npm >/dev/null; then
  echo "workbench: npm run $1 is skipped, for its packages are not here (make setup, with Node)" >&2
  exit 0
fi
exec npm run --silent "$1"

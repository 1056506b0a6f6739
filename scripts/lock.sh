#!/usr/bin/env bash
# Write requirements/*.lock from pyproject.toml: every version with its hashes, for every platform
# and Python 3.11 or later. No file names an index, a mirror or a path, so that each machine uses
# its own. Arguments go to `uv pip compile`: scripts/lock.sh --upgrade
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
  .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@"
}

compile --output-file requirements/dev.lock --extra dev "$@"
compile --output-file requirements/run.lock --constraints requirements/dev.lock
compile --output-file requirements/bench.lock --extra bench --constraints requirements/dev.lock

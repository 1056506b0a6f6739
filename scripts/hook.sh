#!/usr/bin/env bash
# Let `git commit` run `make check`; does nothing outside a git checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -e .git ] || exit 0
if [ -n "$(git config core.hooksPath || true)" ]; then
  echo "setup: git's core.hooksPath is set, so the commit hook is left to you: make check" >&2
  exit 0
fi
grep -qs pre-commit "$(git rev-parse --git-path hooks/pre-commit)" ||
  .venv/bin/pre-commit install

#!/usr/bin/env bash
# Make .venv, or bring it up to date: the locked packages by their hashes, then this one, editable.
# pip does it, so that a mirror in the machine's pip settings serves here too.
set -euo pipefail
cd "$(dirname "$0")/.."

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if ! is_new_enough .venv/bin/python; then
  for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    is_new_enough "$python" && break
    python=
  done
  if [ -z "$python" ]; then
    echo "setup: no Python 3.11 or later; install one, or name it: make setup PYTHON=..." >&2
    exit 1
  fi
  if ! "$python" -m venv --clear .venv; then
    echo "setup: $python cannot make a virtual environment; install its venv package" \
      "(python3-venv on Debian and Ubuntu)." >&2
    exit 1
  fi
fi

pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet install)
"${pip[@]}" --require-hashes --requirement requirements/dev.lock
"${pip[@]}" --no-deps --no-build-isolation --editable .

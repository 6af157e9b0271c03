#!/bin/sh
# Finds a Python that can make .venv, or the one in .venv, and lets virtualenv.py do the rest.
# PYTHON names one to use. The arguments are the extras to install, such as `test`.
set -eu
cd "$(dirname "$0")/../.."

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
if [ "$(cat .venv/where 2>/dev/null || pwd -P)" = "$(pwd -P)" ] && .venv/bin/python -c "$new_enough" 2>/dev/null; then
  exec .venv/bin/python -m server.setup.virtualenv "$@"
fi

incomplete=
for name in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
  "$name" -c "$new_enough" 2>/dev/null || continue
  if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
    exec "$name" -m server.setup.virtualenv "$@"
  fi
  incomplete=$("$name" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
done

if [ -n "$incomplete" ]; then
  echo "atelier: $incomplete cannot make virtual environments; install that: sudo apt-get install $incomplete-venv" >&2
elif command -v apt-get >/dev/null; then
  echo "atelier: Python 3.11 or newer is missing; install it: sudo apt-get install python3 python3-venv" >&2
elif command -v dnf >/dev/null; then
  echo "atelier: Python 3.11 or newer is missing; install it: sudo dnf install python3.12" >&2
elif command -v brew >/dev/null; then
  echo "atelier: Python 3.11 or newer is missing; install it: brew install python@3.13" >&2
else
  echo "atelier: Python 3.11 or newer is missing; install it from https://www.python.org/downloads/" >&2
fi
exit 1

#!/bin/sh
# Installs the locked packages of both languages, once per content of the lock files. --dev adds what tests and checks need.
set -eu
cd "$(dirname "$0")/../.."

node=node_modules/.bin/node
python=.venv/bin/python
node_stamp=node_modules/.hum-installed
python_stamp=.venv/.hum-installed

# A virtual environment that was once made for tests stays one, so that `make start` takes nothing away from a developer.
lock=sidecar/requirements.lock
if [ "${1:-}" = --dev ] || grep -qs requirements-dev "$python_stamp"; then lock=sidecar/requirements-dev.lock; fi

# The machine is part of the key: a checkout may be seen from the host and from a container.
key() { echo "$(uname -sm) $* $(cat "$@" | cksum)"; }
node_key=$(key package-lock.json .npmrc)
python_key=$(key sidecar/requirements-uv.lock "$lock")

describe='import sys; print(sys.base_prefix, sys.version_info[:2])'
same_python() { [ -z "${PYTHON:-}" ] || [ "$("$PYTHON" -c "$describe" 2>&1)" = "$("$python" -c "$describe" 2>&1)" ]; }
runs() { "$@" >/dev/null 2>&1; }

node_ready() { [ "$(cat "$node_stamp" 2>/dev/null)" = "$node_key" ] && runs "$node" --version; }
venv_ready() { runs "$python" -c '' && same_python; }
python_ready() { [ "$(cat "$python_stamp" 2>/dev/null)" = "$python_key" ] && venv_ready; }

if node_ready && python_ready; then exit 0; fi
chosen=$(sh control/setup/preflight.sh)

say() { printf '%s' "$*" >&2; }
since=0
begin() {
  since=$(date +%s)
  say "$1 ... "
}
end() { echo "done in $(($(date +%s) - since)) s" >&2; }

if ! node_ready; then
  rm -f "$node_stamp"
  begin "Installing Node packages (600 MB on disk, about a minute)"
  # Options are spelled out so that a user's own npm settings (omit=dev, engine-strict) change nothing.
  npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund --no-engine-strict --loglevel=error >/dev/null
  # npm before version 11 removes the link to Node together with the Node of other platforms.
  [ -e "$node" ] || npm rebuild --ignore-scripts --loglevel=error >/dev/null
  if ! runs "$node" --version; then
    echo "failed: $node does not run. '$node --version' says:" >&2
    "$node" --version >&2 || true
    exit 1
  fi
  echo "$node_key" >"$node_stamp"
  end
fi

if ! python_ready; then
  begin "Installing Python packages (500 MB on disk, about half a minute)"
  # The stamp is there from when the virtual environment is whole: python is put into it before pip is.
  if ! { [ -e "$python_stamp" ] && venv_ready; }; then
    rm -f "$python_stamp"
    "$chosen" -m venv --clear .venv
  fi
  echo "packages are missing" >"$python_stamp"
  pip() { "$python" -m pip --quiet --disable-pip-version-check install --no-deps --only-binary=:all: --require-hashes -r "$1"; }
  pip sidecar/requirements-uv.lock
  # uv is much faster, but knows nothing of an index or a proxy that is set up for pip only.
  UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip sync --quiet --no-config --python "$python" \
    --only-binary :all: --require-hashes "$lock" 2>.venv/uv.log || {
    say "uv could not (see .venv/uv.log), trying pip ... "
    pip "$lock"
  }
  echo "$python_key" >"$python_stamp"
  end
fi

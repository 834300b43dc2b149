#!/bin/sh
# Names every prerequisite that is missing and how to get it; prints the Python to use. PYTHON=... chooses another.
set -u

missing=0
lacks() { # what is wrong, then how to mend it
  [ "$missing" = 0 ] && echo "hum-helix cannot be installed yet:" >&2
  missing=$((missing + 1))
  printf '  - %s\n      %s\n' "$1" "$2" >&2
}

system=$(uname -s)
machine=$(uname -m)
case "$system $machine" in
  "Linux x86_64" | "Linux aarch64" | "Darwin arm64") ;;
  *) lacks "$system on $machine is not supported: Node 26 and the speech engine have no packages for it." \
    "Use Linux on x86_64 or aarch64, or macOS on Apple silicon." ;;
esac

debian() { command -v apt-get >/dev/null 2>&1; }

if ! command -v node >/dev/null 2>&1; then
  lacks "node was not found on the PATH; Node.js 20 or newer is needed." \
    "Install it from nodejs.org, with nvm (nvm install 24), or with Homebrew (brew install node)."
else
  node_version=$(node --version 2>/dev/null)
  node_major=${node_version#v}
  node_major=${node_major%%.*}
  case "$node_major" in
    '' | *[!0-9]*) lacks "node does not run: 'node --version' printed '$node_version'." "Install Node.js 20 or newer again." ;;
    *) [ "$node_major" -ge 20 ] || lacks "node is $node_version; 20 or newer is needed." \
      "Install a newer one from nodejs.org, with nvm (nvm install 24), or with Homebrew (brew install node)." ;;
  esac
fi

if ! npm --version >/dev/null 2>&1; then
  lacks "npm was not found on the PATH, or does not run." \
    "It comes with Node.js from nodejs.org or nvm; Debian has it apart (apt-get install npm)."
fi

# One line of facts: version, whether a venv can be made, the C library, whether libatomic loads.
probe='
import ctypes, importlib, platform, sys
def loads(name):
    try:
        ctypes.CDLL(name)
    except OSError:
        return "no"
    return "yes"
def imports(*names):
    try:
        [importlib.import_module(name) for name in names]
    except ImportError:
        return "no"
    return "yes"
libc, libc_version = platform.libc_ver()
print(
    "%d.%d" % sys.version_info[:2],
    imports("venv", "ensurepip"),
    libc or "other",
    libc_version or "0",
    loads("libatomic.so.1"),
)
'
at_least() { # version, wanted minor; both of the form MAJOR.MINOR
  [ "${1%%.*}" -gt "${2%%.*}" ] || { [ "${1%%.*}" = "${2%%.*}" ] && [ "${1#*.}" -ge "${2#*.}" ]; }
}

python=''
facts=''
seen=''
# A version manager's shim may be on the PATH for a Python that is not there: only one that runs counts.
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
  facts=$("$candidate" -c "$probe" 2>/dev/null) || continue
  seen="$seen$candidate is ${facts%% *}; "
  if at_least "${facts%% *}" 3.11; then
    python=$candidate
    break
  fi
done

if [ -z "$python" ]; then
  if [ -n "${PYTHON:-}" ]; then
    if [ -n "$seen" ]; then fault="is too old (${seen%; })"; else fault="does not run"; fi
    lacks "PYTHON=$PYTHON $fault; Python 3.11 or newer is needed." \
      "Set PYTHON to the command or path of such a Python, or unset it."
  elif [ -n "$seen" ]; then
    lacks "Python is too old (${seen%; }); 3.11 or newer is needed." \
      "Install a newer one and name it: make start PYTHON=python3.12"
  else
    lacks "python3 was not found on the PATH; Python 3.11 or newer is needed." \
      "Install it: apt-get install python3 python3-venv, brew install python, or from python.org."
  fi
else
  # shellcheck disable=SC2086 # the facts are words
  set -- $facts
  if [ "$2" = no ]; then
    lacks "$python ($1) cannot make virtual environments: its venv or ensurepip module is missing." \
      "$(if debian; then echo "As root: apt-get install python$1-venv"; else echo "Install the venv package of your Python, or another Python with PYTHON=..."; fi)"
  fi
  if [ "$system" = Linux ]; then
    if [ "$3" != glibc ]; then
      lacks "The C library is not glibc; Node 26 and the speech engine are built for glibc 2.28 or newer." \
        "Use a distribution with glibc (Debian, Ubuntu, Fedora), or the container (compose.yaml)."
    elif ! at_least "$4" 2.28; then
      lacks "glibc is $4; 2.28 or newer is needed." "Use a newer distribution (Debian 10, Ubuntu 20.04, RHEL 8 and later)."
    fi
    if [ "$5" = no ]; then
      lacks "libatomic.so.1 was not found; Node 26 needs it." \
        "$(if debian; then echo "As root: apt-get install libatomic1"; else echo "Install libatomic (dnf install libatomic, pacman -S gcc-libs)."; fi)"
    fi
  fi
fi

[ "$missing" = 0 ] || exit 1
echo "$python"

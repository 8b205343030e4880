#!/usr/bin/env bash
# Brings a bare machine to where `anban` runs: system packages, .venv with the locked versions, the ROS 2 interface
# packages, Anban itself, the speech model. Each step leaves a stamp, so that a second run has nothing to do.
# `./setup.sh bench` brings also what only the benchmarks need.
# PYTHON=... names the Python to use (3.10 to 3.12); otherwise the first suitable one is taken.
set -euo pipefail
cd "$(dirname "$0")"
unset PYTHONPATH PYTHONHOME AMENT_PREFIX_PATH LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE  # of another environment
stamps=.venv/stamps
quiet=$([ -t 2 ] || echo --quiet)  # a person at a terminal sees the downloads go on

say()  { printf '%s\n' "$*"; }
fail() { printf '\nset-up stopped: %s\n' "$*" >&2; exit 1; }

# One line that changes with the content of the files, of all files below the folders, and with the text on stdin.
fingerprint() { { cat; find "$@" -type f -not -name '*.pyc' -print0 | sort -z | xargs -0 cat; } | sha256sum; }

# --- 1. system packages -------------------------------------------------------------------------------------------
PATH="$PATH:/usr/sbin:/sbin"  # where Debian keeps mosquitto and ldconfig, out of a user's sight
has_command() { command -v "$1" >/dev/null; }
has_library() { ldconfig -p | grep -qF "$1"; }
has_cjk_font() {
  compgen -G '/usr/share/fonts/*/*/*CJK*' >/dev/null || { has_command fc-list && [ -n "$(fc-list :lang=zh)" ]; }
}
# Ubuntu's chromium-browser is a stub for a snap that may not be there: only one that answers counts.
has_browser() {
  local browser
  for browser in chromium google-chrome google-chrome-stable chromium-browser; do
    has_command "$browser" && "$browser" --version >/dev/null 2>&1 && return
  done
  compgen -G "${HOME:-/root}/.cache/ms-playwright/chromium*" >/dev/null
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.12 python3.11 python3.10; do
    "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null \
      && command -v "$candidate" && return
  done
  return 1
}

missing_packages() {
  local python header='import os, sysconfig; os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))'
  python=$(find_python) || python=python3
  "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  "$python" -c "$header" 2>/dev/null || echo python3-dev
  has_command g++              || echo g++
  has_library libOSMesa.so     || echo libosmesa6       # renders the simulated world without a display
  has_library libEGL.so.1      || echo libegl1          # these four: for the pose model
  has_library libGLESv2.so.2   || echo libgles2
  has_library libGL.so.1       || echo libgl1
  has_library libglib-2.0.so.0 || echo libglib2.0-0
  has_command espeak-ng        || echo espeak-ng        # the voice
  has_command aplay            || echo alsa-utils
  has_command mosquitto        || echo mosquitto        # the broker of the room sensors
  has_cjk_font                 || echo fonts-noto-cjk   # Chinese and Japanese in pictures of the page
  has_browser                  || echo chromium         # shows the caregivers' page
}

step_system() {
  local missing sudo="" known=() unknown=() package
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -eq 0 ] && return
  say "      missing: ${missing[*]}"
  has_command apt-get || fail "please install with your package manager what Debian calls: ${missing[*]}"
  [ "$(id -u)" -ne 0 ] || apt-get update -qq
  for package in "${missing[@]}"; do
    if apt-cache show "$package" >/dev/null 2>&1; then known+=("$package"); else unknown+=("$package"); fi
  done
  [ ${#unknown[@]} -eq 0 ] \
    || say "      not in this system's package lists: ${unknown[*]} (anban doctor says what that means)"
  [ ${#known[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    has_command sudo && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }; } \
      || fail "system packages are missing and this user may not install them. Run once as root:
  apt-get update && apt-get install -y --no-install-recommends ${known[*]}"
    sudo=sudo
    sudo apt-get update -qq
  fi
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${known[@]}" >/dev/null
}

# --- 2. Python packages -------------------------------------------------------------------------------------------
# uv does not read pip's configuration: a mirror set there must be handed over
use_mirror() {
  local index
  index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}
  [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
}

step_python() {
  local python uv
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] \
    || fail "the ROS 2 wheels are for Linux on x86-64; elsewhere build with colcon in a ROS 2 Jazzy workspace"
  python=$(find_python) \
    || fail "no Python 3.10, 3.11 or 3.12 was found; install one and run again with PYTHON=/path/to/python3.x"
  if [ ! -x .venv/bin/python ]; then
    say "      $("$python" --version), $python"
    "$python" -m venv .venv
  fi
  uv=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements.lock)
  .venv/bin/python -m pip install -q --disable-pip-version-check "uv==$uv"
  use_mirror
  VIRTUAL_ENV=.venv .venv/bin/uv pip install $quiet --no-deps -r requirements.lock
}

# --- 3. ROS 2 interface packages (compiled: the longest step) -----------------------------------------------------
step_interfaces() {
  PATH="$PWD/.venv/bin:$PATH" VIRTUAL_ENV=.venv \
    .venv/bin/uv pip install $quiet --no-deps --no-build-isolation --reinstall ./interfaces/wheel
}

# --- 4. Anban itself, from this tree ------------------------------------------------------------------------------
step_package() {
  VIRTUAL_ENV=.venv .venv/bin/uv pip install -q --no-deps --no-build-isolation --editable .
}

# --- 5. the speech model, and a browser where the system has none -------------------------------------------------
step_models() {
  .venv/bin/anban models fetch whisper-base | sed 's/^/      /'
  has_browser || .venv/bin/playwright install chromium >/dev/null 2>&1 \
    || say "      no browser could be had; anban demo works without, and prints the page's address"
}

# run NUMBER NAME FINGERPRINT TEXT: do the step unless it was done with this fingerprint
run() {
  local number=$1 name=$2 wanted=$3 text=$4 begin=$SECONDS
  [ "$(cat "$stamps/$name" 2>/dev/null)" = "$wanted" ] && return
  say "[$number/5] $text"
  "step_$name"
  mkdir -p "$stamps"
  printf '%s' "$wanted" >"$stamps/$name"
  say "      $((SECONDS - begin)) s"
  worked=yes
}

worked=""
run 1 system "$(fingerprint setup.sh </dev/null)" "system packages"
run 2 python "$(fingerprint requirements.lock </dev/null)" "Python packages (about 2 GB)"
run 3 interfaces "$(grep '^ros-' requirements.lock | fingerprint interfaces)" \
  "ROS 2 interface packages (compiled, a few minutes)"
run 4 package "$(fingerprint pyproject.toml </dev/null)" "Anban"
run 5 models "$(fingerprint dialogue/models.py dialogue/whisper_base_adapter.npz </dev/null)" "speech model"
if [ "${1:-}" = bench ] && ! compgen -G '.venv/lib/python3.*/site-packages/pybullet-*' >/dev/null; then
  say "pybullet, which bench/worlds.py is compared with (for Python 3.12 it is compiled: many minutes)"
  use_mirror
  VIRTUAL_ENV=.venv .venv/bin/uv pip install $quiet --no-deps --no-build-isolation --group bench \
    || say "it could not be had; bench/worlds.py measures without it, and says so"
fi
[ -z "$worked" ] || say "ready after $SECONDS s"

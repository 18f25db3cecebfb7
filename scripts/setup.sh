#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Make .venv with StyleTalk in it: `scripts/setup.sh EXTRAS`, EXTRAS such as blender or blender,dev.
# On Debian and Ubuntu it also installs the system libraries that bpy opens; other systems have them.
set -eu

cd "$(dirname "$0")/.."
extras=$1
environment=.venv

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo "$@"; else return 1; fi
}

# install_packages NAME...: those that are missing, if we may; else say which, and go on.
install_packages() {
    command -v apt-get >/dev/null || return 0
    missing=""
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing$missing"
    # shellcheck disable=SC2086
    { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >&2 ||
        say "could not install$missing; if a later step misses them, run: sudo apt-get install$missing"
}

# The newest Python that bpy has a wheel for, 3.11 first; any 3.10 or newer does without bpy, with an installed Blender.
find_python() {
    for name in python3.11 python3.13 python3 python3.12 python3.10; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

has_bpy_wheel() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 13)))'; }

find_python >/dev/null || install_packages python3
python=$(find_python) || { say "no Python 3.10 or newer found. Install one, 3.11 at best, and try again."; exit 1; }
"$python" -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv

case ",$extras," in *,blender,*)
    install_packages libx11-6 libxxf86vm1 libxfixes3 libxi6 libxrender1 libxt6 libxkbcommon0 libsm6 libice6 \
        libgl1 libegl1 libopengl0 libgl1-mesa-dri
    has_bpy_wheel "$python" || say "$("$python" --version) has no bpy package; an installed Blender is used instead." ;;
esac
case ",$extras," in *,dev,*)
    install_packages blender python3-numpy flite xvfb xdotool imagemagick libgl1 libegl1 libgl1-mesa-dri ;;
esac

if ! "$environment/bin/python" -c 'import pip' 2>/dev/null; then
    say "making $environment with $("$python" --version)"
    rm -rf "$environment"
    "$python" -m venv "$environment"
fi
say "installing StyleTalk${extras:+ with $extras} (the first time takes a few minutes)"
quiet=--quiet
[ ! -t 1 ] || quiet="" # on a terminal, pip shows its own progress bars

pip() { "$environment/bin/python" -m pip --disable-pip-version-check "$@"; }

# install_checked FILE...: requirements/FILE.txt, nothing whose hash is not there. What comes as sources is built with
# the setuptools of the environment, for pip would fetch another one unchecked.
install_checked() {
    # shellcheck disable=SC2046,SC2086
    pip install $quiet --require-hashes --no-deps --no-build-isolation $(printf -- '-r requirements/%s.txt ' "$@")
}

install_checked build
case ",$extras," in *,torch,*|*,render,*|*,train,*|*,research,*|*,dev,*)
    # without CUDA, where pip finds that build: PyPI's for Linux brings several gigabytes of it
    cpu_torch=$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements/torch-cpu.txt)
    if pip install --quiet --dry-run --no-deps "$cpu_torch" >/dev/null 2>&1; then install_checked torch-cpu; fi ;;
esac
# shellcheck disable=SC2046
install_checked base $(printf '%s' "$extras" | tr , ' ')
if pip check | grep -q '^torch .* requires'; then install_checked torch-cuda; fi
# shellcheck disable=SC2086
pip install $quiet --no-deps --no-build-isolation -e .
pip check >&2

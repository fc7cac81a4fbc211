#!/usr/bin/env bash
# Makes .venv from requirements.lock: every package at the locked version, checked by
# its hash, and the project itself editable. Does nothing where all of it stands already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
case "$(uname -s)" in
    MINGW* | MSYS* | CYGWIN*) bin=$venv/Scripts ;;
    *) bin=$venv/bin ;;
esac
needed="import sys; raise SystemExit(sys.version_info < (3, 11))"

fail() {
    {
        printf 'twotime: %s\n' "$1"
        shift
        [ $# = 0 ] || printf '         %s\n' "$@"
    } >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c "$needed" >/dev/null 2>&1; then
            printf '%s' "$candidate"
            return
        fi
        [ "$candidate" != "${PYTHON:-}" ] ||
            fail "PYTHON=$PYTHON is not a Python 3.11 or newer that can be run."
    done
    fail "no Python 3.11 or newer was found." \
        "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; Fedora: dnf" \
        "install python3; macOS: brew install python@3.12; Windows: python.org), or name" \
        "it: make PYTHON=/path/to/python3 env"
}

# Debian and Ubuntu keep ensurepip in a package of its own.
require_ensurepip() {
    "$1" -c "import ensurepip, venv" >/dev/null 2>&1 && return
    local version package
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    package="python$version-venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        printf 'twotime: installing %s\n' "$package"
        apt-get update -qq </dev/null || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            "$package" </dev/null || true
    fi
    "$1" -c "import ensurepip, venv" >/dev/null 2>&1 ||
        fail "$1 cannot make environments: its ensurepip module is missing." \
            "Install it (Debian, Ubuntu: sudo apt-get install $package) and try again."
}

if ! "$bin/python" -c "$needed" >/dev/null 2>&1; then
    python=$(find_python)
    require_ensurepip "$python"
    printf 'twotime: making %s with %s\n' "$venv" "$("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi

pip() {
    "$bin/python" -m pip --disable-pip-version-check --no-input "$@"
}

dependencies=$venv/.stamp-dependencies
if ! cmp -s requirements.lock "$dependencies"; then
    printf 'twotime: installing the packages of requirements.lock (1.3 GB on disk)\n'
    rm -f "$dependencies"
    pip install --quiet --require-hashes --only-binary :all: -r requirements.lock ||
        fail "the packages could not be installed; the lines above say which one." \
            "jaxlib has wheels for Linux (x86-64, aarch64), Windows (x86-64) and macOS" \
            "(Apple silicon) only."
    cp requirements.lock "$dependencies"
fi

project=$venv/.stamp-project
if ! cmp -s pyproject.toml "$project"; then
    rm -f "$project"
    pip install --quiet --no-deps --no-build-isolation --editable .
    cp pyproject.toml "$project"
fi
touch "$dependencies" "$project"

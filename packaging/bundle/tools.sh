#!/usr/bin/env bash
# Sees to the programs that freezing and trying out the bundle take on Linux:
# packaging/bundle/tools.sh PROGRAM…. What is missing is installed where that is possible
# (root with apt-get) and named otherwise; then the exit status is 1.
set -euo pipefail

[ "$(uname -s)" = Linux ] || exit 0

# program   Debian, Ubuntu   Fedora, RHEL
table="
objcopy     binutils         binutils
objdump     binutils         binutils
strip       binutils         binutils
Xvfb        xvfb             xorg-x11-server-Xvfb
"

# Prints the packages of what is missing; the first argument is the column of the table.
missing() {
    local column=$1 program debian fedora
    shift
    while read -r program debian fedora; do
        [[ " $* " == *" $program "* ]] || continue
        command -v "$program" >/dev/null && continue
        if [ "$column" = debian ]; then echo "$debian"; else echo "$fedora"; fi
    done <<<"$table" | sort -u
}

packages=$(missing debian "$@")
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "twotime: installing for the bundle:" $packages
    apt-get update -qq </dev/null || true
    # shellcheck disable=SC2086  # one argument per package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        $packages </dev/null || true
    packages=$(missing debian "$@")
    [ -n "$packages" ] || exit 0
fi

{
    echo "twotime: programs for the bundle are missing. Install them with"
    if command -v apt-get >/dev/null; then
        echo "    sudo apt-get install" $packages
    elif command -v dnf >/dev/null; then
        echo "    sudo dnf install" $(missing fedora "$@")
    else
        echo "    the package manager of this system; Debian calls them:" $packages
    fi
} >&2
exit 1

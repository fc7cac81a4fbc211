#!/usr/bin/env bash
# Installs the Debian package, tries it as a user would, removes it, and looks at what is
# left: packaging/linux/test_deb.sh [dist/twotime_*.deb]. As root, on a machine where it
# matters little; needs no Python. `test_deb_clean.sh` runs it on a bare Debian. Exits with
# 77 where the tools it needs cannot be installed.
set -euo pipefail

[ "$(id -u)" = 0 ] || { echo "test_deb: only root can install a package" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
package=${1:-$(compgen -G "$here/dist/twotime_*.deb" | sort -V | tail -n 1)}
package=$(realpath "$package")
tools="xvfb jq desktop-file-utils shared-mime-info hicolor-icon-theme fonts-dejavu-core"
user=twotime-test
homes=/home
home="$homes/Zoë Müller β"
folder="/srv/Meßdaten, nur lesen"
sample=/usr/lib/twotime/lib/resources/sample
mime=application/x-twotime-session
failures=0

say() { printf '\n== %s\n' "$*"; }

# check SENTENCE COMMAND…: runs the command and prints whether the sentence holds.
check() {
    local sentence=$1 started=$EPOCHREALTIME status=0
    shift
    "$@" || status=$?
    local seconds
    seconds=$(awk "BEGIN { printf \"%.1f\", ${EPOCHREALTIME/,/.} - ${started/,/.} }")
    if [ "$status" = 0 ]; then
        printf 'ok      %s (%s s)\n' "$sentence" "$seconds"
    else
        printf 'FAILED  %s (exit status %s)\n' "$sentence" "$status"
        failures=$((failures + 1))
    fi
}

install_tools() {
    apt-get update -qq || true
    # shellcheck disable=SC2086  # one argument per package
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $tools \
        >/dev/null
}

install_package() {
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        "$package" >/dev/null
}

remove_package() { DEBIAN_FRONTEND=noninteractive apt-get purge -qq -y twotime >/dev/null; }

remove_user() {
    if id "$user" >/dev/null 2>&1; then userdel --remove "$user" 2>/dev/null; fi
    ! id "$user" >/dev/null 2>&1 && [ ! -e "$home" ]
}

# What a check runs is not stopped by a failure, hence the &&.
make_user() {
    rm -rf "$folder"
    useradd --create-home --home-dir "$home" --shell /bin/bash "$user" &&
        install -d -m 755 "$folder" &&
        install -m 444 "$sample"/couette.* "$folder" &&
        chmod 555 "$folder"
}

# Nothing but the loopback interface, and that one is down.
offline=(unshare --net)
"${offline[@]}" true 2>/dev/null || {
    offline=()
    echo "test_deb: no network namespace may be made here; the network stays reachable"
}

as_user() {
    (cd "$home" && "${offline[@]}" runuser -u "$user" -- env -i HOME="$home" \
        PATH=/usr/bin:/bin LANG=C.UTF-8 DISPLAY="${DISPLAY:-}" "$@")
}

can_only_read() {
    as_user test -r "$folder/couette.h5" && ! as_user touch "$folder/test" 2>/dev/null
}

# Truth of the sample run as JSON; it stands in the run file and is not read by a fit.
truth() {
    tr '\n' ' ' <"$folder/couette.yaml" |
        sed -E 's/.*truth: (\{[^}]*\}).*/\1/; s/([A-Za-z_0-9]+):/"\1":/g'
}

# finds_truth FILE: every parameter in a JSON file lies within 4 of its standard errors.
finds_truth() {
    jq -e -r --argjson truth "$(truth)" '
        .parameters as $found | [$truth | to_entries[] | .value as $t | $found[.key]
            | if .stderr == null then infinite else (.value - $t | fabs) / .stderr end]
        | "        \(length) parameters, the worst \(max * 100 | round / 100) standard errors off",
          (length == 7 and max < 4)' "$1" | awk '!/^true$/'
    return "${PIPESTATUS[0]}"
}

says_version() {
    [ "$(as_user twotime --version)" = "twotime $(dpkg-query -Wf '${Version}' twotime)" ]
}

passes_selftest() { as_user twotime selftest | sed 's/^/        /'; }

fits_headless() {
    as_user twotime fit "$folder/couette.yaml" --quiet --out "$home/Ergebnis 1" >/dev/null &&
        [ -s "$home/Ergebnis 1/fit.h5" ] && finds_truth "$home/Ergebnis 1/result.json"
}

# window NUMBER: the window opens the sample, fits it, reports and quits by itself.
window() {
    as_user env TWOTIME_AUTOMATE="$home/report $1.json" \
        timeout 180 twotime-window "$folder/couette.yaml"
}

fits_in_two_windows() {
    local first second status=0
    window 1 & first=$!
    window 2 & second=$!
    wait "$first" || status=$?
    wait "$second" || status=$?
    local report
    for report in "$home"/report\ {1,2}.json; do
        jq -r '"        visible after \(.visible_s) s, fitted after \(.fitted_s) s: \(.state)"
            + (if .error then ", \(.error)" else "" end)' "$report" || status=1
        finds_truth "$report" || status=1
    done
    [ "$status" = 0 ] || tail -n 40 "$home"/.local/state/twotime/twotime/window.log*
    return "$status"
}

is_registered() {
    grep -qx "$mime:\*.twotime" /usr/share/mime/globs &&
        grep -q "^$mime=.*twotime.desktop" /usr/share/applications/mimeinfo.cache &&
        desktop-file-validate /usr/share/applications/twotime.desktop
}

is_intact() { [ -z "$(dpkg --verify twotime)" ]; }

# Paths of the package that are there, files and folders.
there() {
    dpkg-deb --fsys-tarfile "$package" | tar -t | sed 's,^\.,,; s,/$,,' |
        while IFS= read -r path; do
            if [ -n "$path" ] && { [ -e "$path" ] || [ -L "$path" ]; }; then
                printf '%s\n' "$path"
            fi
        done
}

nothing_is_left() {
    local left
    left=$(comm -13 "$before" <(there | sort)
        find /usr /etc /opt /var/lib -xdev -iname '*twotime*' 2>/dev/null
        grep -ls twotime /usr/share/mime/globs /usr/share/applications/mimeinfo.cache || true)
    [ -z "$left" ] || { head -n 20 <<<"$left"; return 1; }
}

clean_up() {
    [ -z "${screen:-}" ] || kill "$screen" 2>/dev/null || true
    remove_package 2>/dev/null || true
    remove_user || true
    rm -rf "$folder" "${before:-}"
}

# shellcheck disable=SC1091  # a file of the system
say "$(basename "$package") on $(. /etc/os-release && echo "$PRETTY_NAME")"
install_tools || { echo "test_deb: not tried, for want of: $tools" >&2; exit 77; }
before=$(mktemp)
trap clean_up EXIT
there | sort >"$before"

say "install"
check "the package installs" install_package
check "files are as they were packed" is_intact
check "menu entry and file type are known" is_registered

say "use, as $user in $home"
check "a user with such a home can be made" make_user
check "the data folder can only be read" can_only_read
check "the version is that of the package" says_version
check "the self-test passes" passes_selftest
check "a fit on the command line finds the truth" fits_headless
# Without -noreset the server starts anew when its last client goes, and refuses windows
# meanwhile.
exec {number}< <(exec Xvfb -displayfd 1 -screen 0 1600x1000x24 -nolisten tcp -noreset \
    2>/dev/null)
screen=$!
read -r -t 30 display <&"$number"
export DISPLAY=":$display"
check "two windows at once find it too" fits_in_two_windows

say "remove"
check "the package is removed" remove_package
check "nothing is left of it" nothing_is_left
check "the user is removed" remove_user
echo
[ "$failures" = 0 ] || { echo "test_deb: $failures checks failed"; exit 1; }
echo "test_deb: all checks passed"

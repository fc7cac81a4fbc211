#!/usr/bin/env bash
# Runs test_deb.sh on a bare Debian that has neither Python nor a desktop, in a folder of
# its own: packaging/linux/test_deb_clean.sh [dist/twotime_*.deb]. As root; SUITE names
# another release than bookworm.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
package=${1:-$(compgen -G "$here/../../dist/twotime_*.deb" | sort -V | tail -n 1)}
[ "$(id -u)" = 0 ] || { echo "test_deb_clean: only root can do this" >&2; exit 2; }
if ! command -v debootstrap >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        debootstrap >/dev/null
fi

root=$(mktemp -d)
chmod 755 "$root"
trap 'rm -rf --one-file-system "$root"' EXIT
debootstrap --variant=minbase "${SUITE:-bookworm}" "$root" >/dev/null
mkdir "$root/try"
cp "$package" "$root/try/"
cp "$here/test_deb.sh" "$root/try/"
# Where packages come from stays as this machine has it.
cp /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -d /etc/apt/apt.conf.d ] || cp -rn /etc/apt/apt.conf.d "$root/etc/apt/"
for python in "$root"/usr/bin/python3*; do
    [ ! -e "$python" ] || { echo "test_deb_clean: this Debian has Python" >&2; exit 1; }
done

# The mounts vanish with the namespace.
# shellcheck disable=SC2016  # expanded inside
unshare --mount --pid --fork bash -c '
    set -e
    mount -t proc proc "$1/proc"
    mount --rbind /sys "$1/sys"
    mount --rbind /dev "$1/dev"
    mount -t tmpfs tmpfs "$1/tmp"
    exec chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 bash /try/test_deb.sh "/try/$2"
' _ "$root" "$(basename "$package")"

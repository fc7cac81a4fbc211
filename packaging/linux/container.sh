#!/usr/bin/env bash
# Makes a bare AlmaLinux 9 (or another RHEL 9) ready to build the bundle. Built there, it
# runs wherever glibc is 2.34 or newer, which is what Qt asks for.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

dnf install -y -q dnf-plugins-core epel-release
dnf config-manager --set-enabled crb
# binutils has the strip that makes XLA smaller; Xvfb is for the smoke test.
dnf install -y -q python3.11 python3.11-pip make git binutils squashfs-tools \
    xorg-x11-server-Xvfb dejavu-sans-fonts util-linux diffutils findutils
# The checkout belongs to another user than the steps run as, and the time put into
# archives is that of its commit.
git config --global --add safe.directory "$(cd "$here/../.." && pwd)"
# The libraries of Qt, as the table names them for Fedora and RHEL.
mapfile -t packages < <(
    awk '/^lib.*\.so\./ && NF == 3 { print $3 }' "$here/../system_libs.sh" | sort -u
)
dnf install -y -q "${packages[@]}"

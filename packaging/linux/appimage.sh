#!/usr/bin/env bash
# Makes dist/twotime-<version>-linux-x86_64.AppImage from dist/twotime: a file that runs as
# it is. An AppImage is a runtime with a compressed file system behind it, so mksquashfs
# (package squashfs-tools) and the runtime of appimage.env are all it takes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bundle=${BUNDLE:-dist/twotime}
out=${OUT:-dist}
python=.venv/bin/python
fail() { echo "appimage: $1" >&2; exit 2; }

[ "$(uname -m)" = x86_64 ] || fail "the pinned runtime is for x86-64 alone"
[ -x "$bundle/twotime" ] || fail "no frozen program in $bundle; run \`make bundle\` first"
command -v mksquashfs >/dev/null || fail "mksquashfs is missing; install squashfs-tools"
# shellcheck source=packaging/linux/appimage.env
. packaging/linux/appimage.env
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' engine/__init__.py)
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
unset SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

runtime=${TWOTIME_APPIMAGE_RUNTIME:-$work/runtime}
if [ ! -f "$runtime" ]; then
    curl --fail --silent --show-error --location --max-time 120 -o "$runtime" "$RUNTIME_URL" ||
        fail "$RUNTIME_URL cannot be fetched; name a copy in TWOTIME_APPIMAGE_RUNTIME"
fi
echo "$RUNTIME_SHA256  $runtime" | sha256sum --check --quiet ||
    fail "$runtime is not the runtime that appimage.env names"

folder=$work/AppDir
mkdir -p "$folder/usr/lib"
cp -a "$bundle" "$folder/usr/lib/twotime"
"$python" packaging/linux/desktop.py "$folder"
# The console program: it runs commands, and opens the window when none is given.
ln -s usr/lib/twotime/twotime "$folder/AppRun"
ln -s usr/share/applications/twotime.desktop "$folder/twotime.desktop"
ln -s usr/share/icons/hicolor/256x256/apps/twotime.png "$folder/twotime.png"
ln -s twotime.png "$folder/.DirIcon"
mkdir "$folder/usr/bin"
ln -s ../lib/twotime/twotime ../lib/twotime/twotime-window "$folder/usr/bin/"

image=$out/twotime-$version-linux-x86_64.AppImage
mksquashfs "$folder" "$work/image" -quiet -no-progress -root-owned -noappend \
    -comp zstd -Xcompression-level "${LEVEL:-19}" -mkfs-time "$epoch" -all-time "$epoch"
cat "$runtime" "$work/image" >"$image"
chmod 755 "$image"
du -h "$image"

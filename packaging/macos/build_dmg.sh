#!/usr/bin/env bash
# Packs dist/Twotime.app into dist/twotime-<version>-macos-arm64.dmg, beside a link to
# the folder of applications. Needs nothing that macOS does not bring.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

app=dist/Twotime.app
[ "$(uname -s)" = Darwin ] || { echo "build_dmg: only macOS makes disk images" >&2; exit 2; }
[ -d "$app" ] || { echo "build_dmg: no $app; run \`make bundle\` first" >&2; exit 2; }

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' engine/__init__.py)
image=dist/twotime-$version-macos-$(uname -m).dmg
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
# ditto keeps links, flags and signatures.
ditto "$app" "$staged/Twotime.app"
ln -s /Applications "$staged/Applications"
cp LICENSE "$staged/Licence.txt"

rm -f "$image"
hdiutil create -quiet -fs HFS+ -format ULMO -volname "Twotime $version" \
    -srcfolder "$staged" "$image"
hdiutil verify -quiet "$image"
du -h "$image"

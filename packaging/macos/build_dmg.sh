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
# Now and then the system still looks at the new volume and hdiutil finds it busy.
for attempt in 1 2 3 4; do
    hdiutil create -quiet -ov -fs HFS+ -format ULMO -volname "Twotime $version" \
        -srcfolder "$staged" "$image" && break
    [ "$attempt" != 4 ] || { echo "build_dmg: no image could be made" >&2; exit 1; }
    sleep 10
done
hdiutil verify -quiet "$image"
du -h "$image"

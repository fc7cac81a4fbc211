#!/usr/bin/env bash
# Opens the window with the bundled sample run; without a display, fits it headless.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

twotime() {
    local python=.venv/bin/python
    [ -x "$python" ] || python=.venv/Scripts/python
    "$python" -m app "$@"
}

has_display() {
    case "${QT_QPA_PLATFORM:-}" in offscreen | minimal) return 1 ;; esac
    [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]
}

sample=resources/sample/couette.yaml
if has_display; then
    twotime "$sample"
    exit
fi

out=build/sample_result
echo "There is no display, so the sample run is fitted without the window."
twotime fit "$sample" --out "$out" --overwrite
echo
echo "result   $out/result.json, parameters.csv, fit.h5"
echo "picture  $out/fit.png"

#!/usr/bin/env bash
# Opens the window with the bundled sample run; where none can be opened, fits it headless.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=.venv/bin/python
[ -x "$python" ] || python=.venv/Scripts/python

why_no_window() {
    case "${QT_QPA_PLATFORM:-}" in
        offscreen | minimal) echo "QT_QPA_PLATFORM=$QT_QPA_PLATFORM shows no window" ;;
        *) "$python" -c "from app.display import why_no_window; print(why_no_window())" ;;
    esac
}

sample=$("$python" -c "from engine.sample import sample_run; print(sample_run())")
reason=$(why_no_window)
if [ -z "$reason" ]; then
    exec "$python" -m app "$sample"
fi

echo "twotime: $reason"
echo "The sample run is fitted without a window."
echo
out=build/sample_result
status=0
"$python" -m app fit "$sample" --out "$out" --overwrite || status=$?
[ ! -f "$out/fit.png" ] || echo "its picture: $out/fit.png"
exit "$status"

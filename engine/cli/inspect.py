"""``twotime inspect``: what a file is, on screen or as JSON."""

import argparse
from pathlib import Path
from typing import Any

from engine import api
from engine.config.paths import is_data_file
from engine.config.run_file import RunFile
from engine.report.record import to_json


def run(options: argparse.Namespace) -> int:
    """Describe a data file, or a run file and the data file it names.

    Raises
    ------
    InputError
        With the sentence for the user.
    """
    path = Path(options.file)
    run_file = None
    if path.is_file() and not is_data_file(path):
        run_file = api.open_run(path)
        path = run_file.request.file
    inspection = api.inspect(path)
    if options.json:
        about = {} if run_file is None else {"run_file": _fields(run_file)}
        print(to_json({**inspection.to_dict(), **about}, indent=2))
        return 0
    if run_file is not None:
        print(_text(run_file))
    print(inspection.to_text())
    return 0


def _fields(run_file: RunFile) -> dict[str, Any]:
    request, setup = run_file.request, run_file.setup
    return {
        "path": run_file.path,
        "origin": run_file.origin,
        "model": setup.model,
        "convention": setup.convention,
        "q": request.q,
        "dt": request.dt,
        "frames": (request.first_frame, request.last_frame),
        "scaling": setup.scaling,
        "start_given": setup.start_given,
        "notes": run_file.notes,
        "ignored": {key.path: key.reason for key in run_file.ignored},
    }


def _text(run_file: RunFile) -> str:
    request, setup = run_file.request, run_file.setup
    last = "end" if request.last_frame < 0 else request.last_frame
    rows = [("run file", f"{run_file.path} ({run_file.origin})")]
    rows.append(("model", f"{setup.model}, scaling {setup.scaling}"))
    if setup.spec.sheared:
        convention = setup.convention
        rows.append(("shear", f"convention {convention}: {convention.formula} in c2"))
    rows.append(("window", f"frames {request.first_frame} to {last}"))
    rows += [("note", note) for note in run_file.notes]
    rows += [("ignored", f"{key.path}: {key.reason}") for key in run_file.ignored]
    return "\n".join(f"{name:<8} {text}" for name, text in rows)

"""The result folder: complete or not there at all.

Everything is written into a hidden sibling and renamed at the end (`place`), so that a
reader never sees half a result, and a failure - a full disk, a read-only place - leaves
the disk as it was.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from engine.config.run_file import RunFile, dump_tree, resolved_tree
from engine.conventions import SHEAR_RATE_PARAMETERS
from engine.data.run import RunData
from engine.report.figure import write_figure
from engine.report.h5 import write_h5
from engine.report.maps import AngleMaps, angle_maps, fitted_times
from engine.report.panels import Panel, chosen_rows, panel
from engine.report.place import check_replaceable, put_in_place, reported, staging_of
from engine.report.record import write_json
from engine.result import FitResult
from engine.setup import DataRequest, Setup

_CSV_HEADER = (
    "name", "value", "stderr", "unit", "lower", "upper", "fixed", "convention",
    "state", "stderr_robust",
)  # fmt: skip


def default_folder(run: Path) -> Path:
    """Return where the result of a run goes unless told otherwise."""
    return run.with_name(f"{run.stem}_result")


def write_result_folder(
    folder: Path,
    *,
    data: RunData,
    run_file: RunFile,
    result: FitResult,
    log: str,
    overwrite: bool = False,
    on_moved: Callable[[Path], None] | None = None,
) -> Path:
    """Write the result of a fit and return its folder.

    Parameters
    ----------
    run_file
        What was fitted, with the request and the setup that were used.
    log
        Text of `log.txt`.
    overwrite
        Replace an existing result instead of keeping it under the next number; files
        in its folder that are not of a result stay there.
    on_moved
        Told where an existing result is now.

    Raises
    ------
    OutputError
        When it cannot be written, or the folder holds something other than a result;
        nothing is left behind then.
    """
    folder = folder.absolute()
    check_replaceable(folder, [data.path])
    with reported(folder), staging_of(folder) as staging:
        _write_files(staging, data, run_file, result)
        (staging / "log.txt").write_text(log, encoding="utf-8")
        earlier = put_in_place(staging, folder, overwrite=overwrite)
    if earlier is not None and on_moved is not None:
        on_moved(earlier)
    return folder


def used_request(run_file: RunFile, data: RunData) -> DataRequest:
    """Return the request with everything the data file answered made explicit."""
    return replace(
        run_file.request,
        q=data.q,
        dt=data.dt,
        first_frame=data.first_frame,
        last_frame=data.last_frame,
    )


def used_setup(setup: Setup, result: FitResult) -> Setup:
    """Return the setup with the start values the fit really started from."""
    starts = {
        p.name: p.start for p in result.parameters if setup.parameters[p.name].free
    }
    return replace(
        setup, parameters=setup.parameters.with_values(starts), start_given=True
    )


def write_parameters(path: Path, result: FitResult) -> None:
    """Write `parameters.csv`; a number that does not exist is an empty cell."""
    state = result.status.state.value
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_CSV_HEADER)
        for p in result.parameters:
            rate = p.name in SHEAR_RATE_PARAMETERS
            numbers = [_cell(x) for x in (p.value, p.stderr)]
            bounds = [_cell(x) for x in (p.lower, p.upper)]
            fixed = "true" if p.fixed else "false"
            convention = result.convention if rate else ""
            row = [p.name, *numbers, p.unit, *bounds, fixed, convention, state]
            writer.writerow([*row, _cell(p.stderr_robust)])


def _write_files(
    staging: Path, data: RunData, run_file: RunFile, result: FitResult
) -> None:
    setup = run_file.setup
    tree = resolved_tree(
        run_file,
        request=used_request(run_file, data),
        setup=used_setup(setup, result),
    )
    note = dump_tree(tree)
    write_json(staging / "result.json", result)
    (staging / "run.yaml").write_text(note, encoding="utf-8")
    write_parameters(staging / "parameters.csv", result)
    panels: list[Panel] = []
    maps = _drawn(angle_maps(data, setup, result), panels, len(result.angle_indices))
    write_h5(staging / "fit.h5", maps, data=data, result=result, note=note)
    times = fitted_times(data, result)
    write_figure(staging / "fit.png", panels, result=result, times=times)


def _drawn(
    maps: Iterable[AngleMaps], panels: list[Panel], n_angles: int
) -> Iterator[AngleMaps]:
    """Pass every angle on, keeping what is drawn of the chosen ones."""
    rows = chosen_rows(n_angles)
    for angle in maps:
        if angle.position in rows:
            panels.append(panel(angle))
        yield angle
        del angle


def _cell(value: float | None) -> str:
    return "" if value is None or value != value else repr(float(value))

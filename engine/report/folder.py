"""The result folder: complete or not there at all.

Everything is written into a hidden sibling and renamed at the end, so that a reader
never sees half a result, and a failure - a full disk, a read-only place - leaves the
disk as it was. A folder that is already there is kept under the next free number, or
replaced on request, and never lost before its successor is in place.
"""

import csv
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.config.run_file import RunFile, dump_tree, resolved_tree
from engine.conventions import SHEAR_RATE_PARAMETERS
from engine.data.run import RunData
from engine.errors import OutputError
from engine.report.figure import write_figure
from engine.report.h5 import write_h5
from engine.report.maps import AngleMaps, angle_maps, fitted_times
from engine.report.panels import Panel, chosen_rows, panel
from engine.report.record import write_json
from engine.result import FitResult
from engine.setup import DataRequest, Setup

RESULT_FILE = "result.json"
_CSV_HEADER = (
    "name", "value", "stderr", "unit", "lower", "upper", "fixed", "convention",
)  # fmt: skip


def default_folder(run: Path) -> Path:
    """Return where the result of a run goes unless told otherwise."""
    return run.with_name(f"{run.stem}_result")


def check_destination(
    folder: Path, *, inputs: Sequence[Path] = (), overwrite: bool = False
) -> None:
    """Make sure, before a long fit, that its result can be written.

    Parameters
    ----------
    inputs
        Files the run is read from; a folder that holds one is never moved or replaced.

    Raises
    ------
    OutputError
        With the sentence for the user.
    """
    folder = folder.absolute()
    _check_replaceable(folder, inputs, overwrite=overwrite)
    with _reported(folder), _staging(folder):
        pass


def write_result_folder(
    folder: Path,
    *,
    data: RunData,
    run_file: RunFile,
    result: FitResult,
    log: str,
    overwrite: bool = False,
) -> Path:
    """Write the result of a fit and return its folder.

    Parameters
    ----------
    run_file
        What was fitted, with the request and the setup that were used.
    log
        Text of `log.txt`.
    overwrite
        Replace an existing result instead of keeping it under the next number.

    Raises
    ------
    OutputError
        When it cannot be written; nothing is left behind then.
    """
    folder = folder.absolute()
    _check_replaceable(folder, [data.path], overwrite=overwrite)
    with _reported(folder), _staging(folder) as staging:
        _write_files(staging, folder, data, run_file, result)
        (staging / "log.txt").write_text(log, encoding="utf-8")
        _put_in_place(staging, folder, overwrite=overwrite)
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
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_CSV_HEADER)
        for p in result.parameters:
            rate = p.name in SHEAR_RATE_PARAMETERS
            numbers = [_cell(x) for x in (p.value, p.stderr)]
            bounds = [_cell(x) for x in (p.lower, p.upper)]
            fixed = "true" if p.fixed else "false"
            convention = result.convention if rate else ""
            writer.writerow([p.name, *numbers, p.unit, *bounds, fixed, convention])


def _write_files(
    staging: Path, folder: Path, data: RunData, run_file: RunFile, result: FitResult
) -> None:
    setup = run_file.setup
    tree = resolved_tree(
        run_file,
        request=used_request(run_file, data),
        setup=used_setup(setup, result),
    )
    note = dump_tree(tree)
    write_json(staging / RESULT_FILE, result)
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


@contextmanager
def _reported(folder: Path) -> Iterator[None]:
    """Turn what the system refuses into the sentence for the user."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise OutputError(
            f"cannot write the result folder {folder}: {reason}; name another place "
            "with --out"
        ) from error


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Provide a hidden sibling of `folder`, gone afterwards unless it was renamed."""
    made = _missing_parents(folder)
    staging = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def _missing_parents(folder: Path) -> list[Path]:
    """Return the parents that do not exist yet, innermost first."""
    return [parent for parent in folder.absolute().parents if not parent.exists()]


def _check_replaceable(
    folder: Path, inputs: Sequence[Path], *, overwrite: bool
) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(
            f"the result folder {folder} cannot be made: a file of that name exists; "
            "name another place with --out"
        )
    kept = [Path.cwd(), *inputs]
    if any(path.resolve().is_relative_to(folder.resolve()) for path in kept):
        raise OutputError(
            f"the result folder {folder} holds the input or is the present folder; "
            "name another place with --out"
        )
    if overwrite and any(folder.iterdir()) and not (folder / RESULT_FILE).exists():
        raise OutputError(
            f"the folder {folder} exists and holds no result of Twotime, so it is not "
            "overwritten; name another place with --out"
        )


def _put_in_place(staging: Path, folder: Path, *, overwrite: bool) -> None:
    """Rename the finished folder, moving an existing one out of the way first."""
    if not folder.exists():
        staging.rename(folder)
        return
    if overwrite or not any(folder.iterdir()):
        aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
    else:
        aside = _next_free(folder)
    folder.rename(aside)
    try:
        staging.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    if aside.name.startswith("."):
        shutil.rmtree(aside, ignore_errors=True)


def _next_free(folder: Path) -> Path:
    number = 1
    while folder.with_name(f"{folder.name}.{number}").exists():
        number += 1
    return folder.with_name(f"{folder.name}.{number}")

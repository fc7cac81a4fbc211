"""Which data a run file asks for."""

import os
from pathlib import Path

from engine.config.origin import Context
from engine.config.paths import ARRAY_SUFFIXES, find, read_angles, render
from engine.config.tree import Section
from engine.errors import RunFileError
from engine.setup import DataRequest

_IN_FILE = "the angles of an HDF5 file are read from it"


def data_request(root: Section, context: Context) -> DataRequest:
    """Read everything that says which matrices are wanted.

    Raises
    ------
    RunFileError
        When no file is named, or a value is not what it should be.
    """
    analyzer = root.section("analyzer_parameters")
    q = analyzer.positive("scattering.wavevector_q", "in 1/Å")
    first, last = frame_window(analyzer)
    file = _data_file(root, context)
    experimental = root.section("experimental_data")
    if context.origin.archived:
        file = _cache_instead(experimental, context, file, q, (first, last))
    dt = analyzer.positive(
        analyzer.first("dt", "temporal.dt"), "the time between frames in seconds"
    )
    _drop_inert(experimental)
    return DataRequest(
        file=file,
        dataset=experimental.text("dataset", "the name of an array in the .npz file"),
        q=q,
        first_frame=first,
        last_frame=last,
        dt=dt,
        phi=_angles(experimental, context, file),
    )


def frame_window(analyzer: Section) -> tuple[int, int]:
    """Return first and last frame, 1-based and inclusive; -1 is the file's last."""
    start_key = analyzer.first("start_frame", "temporal.start_frame")
    end_key = analyzer.first("end_frame", "temporal.end_frame")
    first = analyzer.integer(start_key, "a frame number, 1 or above")
    last = analyzer.integer(end_key, "a frame number, or -1 for the last one")
    first = 1 if first is None else first
    last = -1 if last is None or last < 0 else last
    if first < 1:
        raise analyzer.error(
            start_key, "a frame number, 1 or above (frames are counted from 1)"
        )
    if last != -1 and last <= first:
        raise analyzer.error(
            end_key, f"a frame number above start_frame ({first}), or -1 for the last"
        )
    return first, last


def _data_file(root: Section, context: Context) -> Path:
    experimental = root.section("experimental_data")
    if (text := experimental.text("file_path", "the path of a data file")) is not None:
        for key in ("data_folder_path", "data_file_name"):
            experimental.drop(key, "overridden by experimental_data.file_path")
        root.drop("data_file", "overridden by experimental_data.file_path")
        return find(text, context)
    folder = experimental.text("data_folder_path", "the path of a folder")
    name = experimental.text("data_file_name", "the name of a data file")
    if name is not None:
        root.drop("data_file", "overridden by experimental_data.data_file_name")
        return find(str(Path(folder or "") / name), context)
    if (text := root.text("data_file", "the path of a data file")) is not None:
        return find(text, context)
    where = f"{root.source.where}: " if root.source.where else ""
    raise RunFileError(
        f"{where}experimental_data.file_path is missing, so no data file is named; "
        "expected the path of an HDF5, .npy or .npz file; add it to the run file"
    )


def _cache_instead(
    experimental: Section,
    context: Context,
    file: Path,
    q: float | None,
    frames: tuple[int, int],
) -> Path:
    """Return the archived program's cache where the data file itself is gone."""
    template = experimental.text("cache_filename_template", "a file name")
    cache_folder = experimental.text("cache_file_path", "the path of a folder")
    if template is None or os.path.exists(file):
        return file
    values = {"start_frame": str(frames[0]), "end_frame": str(frames[1])}
    if q is not None:
        values["wavevector_q"] = f"{q:.4f}"
    name = render(template, values)
    if name is None:
        return file
    folder = Path(cache_folder) if cache_folder else file.parent
    cache = find(str(folder / name), context)
    if not os.path.isfile(cache):
        return file
    context.note(f"{file} is not there; the archived cache {cache} is read instead.")
    return cache


def _drop_inert(experimental: Section) -> None:
    """Say of the cache keys, read for archived runs only, that they do nothing else."""
    for key in ("cache_file_path", "cache_filename_template"):
        if experimental.at(key) not in experimental.source.used:
            experimental.drop(key, "Twotime keeps no cache of matrices")


def _angles(
    experimental: Section, context: Context, file: Path
) -> tuple[float, ...] | None:
    """Return the angles of bare arrays; files of other kinds have their own."""
    given = experimental.numbers("phi_angles", "a list of angles in degrees")
    array = file.suffix.lower() in ARRAY_SUFFIXES
    if given and not array:
        experimental.drop("phi_angles", _IN_FILE)
    folder_key, name_key = "phi_angles_path", "phi_angles_file"
    if given or not array:
        reason = _IN_FILE if not array else "overridden by experimental_data.phi_angles"
        experimental.drop(folder_key, reason)
        experimental.drop(name_key, reason)
        return given or None
    folder = experimental.text(folder_key, "the path of a folder")
    name = experimental.text(name_key, "the name of a text file")
    if folder is None and name is None:
        return None
    path = find(str(Path(folder or "") / (name or "")), context)
    if not os.path.isfile(path):
        context.note(
            f"The list of angles {path} is not there; the angles come from the data "
            "file."
        )
        return None
    angles = read_angles(path)
    context.note(f"{len(angles)} angles are read from {path}.")
    return angles or None

"""Which files of a folder are worth opening."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from engine.errors import CancelledError, DataError

RUN_SUFFIXES = (".yaml", ".yml", ".json")
DATA_SUFFIXES = (".h5", ".hdf", ".hdf5", ".nxs", ".npz", ".npy")
_MOST = 60
"""Files opened at once, at most: all are kept in memory."""


def find_runs(paths: Sequence[Path], cancelled: Callable[[], bool]) -> tuple[Path, ...]:
    """Return the files to open: those given, and those of the folders given.

    A folder with run files offers these; one without offers its data files.

    Raises
    ------
    DataError
        When a folder holds none, or too many.
    """
    found: list[Path] = []
    for path in paths:
        if cancelled():
            raise CancelledError("stopped by the user")
        found.extend(_of_folder(path) if path.is_dir() else [path])
    return tuple(dict.fromkeys(found))


def file_filter() -> str:
    """Return the filter of the open dialog."""

    def patterns(suffixes: Iterable[str]) -> str:
        return " ".join(f"*{s}" for s in suffixes)

    return ";;".join(
        (
            f"Runs and data ({patterns(RUN_SUFFIXES + DATA_SUFFIXES)})",
            f"Run files ({patterns(RUN_SUFFIXES)})",
            f"Data files ({patterns(DATA_SUFFIXES)})",
            "All files (*)",
        )
    )


def _of_folder(folder: Path) -> list[Path]:
    files = sorted(p for p in folder.iterdir() if p.is_file())
    for suffixes in (RUN_SUFFIXES, DATA_SUFFIXES):
        found = [p for p in files if p.suffix.lower() in suffixes]
        if len(found) > _MOST:
            raise DataError(
                f"{folder}: {len(found)} runs are more than {_MOST}, which is as many "
                "as fit in memory at once; choose some of them with Open"
            )
        if found:
            return found
    raise DataError(
        f"{folder}: no run file ({', '.join(RUN_SUFFIXES)}) and no data file "
        f"({', '.join(DATA_SUFFIXES)}) is in this folder; choose another one"
    )

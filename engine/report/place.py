"""Where a result folder goes, and what becomes of what is there already.

A result that is there is kept under the next free number, or replaced on request, and
never lost before its successor is in place. A folder with anything else in it is left
alone.
"""

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.errors import OutputError

RESULT_FILE = "result.json"
FILES = (
    RESULT_FILE, "run.yaml", "parameters.csv", "fit.h5", "fit.png", "log.txt",
)  # fmt: skip
"""What a result folder consists of; whatever else lies there is the user's."""


def check_destination(folder: Path, *, inputs: Sequence[Path] = ()) -> None:
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
    check_replaceable(folder, inputs)
    with reported(folder), staging_of(folder):
        pass


def check_replaceable(folder: Path, inputs: Sequence[Path]) -> None:
    """Make sure that whatever is at `folder` may be moved or replaced.

    Raises
    ------
    OutputError
        When it is a file, holds one of the `inputs`, or is no result.
    """
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
    with reported(folder):
        foreign = any(folder.iterdir()) and not (folder / RESULT_FILE).exists()
    if foreign:
        raise OutputError(
            f"the folder {folder} exists and holds no result of Twotime, so it is left "
            "as it is; name another place with --out"
        )


@contextmanager
def reported(folder: Path) -> Iterator[None]:
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
def staging_of(folder: Path) -> Iterator[Path]:
    """Provide a hidden sibling of `folder`, gone afterwards unless it was renamed."""
    made = _missing_parents(folder)
    staging = _hidden(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def put_in_place(staging: Path, folder: Path, *, overwrite: bool) -> Path | None:
    """Rename the finished folder, moving an existing one out of the way first.

    Returns
    -------
    Where an existing result is kept; None when there was none or it was replaced.
    """
    if not folder.exists():
        staging.rename(folder)
        return None
    kept = not overwrite and any(folder.iterdir())
    if not kept:
        _take_along(folder, staging)
    aside = _next_free(folder) if kept else _hidden(folder)
    folder.rename(aside)
    try:
        staging.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    if not kept:
        shutil.rmtree(aside, ignore_errors=True)
    return aside if kept else None


def _take_along(folder: Path, staging: Path) -> None:
    """Give the finished folder what the user put into the one it replaces.

    Everything stays in the old folder as well until that is gone.
    """
    for entry in folder.iterdir():
        if entry.name in FILES:
            continue
        target = staging / entry.name
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, target, symlinks=True, copy_function=_link)
        else:
            _link(entry, target)


def _link(source: str | Path, target: str | Path) -> None:
    """Make a file appear in a second place; copied where it cannot be linked."""
    if not Path(source).is_symlink():
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    shutil.copy2(source, target, follow_symlinks=False)


def _missing_parents(folder: Path) -> list[Path]:
    """Return the parents that do not exist yet, innermost first."""
    return [parent for parent in folder.absolute().parents if not parent.exists()]


def _hidden(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")


def _next_free(folder: Path) -> Path:
    number = 1
    while folder.with_name(f"{folder.name}.{number}").exists():
        number += 1
    return folder.with_name(f"{folder.name}.{number}")

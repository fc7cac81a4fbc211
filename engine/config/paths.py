"""Finding the files a run file names."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from engine.config.origin import Context
from engine.errors import RunFileError

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_NPY_MAGIC = b"\x93NUMPY"
_ZIP_MAGIC = b"PK\x03\x04"
_HDF5_OFFSETS = (0, 512, 1024, 2048)
"""Where the HDF5 signature may stand, behind a user block."""

ARRAY_SUFFIXES = (".npy", ".npz")
DATA_SUFFIXES = (".h5", ".hdf", ".hdf5", ".nxs", *ARRAY_SUFFIXES)
_ANCESTORS = 3


def is_data_file(path: Path) -> bool:
    """Whether a path is measured data rather than a run file, by content or name."""
    if path.suffix.lower() in DATA_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            head = file.read(_HDF5_OFFSETS[-1] + len(_HDF5_MAGIC))
    except OSError:
        return False
    return head.startswith((_NPY_MAGIC, _ZIP_MAGIC)) or any(
        head.startswith(_HDF5_MAGIC, offset) for offset in _HDF5_OFFSETS
    )


def absolute(path: Path | str) -> Path:
    """Return the absolute form of a path; symbolic links stay as they are."""
    return Path(os.path.abspath(path))


def expand(text: str) -> str:
    """Expand ``~`` and environment variables, unless the text names a file as is."""
    if os.path.exists(text):
        return text
    return os.path.expandvars(os.path.expanduser(text))


def find(text: str, context: Context) -> Path:
    """Return the absolute path a run file means by `text`.

    Relative paths start from the run file's folder. Archived runs were started from
    elsewhere and have been moved since, so where that misses, the working directory,
    the folders above the run file, and the run file's folder itself are tried, and
    the find is noted. A path found nowhere is returned as written: whoever reads the
    file reports it.
    """
    wanted = Path(expand(text))
    first = absolute(context.folder / wanted)
    if os.path.exists(first):
        return first
    elsewhere = [Path.cwd() / wanted]
    elsewhere += [above / wanted for above in context.folder.parents[:_ANCESTORS]]
    elsewhere.append(context.folder / wanted.name)
    for place in elsewhere:
        if os.path.isfile(place):
            found = absolute(place)
            context.note(f"{text} was not found as written; {found} is used.")
            return found
    return first


_PLACEHOLDER = re.compile(r"\$?\{(\w+)(?::[^}]*)?\}")


def render(template: str, values: Mapping[str, str]) -> str | None:
    """Fill an archived cache file name; None when it holds an unknown placeholder."""
    names = {match[1] for match in _PLACEHOLDER.finditer(template)}
    if not names <= set(values):
        return None
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def read_angles(path: Path) -> tuple[float, ...]:
    """Return the angles [deg] of a text file, one or more per line, ``#`` comments.

    Raises
    ------
    RunFileError
        Naming the line that is not numbers.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RunFileError(
            f"{path}: cannot be read as a list of angles ({error}); expected one "
            "angle in degrees per line"
        ) from error
    angles: list[float] = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].replace(",", " ").split()
        try:
            angles += [float(word) for word in words]
        except ValueError:
            raise RunFileError(
                f"{path}: line {number} is {line.strip()!r}; expected one angle in "
                "degrees per line"
            ) from None
    return tuple(angles)

"""Where streaming fits note how far they are, so that an interrupted one can go on.

The engine writes the files and reads them; here it is only known which file belongs to
which run. A fit that has ended by itself leaves none.
"""

import hashlib
import logging
from datetime import datetime
from pathlib import Path

import platformdirs
from PySide6.QtCore import QLocale

from app.documents.run_document import RunDocument

log = logging.getLogger(__name__)

_HASH_DIGITS = 16


def checkpoint_folder() -> Path:
    """Return the folder of the user that checkpoints are kept in."""
    cache = platformdirs.user_cache_dir("twotime", appauthor=False)
    return Path(cache) / "checkpoints"


class Checkpoints:
    """One file for each run.

    Parameters
    ----------
    folder
        Where they are kept, unless a run names a folder of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file_of(self, document: RunDocument) -> Path | None:
        """Return the file of a run; None where the run wants no checkpoints."""
        hybrid = document.setup.options.hybrid
        if not hybrid.enable_checkpoints:
            return None
        # The same data under two run files are two runs: they may be set up otherwise.
        paths = (document.path.absolute(), document.request.file.absolute())
        text = "\n".join(str(path) for path in paths)
        digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
        folder = hybrid.checkpoint_dir or self._folder
        return folder / f"{document.name}-{digest}.checkpoint"

    def prepared(self, document: RunDocument) -> Path | None:
        """Return the file of a run with a folder to write it in; None without one."""
        file = self.file_of(document)
        if file is None:
            return None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning("no checkpoints can be written in %s: %s", file.parent, error)
            return None
        return file

    def interrupted(self, document: RunDocument) -> datetime | None:
        """Return when a fit of a run was interrupted; None if none was."""
        file = self.file_of(document)
        try:
            return datetime.fromtimestamp(file.stat().st_mtime) if file else None
        except OSError:
            return None

    def forget(self, document: RunDocument) -> None:
        """Remove what an interrupted fit has left."""
        file = self.file_of(document)
        if file is None:
            return
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the checkpoint %s cannot be removed: %s", file, error)


def interrupted_text(when: datetime, now: datetime) -> str:
    """Return the sentence about a fit that was interrupted."""
    day = ""
    if when.date() != now.date():
        year = f" {when.year}" if when.year != now.year else ""
        # Not by strftime: Qt sets the locale of the desktop for it.
        day = f" on {when.day} {QLocale.c().monthName(when.month)}{year}"
    return f"A streaming fit of this run was interrupted{day} at {when:%H:%M}."

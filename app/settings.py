"""What the window remembers between sessions: geometry, theme, recent files.

Never anything a fit depends on. A file that cannot be read, or holds something else
than expected, counts as empty: it never keeps the window from starting.
"""

import logging
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

log = logging.getLogger(__name__)

VERSION = 2
"""Layouts saved by another version are not restored."""
MAX_RECENT = 10
THEMES = ("system", "light", "dark")


def settings_file() -> Path:
    """Return where the settings lie."""
    folder = QStandardPaths.writableLocation(
        QStandardPaths.StandardLocation.AppConfigLocation
    )
    return Path(folder) / "window.ini"


class Settings:
    """Typed access to the settings file.

    Parameters
    ----------
    path
        Another file than the user's own, for tests.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._store = QSettings(
            str(path or settings_file()), QSettings.Format.IniFormat
        )
        self._store.setAtomicSyncRequired(True)
        if self._store.status() is not QSettings.Status.NoError:
            log.warning("settings in %s are unreadable; defaults are used", self.path)

    @property
    def path(self) -> Path:
        """The settings file."""
        return Path(self._store.fileName())

    @property
    def theme(self) -> str:
        """One of `THEMES`."""
        value = self._store.value("theme", THEMES[0])
        return value if value in THEMES else THEMES[0]

    @theme.setter
    def theme(self, mode: str) -> None:
        self._store.setValue("theme", mode)

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files opened lately, the newest first."""
        value = self._store.value("recent", [])
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list):
            return ()
        return tuple(Path(t) for t in texts if isinstance(t, str) and t)[:MAX_RECENT]

    def add_recent(self, path: Path) -> None:
        """Put a file first among the recent ones."""
        full = path.absolute()
        others = [p for p in self.recent if p != full]
        texts = [str(p) for p in (full, *others)][:MAX_RECENT]
        self._store.setValue("recent", texts)

    def clear_recent(self) -> None:
        """Forget the recent files."""
        self._store.remove("recent")

    def folder(self, purpose: str) -> Path:
        """Return the folder last used to open or to save."""
        value = self._store.value(f"folder/{purpose}", "")
        path = Path(value) if isinstance(value, str) and value else Path.home()
        return path if path.is_dir() else Path.home()

    def set_folder(self, purpose: str, folder: Path) -> None:
        """Remember the folder last used to open or to save."""
        self._store.setValue(f"folder/{purpose}", str(folder))

    def layout(self, part: str) -> QByteArray | None:
        """Return the saved geometry or dock state of this version of the window."""
        value = self._store.value(f"layout_v{VERSION}/{part}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def set_layout(self, part: str, state: QByteArray) -> None:
        """Save the geometry or dock state."""
        self._store.setValue(f"layout_v{VERSION}/{part}", state)

    def save(self) -> None:
        """Write the file now."""
        self._store.sync()

"""Draws what the Help menu shows: two dialogs, and the documentation in a browser."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from picture_tools import pause, wait_until

from app.about.facts import folders, versions
from app.about.parts import program_parts
from app.controllers.session import Session
from app.widgets.about_dialog import AboutDialog

_SITE = Path(__file__).resolve().parents[1] / "build" / "help"
_PAGE = "explanation/model.html"
_SIZE = (1280, 800)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_COLOURS = {"dark": "0", "light": "1"}
"""What Chromium calls the colour schemes a page may ask for."""
_LIMIT_S = 60


def draw_help(session: Session, folder: Path, mode: str) -> None:
    """Draw the dialogs *About Twotime* and *Check my installation*."""
    about = AboutDialog(_published(), _at_home(), program_parts(), session.window)
    about.show()
    pause()
    about.grab().save(str(folder / f"about-{mode}.png"))
    about.close()
    check = session.selftest.show()
    wait_until(lambda: not check.running)
    check.grab().save(str(folder / f"selftest-{mode}.png"))
    check.close()
    pause()


def draw_site(folder: Path, mode: str) -> None:
    """Draw a page of the documentation as a browser shows it."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    page = _SITE / _PAGE
    if browser is None or not page.is_file():
        missing = "no Chromium is installed" if page.is_file() else "make docs first"
        sys.stderr.write(f"screenshots: the help site is not drawn: {missing}\n")
        return
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            f"--window-size={_SIZE[0]},{_SIZE[1]}",
            f"--blink-settings=preferredColorScheme={_COLOURS[mode]}",
            "--virtual-time-budget=3000",
            f"--screenshot={folder.resolve() / f'help-{mode}.png'}",
            page.as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=_LIMIT_S)


def _published() -> dict[str, str]:
    """Return the versions of a release, which knows of no commit."""
    return {name: text for name, text in versions().items() if name != "Commit"}


def _at_home() -> dict[str, Path]:
    """Return the folders as every user may have them."""
    home = Path.home()
    return {
        name: Path("~") / path.relative_to(home) if path.is_relative_to(home) else path
        for name, path in folders().items()
    }

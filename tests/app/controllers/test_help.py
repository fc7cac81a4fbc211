"""What the Help menu shows."""

import os
import sys

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QMessageBox

from app.about.facts import versions_text
from app.controllers import help as help_menu
from app.controllers.desktop import open_on_desktop
from app.widgets.about_dialog import AboutDialog
from app.widgets.text_dialog import TextDialog
from engine import __version__

pytestmark = [pytest.mark.gui, pytest.mark.slow]


class Desktop:
    """Keeps what it is asked to open, and the search path it would start with."""

    def __init__(self):
        self.urls: list[QUrl] = []
        self.search: list[str | None] = []
        self.answers = True

    def open_url(self, url):
        self.urls.append(url)
        self.search.append(os.environ.get("LD_LIBRARY_PATH"))
        return self.answers


@pytest.fixture
def desktop(monkeypatch):
    made = Desktop()
    monkeypatch.setattr(QDesktopServices, "openUrl", made.open_url)
    return made


def say(session, key):
    """Trigger an action and return the sentence of the box it opens, if any."""
    session.window.actions_[key].trigger()
    for box in session.window.findChildren(QMessageBox):
        text = box.text()
        box.close()
        return text
    return None


class TestDocumentation:
    def test_opens_a_local_file(self, session, desktop):
        assert say(session, "help.documentation") is None
        (url,) = desktop.urls
        assert url.isLocalFile()
        assert url.scheme() == "file"
        assert os.path.exists(url.toLocalFile())

    def test_without_any_says_what_to_do(self, session, desktop, monkeypatch):
        monkeypatch.setattr(help_menu, "places", lambda: ())
        text = say(session, "help.documentation")
        assert "install Twotime from its installer" in text
        assert text.count(".") == 1
        assert not desktop.urls

    def test_without_a_browser_names_the_page(
        self, session, desktop, monkeypatch, tmp_path
    ):
        monkeypatch.setattr(help_menu, "places", lambda: (tmp_path,))
        desktop.answers = False
        assert f"open {tmp_path} in a browser" in say(session, "help.documentation")

    def test_its_key_is_free_and_the_old_one_stays(self, session):
        actions = session.window.actions_
        assert actions["help.documentation"].shortcut().toString() == "Shift+F1"
        assert actions["help.keys"].shortcut().toString() == "F1"


class TestDesktop:
    def test_a_frozen_program_does_not_pass_its_libraries_on(
        self, desktop, monkeypatch, tmp_path
    ):
        monkeypatch.setattr(sys, "frozen", True, raising=False)
        monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle/lib")
        monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
        assert open_on_desktop(tmp_path)
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/opt/lib")
        open_on_desktop(tmp_path)
        assert desktop.search == [None, "/opt/lib"]
        assert os.environ["LD_LIBRARY_PATH"] == "/bundle/lib"

    def test_otherwise_the_environment_stays(self, desktop, monkeypatch, tmp_path):
        monkeypatch.setenv("LD_LIBRARY_PATH", "/site/lib")
        open_on_desktop(tmp_path)
        assert desktop.search == ["/site/lib"]

    def test_names_with_blanks_and_hashes_arrive(self, desktop, tmp_path):
        path = tmp_path / "ein Ordner #1 %20 é"
        open_on_desktop(path)
        assert desktop.urls[0].toLocalFile() == str(path)


class TestAbout:
    @pytest.fixture
    def about(self, session):
        session.window.actions_["help.about"].trigger()
        (dialog,) = session.window.findChildren(AboutDialog)
        yield dialog
        dialog.close()

    def test_names_versions_and_folders(self, about, session):
        shown = "\n".join(label.text() for label in about.findChildren(QLabel))
        assert f"Twotime {__version__}" in shown
        for name in ("Python", "Qt", "JAX", "NumPy", "Settings", "Log", "Cache"):
            assert f"\n{name}\n" in shown

    def test_copies_the_versions(self, about):
        about.copy.click()
        assert QGuiApplication.clipboard().text() == versions_text()

    def test_lists_the_libraries_and_shows_their_licences(self, about):
        names = [
            about.tree.topLevelItem(row).text(0)
            for row in range(about.tree.topLevelItemCount())
        ]
        assert {"numpy", "jax", "h5py"} <= set(names)
        row = names.index("numpy")
        about.tree.setCurrentItem(about.tree.topLevelItem(row))
        dialog = about.show_licence()
        assert "NumPy Developers" in dialog.text
        assert dialog.windowTitle() == "Licence of numpy"
        dialog.close()

    def test_a_double_click_shows_the_licence(self, about):
        about.tree.itemActivated.emit(about.tree.topLevelItem(0), 0)
        (dialog,) = about.findChildren(TextDialog)
        assert about.tree.topLevelItem(0).text(0) in dialog.windowTitle()
        dialog.close()

    def test_shows_the_licence_of_the_program_first(self, about):
        assert about.tree.topLevelItem(0).text(0) == "Twotime"
        dialog = about.show_licence()
        assert dialog.text.startswith("MIT License")
        assert "Permission is hereby granted" in dialog.text
        dialog.close()

    def test_a_folder_is_opened_on_the_desktop(self, qtbot, desktop, tmp_path):
        dialog = AboutDialog(
            {"Twotime": "1"}, {"Log": tmp_path, "Cache": tmp_path / "none"}, ()
        )
        qtbot.addWidget(dialog)
        dialog.folder_requested.connect(open_on_desktop)
        links = [
            label for label in dialog.findChildren(QLabel) if "<a " in label.text()
        ]
        assert len(links) == 1
        links[0].linkActivated.emit("Log")
        assert desktop.urls[0].toLocalFile() == str(tmp_path)
        assert dialog.show_licence() is None

"""Files the desktop asks a running program to open."""

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QUrl
from PySide6.QtGui import QFileOpenEvent

pytestmark = pytest.mark.gui


@pytest.fixture
def ask(qapp, tmp_path):
    """Ask for a file as macOS does."""

    def one(name: str) -> Path:
        path = tmp_path / name
        QCoreApplication.sendEvent(qapp, QFileOpenEvent(QUrl.fromLocalFile(str(path))))
        return path

    yield one
    qapp.open_files_with(None)


def test_a_file_is_opened_at_once(qapp, ask):
    opened = []
    qapp.open_files_with(opened.extend)
    first = ask("Zoë 1.h5")
    assert opened == [first]
    ask("2.h5")
    assert [p.name for p in opened] == ["Zoë 1.h5", "2.h5"]


def test_what_is_asked_for_too_early_is_opened_later_and_once(qapp, ask):
    paths = [ask("1.h5"), ask("2.h5")]
    opened = []
    qapp.open_files_with(opened.append)
    qapp.open_files_with(opened.append)
    assert opened == [paths]


def test_what_names_no_file_is_left_to_qt(qapp, ask):
    opened = []
    qapp.open_files_with(opened.append)
    QCoreApplication.sendEvent(qapp, QFileOpenEvent(QUrl("https://example.org")))
    QCoreApplication.sendEvent(qapp, QEvent(QEvent.Type.User))
    assert not opened

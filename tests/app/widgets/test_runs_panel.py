"""The list of runs tells them apart."""

from pathlib import Path

import pytest
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QLineEdit

from app.documents.list_models import SUBTITLE_ROLE, RunListModel
from app.documents.run_document import RunDocument
from app.widgets.runs_panel import RunsPanel, elided_title
from tests.app.fakes import make_loaded

pytestmark = pytest.mark.gui


@pytest.fixture
def model(qapp):
    model = RunListModel()
    for name in ("a/couette.yaml", "b/other.yaml"):
        model.add(RunDocument(make_loaded(Path("/data") / name), model))
    return model


@pytest.fixture
def panel(model, shown):
    return shown(RunsPanel(model), 200, 300)


def search(panel, text):
    panel.findChildren(QLineEdit)[0].setText(text)


def test_a_search_that_finds_nothing_says_so(panel):
    search(panel, "COU")
    assert (panel.view.model().rowCount(), panel.view.empty_text()) == (1, "")
    before = panel.view.grab().toImage()
    search(panel, "nothing")
    assert panel.view.empty_text() == "No run matches."
    search(panel, "nothing at all")
    assert panel.view.grab().toImage() != before
    blank = panel.view.grab().toImage()
    blank.fill(blank.pixel(1, 1))
    assert panel.view.grab().toImage() != blank


def test_names_that_are_too_long_keep_their_ends(panel):
    bold = QFont(panel.view.font())
    bold.setBold(True)
    names = [f"a_rather_long_name_of_a_sample_under_shear_{k:03}" for k in (1, 2)]
    shown = [elided_title(name, bold, 150) for name in names]
    assert [text[-3:] for text in shown] == ["001", "002"]
    assert all(text.startswith("a_r") for text in shown)
    assert all(QFontMetrics(bold).horizontalAdvance(text) <= 150 for text in shown)


def test_what_is_called_the_same_says_where_it_is(model):
    rows = [model.index(row).data(SUBTITLE_ROLE) for row in range(2)]
    assert not any(text.startswith(("a · ", "b · ")) for text in rows)
    twin = RunDocument(make_loaded(Path("/data/c/couette.yaml")), model)
    model.add(twin)
    rows = [model.index(row).data(SUBTITLE_ROLE) for row in range(3)]
    assert [text.partition(" · ")[0] for text in rows[::2]] == ["a", "c"]
    assert rows[1].startswith("q ")
    model.remove(twin)
    assert model.index(0).data(SUBTITLE_ROLE).startswith("q ")


def test_a_saved_result_is_called_like_its_folder(model):
    for folder in ("day1/couette_result", "day2/couette_result"):
        path = Path("/data") / folder / "run.yaml"
        model.add(RunDocument(make_loaded(path), model))
    assert [model.index(row).data() for row in (2, 3)] == ["couette_result"] * 2
    lines = [model.index(row).data(SUBTITLE_ROLE) for row in (2, 3)]
    assert [text.partition(" · ")[0] for text in lines] == ["day1", "day2"]
    assert model.documents[2].name == "run"

"""The rows of the layers against degeneracy in the set-up panel."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QScrollArea

from app.documents.degeneracy_edits import with_layer_option
from app.widgets.form import Choice
from app.widgets.layers_text import summary_text
from app.widgets.setup_panel import SetupPanel
from engine.layer_options import CollapseResponse
from engine.setup import Scaling
from tests.app.fakes import make_setup

pytestmark = pytest.mark.gui

LAYERS = ("hierarchical", "regularization", "monitor", "shear_weighting")


@pytest.fixture
def panel(shown):
    made = shown(SetupPanel(), 340, 900)
    made.set_setup(make_setup())
    return made


@pytest.fixture
def box(panel):
    return panel.layers


@pytest.fixture
def edits(panel):
    seen = []
    panel.setup_edited.connect(lambda *edit: seen.append(edit))
    return seen


def with_options(setup=None, **options):
    made = setup or make_setup()
    for path, value in options.items():
        made = with_layer_option(made, path.replace("__", "."), value)
    return made


def visible(box):
    return {path for path, field in box.options.items() if field.isVisible()}


class TestFolding:
    def test_it_is_one_line_until_it_is_opened(self, box):
        assert visible(box) == set()
        assert box.summary == "hierarchical, monitor; others off"
        box.toggle.setFocus()
        QTest.keyClick(box.toggle, Qt.Key.Key_Space)
        assert {"enable", "hierarchical.outer_tolerance"} <= visible(box)
        QTest.keyClick(box.toggle, Qt.Key.Key_Space)
        assert visible(box) == set()

    def test_a_layer_that_is_off_shows_its_switch_alone(self, panel, box):
        box.toggle.setChecked(True)
        assert "regularization.enable" in visible(box)
        assert "regularization.target_cv" not in visible(box)
        panel.set_setup(with_options(regularization__enable=True))
        assert {
            "regularization.mode",
            "regularization.strength",
            "regularization.target_cv",
        } <= visible(box)

    def test_with_the_master_off_nothing_else_is_offered(self, panel, box):
        box.toggle.setChecked(True)
        panel.set_setup(with_options(enable=False))
        assert visible(box) == {"enable"}
        assert box.summary == "switched off"

    @pytest.mark.parametrize("scaling", tuple(Scaling))
    def test_the_order_belongs_to_fourier(self, panel, box, scaling):
        box.toggle.setChecked(True)
        panel.set_setup(replace(make_setup(), scaling=scaling))
        wanted = scaling in (Scaling.FOURIER, Scaling.AUTO)
        assert ("scaling.fourier_order" in visible(box)) == wanted

    def test_without_shear_there_is_no_shear_weighting(self, panel, box):
        box.toggle.setChecked(True)
        panel.set_setup(make_setup("static"))
        assert "shear_weighting.enable" not in visible(box)
        assert "monitor.enable" in visible(box)

    def test_opened_it_still_fits_into_the_panel(self, panel, box):
        panel.set_setup(with_options(**{f"{layer}__enable": True for layer in LAYERS}))
        box.toggle.setChecked(True)
        QApplication.processEvents()
        area = panel.findChild(QScrollArea)
        assert area.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hierarchical__enable": False, "monitor__enable": False}, "all off"),
        ({"regularization__enable": True, "shear_weighting__enable": True}, "all on"),
        ({"monitor__enable": False}, "hierarchical; others off"),
    ],
)
def test_summary(options, text):
    assert summary_text(with_options(**options).options.layers) == text


class TestFields:
    def test_every_field_shows_its_option(self, panel, box):
        setup = with_options(
            scaling__fourier_order=3.0,
            hierarchical__outer_tolerance=1e-4,
            regularization__strength=2.5,
            monitor__response=CollapseResponse.ABORT,
            shear_weighting__polish=False,
        )
        panel.set_setup(setup)
        assert box.options["scaling.fourier_order"].text() == "3"
        assert box.options["hierarchical.outer_tolerance"].value == 1e-4
        assert box.options["regularization.strength"].text() == "2.5"
        assert box.options["monitor.response"].value is CollapseResponse.ABORT
        assert not box.options["shear_weighting.polish"].isChecked()

    def test_every_field_is_named_and_explained(self, box):
        assert len(box.fields) == 19
        for field in box.fields:
            name = field.text() if isinstance(field, QCheckBox) else None
            assert field.accessibleName() or name
            assert len(field.toolTip()) > 20
            assert field.whatsThis() == field.toolTip()

    def test_a_switch_is_an_edit(self, box, edits):
        box.toggle.setChecked(True)
        switch = box.options["regularization.enable"]
        switch.setFocus()
        QTest.keyClick(switch, Qt.Key.Key_Space)
        assert edits == [("layers.regularization.enable", True)]

    def test_a_number_is_an_edit_and_an_empty_one_is_too(self, panel, box, edits):
        panel.set_setup(
            with_options(regularization__enable=True, regularization__strength=2.5)
        )
        box.toggle.setChecked(True)
        field = box.options["regularization.strength"]
        field.setFocus()
        field.clear()
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert edits == [("layers.regularization.strength", None)]

    def test_an_empty_strength_says_what_it_means(self, panel, box):
        strength = box.options["regularization.strength"]
        assert strength.placeholderText() == "tuned"
        panel.set_setup(with_options(regularization__auto_tune=False))
        assert strength.placeholderText() == "1"

    def test_a_choice_is_a_member_of_its_enumeration(self, box, edits):
        box.toggle.setChecked(True)
        field = box.options["monitor.response"]
        assert isinstance(field, Choice)
        assert field.values == tuple(CollapseResponse)
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Down)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert edits == [("layers.monitor.response", CollapseResponse.RESET)]

    def test_they_are_locked_with_the_panel(self, panel, box):
        panel.set_read_only(read_only=True)
        assert not any(field.isEnabled() for field in box.fields)
        assert box.toggle.isEnabled()


class TestScaling:
    def test_every_mode_is_offered_that_can_be_fitted(self, panel):
        assert panel.scaling.values == (
            Scaling.AUTO,
            Scaling.INDIVIDUAL,
            Scaling.AVERAGED,
            Scaling.CONSTANT,
            Scaling.FOURIER,
        )
        assert panel.scaling.itemText(0) == "automatic (checked)"

    def test_values_of_the_run_file_can_be_held(self, panel):
        given = {"contrast_start": (0.3,), "offset_start": (1.0,)}
        panel.set_setup(replace(make_setup(), **given))
        assert panel.scaling.values == tuple(Scaling)
        panel.set_setup(make_setup())
        assert Scaling.FIXED_CONSTANT not in panel.scaling.values

    def test_what_is_set_is_always_shown(self, panel):
        panel.set_setup(replace(make_setup(), scaling=Scaling.FIXED_CONSTANT))
        assert panel.scaling.value is Scaling.FIXED_CONSTANT

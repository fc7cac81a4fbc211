"""Which angles carry the information: bars, keys, mouse and words."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.documents.angle_bars import angle_bars
from app.theme import DARK, LIGHT
from app.widgets.information_chart import light_colour
from app.widgets.information_view import InformationView, reading, summary
from engine.degeneracy import AngleInformation
from tests.app.degeneracy_records import degenerate_record, information
from tests.app.fakes import PHI
from tests.app.widgets.mouse import hover

pytestmark = pytest.mark.gui

SYMBOLS = degenerate_record().symbols
UNSORTED = AngleInformation(
    name="gamma_dot_t0",
    share=(0.1, 0.6, 0.3),
    known_scaling=(1.0, 4.0, 5.0),
    free_scaling=(0.5, 3.0, 1.0),
)


@pytest.fixture
def view(shown):
    made = shown(InformationView(), 380, 400)
    made.set_information((90.0, -45.0, 0.0), (UNSORTED,), SYMBOLS)
    QApplication.processEvents()
    return made


def heights(item):
    return np.asarray(item.opts["height"]).tolist()


class TestWords:
    def test_in_words(self):
        bars = angle_bars((90.0, -45.0, 0.0), UNSORTED)
        assert summary(bars, "γ̇₀") == (
            "γ̇₀ is determined most by φ = −45° (60 %), then 0° (30 %). All else known, "
            "scalings of their own would absorb 55 %."
        )
        assert reading(bars, 1, "γ̇₀") == (
            "φ = 0°: 30 % of what this fit tells about γ̇₀. All else known, a contrast "
            "and an offset of its own would absorb 80 %."
        )


class TestChart:
    def test_shares_stand_above_what_is_kept(self, view):
        chart = view.chart
        assert heights(chart.share) == pytest.approx([60, 30, 10])
        assert heights(chart.kept) == pytest.approx([75, 20, 50])
        assert heights(chart.absorbed) == [100, 100, 100]
        assert chart.names == ("−45", "0", "90")
        (_, _), (low, high) = chart.share_plot.getViewBox().viewRange()
        assert low == 0
        assert 60 < high < 70

    def test_both_rows_stand_below_each_other(self, view):
        left = [
            plot.getViewBox().sceneBoundingRect().left()
            for plot in (view.chart.share_plot, view.chart.kept_plot)
        ]
        assert left[0] == pytest.approx(left[1])

    @pytest.mark.parametrize("count", [1, 3, 23])
    @pytest.mark.parametrize("width", [300, 450])
    def test_names_below_the_bars_do_not_touch(self, shown, count, width):
        phi = tuple(np.linspace(-180, 180, count).tolist())
        made = shown(InformationView(), width, 400)
        made.set_information(phi, information(phi), SYMBOLS)
        axis = made.chart.kept_plot.angles
        QApplication.processEvents()
        room = axis.size().width()
        ((step, places),) = axis.tickValues(-0.6, count - 0.4, room)
        names = axis.tickStrings(places, 1.0, step)
        assert len(names) == len(places) >= min(count, 3)
        letter = made.chart.fontMetrics().horizontalAdvance
        apart = step * room / count
        assert max(letter(name) for name in names) < apart

    def test_the_arrow_keys_read_off_angle_by_angle(self, view):
        told = []
        view.chart.pointed.connect(told.append)
        view.chart.setFocus()
        # The keyboard begins where most is told.
        assert view.readout.startswith("φ = −45°")
        QTest.keyClick(view.chart, Qt.Key.Key_Right)
        assert view.readout.startswith("φ = 0°")
        QTest.keyClick(view.chart, Qt.Key.Key_End)
        QTest.keyClick(view.chart, Qt.Key.Key_Right)
        assert view.readout.startswith("φ = 90°")
        QTest.keyClick(view.chart, Qt.Key.Key_Home)
        QTest.keyClick(view.chart, Qt.Key.Key_Left)
        assert told == [0, 1, 2, 0]
        view.choice.setFocus()
        assert view.readout.startswith("γ̇₀ is determined most")

    @pytest.mark.parametrize("row", ["share_plot", "kept_plot"])
    def test_the_mouse_reads_off_an_angle(self, view, row):
        chart = view.chart
        box = getattr(chart, row).getViewBox()
        place = box.mapViewToScene(QPointF(1.0, 5.0))
        viewport = chart._graphics.viewport()
        hover(viewport, chart._graphics.mapFromScene(place))
        assert chart.current == 1
        assert view.readout.startswith("φ = 0°: 30 %")
        assert chart.toolTip() == view.readout
        QTest.qWait(30)  # what comes in quick succession is not followed
        hover(viewport, chart._graphics.mapFromScene(QPointF(2.0, 2.0)))
        assert chart.current == -1

    def test_it_can_be_read_without_being_seen(self, view):
        text = view.chart.accessibleDescription()
        assert "−45°: 60 %, 25 % absorbed; 0°: 30 %, 80 % absorbed" in text

    def test_colours_follow_the_theme(self, view):
        view.apply_theme(DARK)
        assert view.chart.share.opts["brush"] == QColor(DARK.accent)
        assert light_colour(DARK) in view._legend.text()
        assert light_colour(LIGHT) not in view._legend.text()
        view.apply_theme(LIGHT)
        assert view.chart.share.opts["brush"] == QColor(LIGHT.accent)


class TestChoice:
    def test_the_shear_rate_is_shown_first(self, view):
        view.set_information(PHI, information(), SYMBOLS)
        assert view.choice.value == "gamma_dot_t0"
        assert view.choice.currentText() == "γ̇₀"
        assert view.choice.values == tuple(SYMBOLS)

    def test_without_shear_the_first_parameter_is(self, view):
        view.set_information(PHI, information(model="static"), SYMBOLS)
        assert view.choice.value == "D0"

    def test_the_parameter_chosen_stays_chosen(self, view):
        view.set_information(PHI, information(), SYMBOLS)
        view.choice.setFocus()
        QTest.keyClick(view.choice, Qt.Key.Key_End)
        QTest.keyClick(view.choice, Qt.Key.Key_Return)
        assert view.choice.value == "phi0"
        assert view.readout.startswith("φ₀ is determined most")
        view.set_information(PHI, information(), SYMBOLS)
        assert view.choice.value == "phi0"

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor, QIcon

from app.theme import DARK, LIGHT
from app.widgets.colormaps import DIVERGING, SEQUENTIAL, lookup_table
from app.widgets.icons import icon, icon_names


@pytest.mark.parametrize("name", SEQUENTIAL + DIVERGING)
def test_tables_have_256_entries_and_end_with_the_missing_colour(name):
    table = lookup_table(name, "#123456")
    assert table.shape == (256, 4)
    assert table.dtype == np.uint8
    assert table[255].tolist() == [0x12, 0x34, 0x56, 255]
    assert (table[:, 3] == 255).all()
    assert len(np.unique(table[:255, :3], axis=0)) > 200


@pytest.mark.parametrize("name", ["viridis", "CET-D1A"])
def test_ends_are_those_of_the_map(name):
    table = lookup_table(name, "#808080")
    ends = pg.colormap.get(name).map([0.0, 1.0], mode="byte")
    assert table[[0, 254]].tolist() == ends.tolist()


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential_maps_grow_lighter(name):
    table = lookup_table(name, "#808080")[:255, :3].astype(float)
    light = table @ np.array([0.2126, 0.7152, 0.0722])
    smooth = np.convolve(light, np.ones(15) / 15, mode="valid")
    assert (np.diff(smooth) > -0.5).all()


@pytest.mark.parametrize("name", DIVERGING)
def test_diverging_maps_are_lightest_in_the_middle(name):
    light = lookup_table(name, "#808080")[:255, :3].astype(float).sum(axis=1)
    assert abs(int(np.argmax(light)) - 127) <= 12


def test_unknown_map_is_named():
    with pytest.raises(KeyError, match="jet"):
        lookup_table("jet", "#808080")


def main_colour(made: QIcon, mode=QIcon.Mode.Normal) -> QColor:
    image = made.pixmap(32, 32, mode).toImage()
    colours = [
        image.pixelColor(x, y)
        for x in range(image.width())
        for y in range(image.height())
    ]
    return max(colours, key=lambda c: c.alpha())


@pytest.mark.parametrize("name", icon_names())
def test_every_icon_can_be_drawn(qapp, name):
    assert main_colour(icon(name)).alpha() > 100


def test_icons_take_the_colour_of_the_text(theme):
    theme.set_mode("dark")
    dark = main_colour(icon("fit"))
    theme.set_mode("light")
    assert dark.name() == DARK.text
    assert main_colour(icon("fit")).name() == LIGHT.text
    assert main_colour(icon("fit", LIGHT.bad)).name() == LIGHT.bad


def test_disabled_icons_are_fainter(theme):
    theme.set_mode("light")
    faint = main_colour(icon("save"), QIcon.Mode.Disabled)
    assert faint.alpha() < main_colour(icon("save")).alpha()


def test_unknown_icon_is_named(qapp):
    with pytest.raises(KeyError, match="opne"):
        icon("opne")

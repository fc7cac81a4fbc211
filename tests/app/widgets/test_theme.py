from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel

from app.theme import DARK, LIGHT, ThemeManager, check_box_style_of, current_theme

TEXTS = ("text", "muted", "accent", "good", "warn", "bad")
SURFACES = ("window", "panel", "plot_background", "raised")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in SURFACES),
    ("on_accent", "accent"),
    ("text", "selection"),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    q = QColor(colour)
    r, g, b = (linear(v) for v in (q.redF(), q.greenF(), q.blueF()))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_and_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0, rel=1e-4)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_is_legible(theme, text, ground):
    assert contrast(getattr(theme, text), getattr(theme, ground)) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_missing_pixels_are_neutral_grey(theme):
    colour = QColor(theme.nan)
    assert colour.red() == colour.green() == colour.blue()


def test_mode_is_applied_to_application_and_widgets(qtbot, qapp, theme):
    theme.set_mode("light")
    label = QLabel("a")
    qtbot.addWidget(label)
    assert current_theme() is LIGHT
    with qtbot.waitSignal(theme.changed) as blocker:
        theme.set_mode("dark")
    assert blocker.args == [DARK]
    assert current_theme() is DARK
    assert theme.theme is DARK
    assert qapp.palette().window().color() == QColor(DARK.window)
    assert label.palette().windowText().color() == QColor(DARK.text)
    with qtbot.waitSignal(theme.changed):
        theme.set_mode("light")
    assert current_theme() is LIGHT


def test_same_mode_says_nothing(qtbot, theme):
    theme.set_mode("light")
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode("light")


def test_mode_can_be_chosen_before_there_is_anything_to_style(qtbot):
    manager = ThemeManager()
    with qtbot.assertNotEmitted(manager.changed):
        manager.set_mode("dark")
    assert manager.mode == "dark"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_mark_of_check_boxes_is_delivered(theme):
    path = check_box_style_of(theme).partition('url("')[2].partition('"')[0]
    assert Path(path).is_file()

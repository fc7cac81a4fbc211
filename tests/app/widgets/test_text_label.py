import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.widgets.text_label import TextLabel

ROWS = "".join(
    f"<tr><td>parameter_{i}</td><td align=right>{i * 1.5}</td><td>Å²/s</td></tr>"
    for i in range(30)
)
TEXT = f"<h3>Result</h3><p>{'Some words of a sentence. ' * 12}</p><table>{ROWS}</table>"


def made(kind, text=TEXT):
    label = kind()
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setText(text)
    return label


@pytest.fixture
def label(qapp):
    return made(TextLabel)


def picture(label):
    label.resize(340, label.heightForWidth(340))
    return label.grab().toImage()


@pytest.mark.parametrize("width", [180, 260, 320, 411, 900])
def test_heights_are_those_of_a_plain_label(label, width):
    assert label.heightForWidth(width) == made(QLabel).heightForWidth(width)


def test_the_least_width_is_that_of_a_plain_label(label):
    plain = made(QLabel)
    assert label.minimumSizeHint().width() == plain.minimumSizeHint().width()


def test_sizes_follow_text_and_font(label):
    tall = label.heightForWidth(300)
    label.setText("<p>short</p>")
    short = label.heightForWidth(300)
    assert short < tall / 5
    assert label.sizeHint().height() == short
    font = label.font()
    font.setPointSizeF(3 * font.pointSizeF())
    label.setFont(font)
    assert label.heightForWidth(300) > 2 * short


def test_a_height_asked_for_again_costs_no_layout(label, monkeypatch):
    known = {w: label.heightForWidth(w) for w in (200, 300)}
    monkeypatch.setattr(label, "_laid_out", None)
    assert {w: label.heightForWidth(w) for w in known} == known
    label.setText(TEXT)
    assert label.heightForWidth(200) == known[200]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_looks_like_a_plain_label(qapp, theme, mode):
    theme.set_mode(mode)
    assert picture(made(TextLabel)) == picture(made(QLabel))
    theme.set_mode("light")


def test_what_is_selected_is_marked(qtbot):
    label = made(TextLabel)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    qtbot.addWidget(label)
    label.resize(340, label.heightForWidth(340))
    label.show()
    plain = label.grab().toImage()
    start, end = QPoint(20, 60), QPoint(200, 62)
    QTest.mousePress(label, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(label, end)
    QTest.mouseRelease(label, Qt.MouseButton.LeftButton, pos=end)
    assert label.selectedText()
    assert label.grab().toImage() != plain

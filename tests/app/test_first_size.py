"""A first window fits on the screen, as far as it can be used at all."""

import pytest
from PySide6.QtCore import QSize

from app.main_window import first_size


@pytest.mark.parametrize(
    ("screen", "expected"),
    [
        ((2560, 1440), (1440, 900)),
        ((1366, 728), (1366, 728)),
        ((1024, 700), (1024, 700)),
        ((800, 600), (1024, 700)),
    ],
)
def test_first_size(screen, expected):
    size = first_size(QSize(*screen))
    assert (size.width(), size.height()) == expected

"""How the dial of azimuth looks."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.theme import Theme
from app.widgets.phi_geometry import FULL, position, width
from app.widgets.phi_layout import BAND, DOT, Layout
from engine.setup import PhiRange

_LABELS = {0: "0°", 90: "90°", 180: "180°", 270: "−90°"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPicture:
    """What is drawn."""

    phi: tuple[float, ...]
    used: tuple[bool, ...]
    disabled: tuple[bool, ...]
    ranges: tuple[PhiRange, ...]
    current: int
    flow: bool
    """Whether 0° is the direction of a flow."""
    focused: bool
    enabled: bool


def paint_dial(
    painter: QPainter, layout: Layout, picture: DialPicture, theme: Theme
) -> None:
    """Draw circle, labels, flow, arcs and dots."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if not picture.enabled:
        painter.setOpacity(0.55)
    _paint_ground(painter, layout, theme)
    if picture.flow:
        _paint_flow(painter, layout, theme)
    for i, limits in enumerate(picture.ranges):
        _paint_arc(painter, layout, limits, theme, marked=i == picture.current)
    _paint_dots(painter, layout, picture, theme)
    if picture.focused:
        painter.setPen(QPen(QColor(theme.accent), 1, Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(layout.centre, layout.radius + 3, layout.radius + 3)


def _paint_ground(painter: QPainter, layout: Layout, theme: Theme) -> None:
    centre, radius = layout.centre, layout.radius
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(QColor(theme.plot_background))
    painter.drawEllipse(centre, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.window))
    painter.drawEllipse(centre, layout.band + BAND / 2, layout.band + BAND / 2)
    painter.setBrush(QColor(theme.plot_background))
    painter.drawEllipse(centre, layout.band - BAND / 2, layout.band - BAND / 2)
    painter.setPen(QPen(QColor(theme.grid), 1))
    for phi in range(0, 180, 30):
        inner = layout.band - BAND / 2
        painter.drawLine(position(centre, inner, phi), position(centre, -inner, phi))
    painter.setPen(QColor(theme.muted))
    metrics = painter.fontMetrics()
    for phi, text in _LABELS.items():
        half = QPointF(metrics.horizontalAdvance(text) / 2, metrics.height() / 2)
        away = radius + 5 + (half.x() if phi % 180 == 0 else half.y())
        middle = position(centre, away, phi)
        box = QRectF(middle - half, middle + half)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _paint_flow(painter: QPainter, layout: Layout, theme: Theme) -> None:
    """Draw an arrow along 0°, the direction of flow."""
    centre = layout.centre
    length = layout.dots * 0.5
    colour = QColor(theme.muted)
    painter.setPen(QPen(colour, 1.6))
    tip = QPointF(centre.x() + length, centre.y())
    painter.drawLine(QPointF(centre.x() - length, centre.y()), tip)
    painter.setBrush(colour)
    painter.drawPolygon(
        QPolygonF([tip + QPointF(1, 0), tip + QPointF(-8, -4), tip + QPointF(-8, 4)])
    )
    box = QRectF(centre.x() - length, centre.y() + 3, 2 * length, 18)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "flow")


def _paint_arc(
    painter: QPainter, layout: Layout, limits: PhiRange, theme: Theme, *, marked: bool
) -> None:
    centre, radius = layout.centre, layout.band
    box = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
    span = width(limits)
    colour = QColor(theme.accent)
    if not marked:
        colour.setAlphaF(0.55)
    pen = QPen(colour, BAND - 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # Qt counts in sixteenths of a degree; the least arc stays visible.
    painter.drawArc(box, round(limits.minimum * 16), round(max(span, 0.5) * 16))
    wedge = QColor(theme.accent)
    wedge.setAlphaF(0.10)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(wedge)
    painter.drawPie(box, round(limits.minimum * 16), round(span * 16))
    if span >= FULL:
        return
    painter.setPen(QPen(QColor(theme.accent), 2))
    painter.setBrush(QColor(theme.plot_background))
    for end in (limits.minimum, limits.maximum):
        painter.drawEllipse(position(centre, radius, end), 5.5, 5.5)


def _paint_dots(
    painter: QPainter, layout: Layout, picture: DialPicture, theme: Theme
) -> None:
    points = layout.dot_positions(picture.phi)
    for point, used, off in zip(points, picture.used, picture.disabled, strict=True):
        colour = QColor(theme.data if used else theme.muted)
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(colour if used else QColor(theme.plot_background))
        if off:
            for dx in (-DOT, DOT):
                painter.drawLine(point + QPointF(-dx, -DOT), point + QPointF(dx, DOT))
        else:
            painter.drawEllipse(point, DOT, DOT)

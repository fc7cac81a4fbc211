"""`fit.png`: data, fit and residual of a few angles, and the numbers of the fit.

Matplotlib is imported on the first call, without pyplot: no global state, no window.
Large maps are averaged over blocks before they are drawn, and the text says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.report import figure_text
from engine.report.panels import Panel
from engine.report.sheet import LINE_SPACING, TEXT_POINTS, WIDTH, Sheet
from engine.result import FitResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_DPI = 110
_MASKED = "0.72"
_COLUMNS = ("data", "fit", "(data − fit) / σ")
_BAR_BELOW, _BAR_HEIGHT = 0.58, 0.1
"""Of the colour bars, below the lowest map of their block [inches]."""


def write_figure(
    path: Path, panels: Sequence[Panel], *, result: FitResult, times: np.ndarray
) -> None:
    """Draw `fit.png`.

    Parameters
    ----------
    panels
        The angles to draw.
    times
        The fitted time axis [s].
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    texts = (
        figure_text.numbers(result),
        figure_text.angles(result),
        figure_text.remarks(result, panels),
    )
    sheet = Sheet(len(panels), tuple(text.count("\n") + 1 for text in texts))
    figure = Figure(figsize=(WIDTH, sheet.height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    half = (times[1] - times[0]) / 2
    extent = (times[0] - half, times[-1] + half) * 2
    _draw_maps(figure, sheet, panels, result, extent)
    _write(figure, sheet, (0.3, 0.32), figure_text.heading(result), size=13)
    _write(figure, sheet, (WIDTH - 0.25, 0.32), figure_text.source(result), size=10)
    for place, text in zip(sheet.texts(), texts, strict=True):
        _write(figure, sheet, place, text)
    figure.savefig(path, dpi=_DPI, metadata={"Software": "twotime"})


def _draw_maps(
    figure: Figure,
    sheet: Sheet,
    panels: Sequence[Panel],
    result: FitResult,
    extent: tuple[float, ...],
) -> None:
    sigma = result.quality.noise_sigma
    levels = _robust_levels([p.data for p in panels])
    scaled = [p.residual * p.reduction / sigma for p in panels]
    reach = _robust_reach(scaled)
    for angle, (p, residual) in enumerate(zip(panels, scaled, strict=True)):
        axes = [_axes(figure, sheet, angle, column) for column in range(3)]
        images = [
            _draw(axes[0], p.data, levels, extent),
            _draw(axes[1], p.model, levels, extent),
            _draw(axes[2], residual, (-reach, reach), extent),
        ]
        axes[0].set_ylabel(f"φ = {p.phi:.2f}°\n$t_2$ [s]")
        if angle % sheet.rows == 0:
            for ax, name in zip(axes, _COLUMNS, strict=True):
                ax.set_title(name, fontsize=11)
        _label(axes, last=sheet.is_last(angle))
        if angle in sheet.last_of_blocks():
            _colour_bar(figure, sheet, angle, images[1], (0, 1), "$c_2$")
            _colour_bar(figure, sheet, angle, images[2], (2, 2), _COLUMNS[2])


def _axes(figure: Figure, sheet: Sheet, angle: int, column: int) -> Axes:
    x, y = sheet.map(angle, column)
    return figure.add_axes(_fraction(sheet, x, y, sheet.side, sheet.side))


def _fraction(
    sheet: Sheet, x: float, y: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Return a rectangle given by its upper left corner in fractions of the page."""
    return (
        x / WIDTH,
        1 - (y + height) / sheet.height,
        width / WIDTH,
        height / sheet.height,
    )


def _draw(
    ax: Axes,
    image: NDArray[np.float32],
    levels: tuple[float, float],
    extent: tuple[float, ...],
) -> AxesImage:
    diverging = levels[0] == -levels[1]
    ax.set_facecolor(_MASKED)
    return ax.imshow(
        image,
        cmap="RdBu_r" if diverging else "viridis",
        vmin=levels[0],
        vmax=levels[1],
        extent=(extent[0], extent[1], extent[2], extent[3]),
        origin="lower",
        interpolation="nearest",
    )


def _label(axes: Sequence[Axes], *, last: bool) -> None:
    for column, ax in enumerate(axes):
        ax.tick_params(labelsize=8, labelleft=column == 0, labelbottom=last)
        if last:
            ax.set_xlabel("$t_1$ [s]", fontsize=9)


def _colour_bar(
    figure: Figure,
    sheet: Sheet,
    angle: int,
    image: AxesImage,
    columns: tuple[int, int],
    label: str,
) -> None:
    """Draw a colour bar below some columns of the lowest angle of a block."""
    left, y = sheet.map(angle, columns[0])
    right = sheet.map(angle, columns[1])[0] + sheet.side
    margin = 0.12 * sheet.side
    place = _fraction(
        sheet,
        left + margin,
        y + sheet.side + _BAR_BELOW,
        right - left - 2 * margin,
        _BAR_HEIGHT,
    )
    bar = figure.colorbar(
        image, cax=figure.add_axes(place), orientation="horizontal", extend="both"
    )
    bar.ax.tick_params(labelsize=8)
    bar.set_label(label, fontsize=9, labelpad=1)


def _write(
    figure: Figure,
    sheet: Sheet,
    place: tuple[float, float],
    text: str,
    *,
    size: float | None = None,
) -> None:
    """Write a column of numbers, or with a size a line of the heading."""
    x, y = place[0] / WIDTH, 1 - place[1] / sheet.height
    if size is None:
        figure.text(
            x, y, text, family="monospace", fontsize=TEXT_POINTS, va="top",
            linespacing=LINE_SPACING,
        )  # fmt: skip
        return
    at_right = x > 0.5
    figure.text(
        x, y, text, fontsize=size, va="center", ha="right" if at_right else "left",
        weight="normal" if at_right else "bold",
    )  # fmt: skip


def _robust_levels(images: Sequence[NDArray[np.float32]]) -> tuple[float, float]:
    finite = np.concatenate([image[np.isfinite(image)] for image in images])
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite, [0.5, 99.5])
    return (float(low), float(high)) if low < high else (low - 0.5, low + 0.5)


def _robust_reach(images: Sequence[NDArray[np.float32]]) -> float:
    finite = np.concatenate([image[np.isfinite(image)] for image in images])
    if not finite.size:
        return 1.0
    return float(np.abs(np.percentile(finite, [1, 99])).max()) or 1.0

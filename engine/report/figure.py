"""`fit.png`: data, fit and residual of a few angles beside the parameter table.

Matplotlib is imported on the first call, without pyplot: no global state, no window.
Large maps are averaged over blocks before they are drawn, and the caption says so.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.conventions import Convention
from engine.models.specs import model_spec
from engine.report.maps import AngleMaps
from engine.report.table import parameter_table, scaling_table, status_lines
from engine.result import FitResult
from engine.units import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

MAX_ROWS = 6
"""Angles drawn at most."""
MAX_SIDE = 512
"""Pixels a map is reduced to at most, along each axis."""
_STRIP = 64
_DPI = 110
_ROW_INCHES = 2.95
_MARGIN_INCHES = 1.4
_MASKED = "0.72"
_TEXT_COLUMNS = 78
_MAX_LISTED = 30


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """What is drawn of one angle: reduced maps, the diagonal left out."""

    phi: float
    data: NDArray[np.float32]
    model: NDArray[np.float32]
    residual: NDArray[np.float32]
    reduction: int
    """Frames averaged to one drawn pixel, along each axis."""


def chosen_rows(n_angles: int) -> list[int]:
    """Return the positions of the angles drawn, evenly over all of them."""
    if n_angles <= MAX_ROWS:
        return list(range(n_angles))
    return [int(k) for k in np.linspace(0, n_angles - 1, MAX_ROWS).round()]


def panel(maps: AngleMaps) -> Panel:
    """Reduce the maps of one angle to what is drawn."""
    reduction = -(-maps.data.shape[0] // MAX_SIDE)
    data, model = (block_mean(image, reduction) for image in (maps.data, maps.model))
    return Panel(maps.phi, data, model, data - model, reduction)


def block_mean(image: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Average blocks of size × size pixels, leaving out the diagonal and NaN.

    The last blocks of a side that `size` does not divide are smaller. A block with no
    finite pixel is NaN. The image is taken in strips, so that little memory is needed.
    """
    n = image.shape[0]
    edges = np.arange(0, n, size)
    reduced = np.empty((edges.size, edges.size), np.float32)
    rows = size * _STRIP
    for top in range(0, n, rows):
        strip = np.array(image[top : top + rows], dtype=np.float32)
        inside = np.arange(strip.shape[0])
        strip[inside, top + inside] = np.nan
        finite = np.isfinite(strip)
        strip[~finite] = 0
        starts = np.arange(0, strip.shape[0], size)
        total = _block_sum(strip, starts, edges)
        count = _block_sum(finite.astype(np.float32), starts, edges)
        first = top // size
        with np.errstate(invalid="ignore"):
            reduced[first : first + starts.size] = total / count
    return reduced


def write_figure(
    path: Path, panels: Sequence[Panel], *, result: FitResult, times: np.ndarray
) -> None:
    """Draw `fit.png`.

    Parameters
    ----------
    panels
        The angles to draw, one row each.
    times
        The fitted time axis [s].
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = max(_ROW_INCHES * len(panels), 4.0) + _MARGIN_INCHES
    figure = Figure(figsize=(16.5, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    bottom, top = 1.0 / height, 1 - 0.75 / height
    grid = figure.add_gridspec(
        len(panels), 3, left=0.055, right=0.58, bottom=bottom, top=top,
        wspace=0.06, hspace=0.08,
    )  # fmt: skip
    half = (times[1] - times[0]) / 2
    extent = (times[0] - half, times[-1] + half) * 2
    axes = [
        [figure.add_subplot(grid[row, column]) for column in range(3)]
        for row in range(len(panels))
    ]
    _draw_maps(figure, axes, panels, result, extent)
    _write_text(figure, result, panels)
    figure.savefig(path, dpi=_DPI, metadata={"Software": "twotime"})


def _draw_maps(
    figure: Figure,
    axes: list[list[Axes]],
    panels: Sequence[Panel],
    result: FitResult,
    extent: tuple[float, ...],
) -> None:
    sigma = result.quality.noise_sigma
    low, high = _robust_levels([p.data for p in panels])
    scaled = [p.residual * p.reduction / sigma for p in panels]
    reach = _robust_reach(scaled)
    images: list[AxesImage] = []
    for row, (p, residual) in enumerate(zip(panels, scaled, strict=True)):
        images = [
            _draw(axes[row][0], p.data, (low, high), extent),
            _draw(axes[row][1], p.model, (low, high), extent),
            _draw(axes[row][2], residual, (-reach, reach), extent),
        ]
        axes[row][0].set_ylabel(f"φ = {p.phi:.2f}°\n$t_1$ [s]")
        _label(axes[row], last=row == len(panels) - 1)
    names = ("data", "fit", "(data − fit) / σ")
    for ax, name in zip(axes[0], names, strict=True):
        ax.set_title(name, fontsize=11)
    for image, column, label in (
        (images[1], axes[-1][0:2], "$c_2$"),
        (images[2], axes[-1][2:], "(data − fit) / σ"),
    ):
        _colour_bar(figure, image, column, label)


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
            ax.set_xlabel("$t_2$ [s]", fontsize=9)


def _colour_bar(
    figure: Figure, image: AxesImage, axes: Sequence[Axes], label: str
) -> None:
    for ax in axes:
        ax.apply_aspect()
    first, last = axes[0].get_position(), axes[-1].get_position()
    inches = float(figure.get_size_inches()[1])
    margin = 0.12 * first.width
    place = (
        first.x0 + margin,
        0.42 / inches,
        last.x1 - first.x0 - 2 * margin,
        0.1 / inches,
    )
    bar = figure.colorbar(
        image, cax=figure.add_axes(place), orientation="horizontal", extend="both"
    )
    bar.ax.tick_params(labelsize=8)
    bar.set_label(label, fontsize=9, labelpad=1)


def _write_text(figure: Figure, result: FitResult, panels: Sequence[Panel]) -> None:
    height = float(figure.get_size_inches()[1])
    top = 1 - 0.3 / height
    spec = model_spec(result.model)
    given = result.input
    title = f"{spec.title}   q = {format_number(given.q)} Å⁻¹"
    figure.text(0.055, top, title, fontsize=13, weight="bold", va="center")
    name = f"{Path(given.path).name}, frames {given.frames[0]}-{given.frames[1]}"
    figure.text(0.985, top, name, fontsize=10, va="center", ha="right")
    figure.text(
        0.597,
        1 - 0.75 / height,
        "\n\n".join(_text_blocks(result, panels)),
        family="monospace",
        fontsize=8,
        va="top",
        linespacing=1.35,
    )


def _text_blocks(result: FitResult, panels: Sequence[Panel]) -> list[str]:
    status = status_lines(result)
    blocks = [
        "\n".join(_wrapped(line) for line in (status[0], status[2])),
        parameter_table(result),
        scaling_table(result, _listed_angles(result)),
    ]
    if model_spec(result.model).sheared:
        formula = Convention(result.convention).formula
        blocks.append(f"shear convention {result.convention}: {formula} in c2")
    blocks.extend(_wrapped(f"! {text}") for text in result.quality.warnings)
    blocks.append(_wrapped(_caption(result, panels)))
    return blocks


def _listed_angles(result: FitResult) -> Sequence[int]:
    n_angles = len(result.input.phi)
    return range(n_angles) if n_angles <= _MAX_LISTED else chosen_rows(n_angles)


def _caption(result: FitResult, panels: Sequence[Panel]) -> str:
    n_angles, size = len(result.input.phi), panels[0].reduction
    notes = []
    if len(panels) < n_angles:
        notes.append(f"{len(panels)} of {n_angles} fitted angles are drawn.")
    if size > 1:
        notes.append(
            f"Drawn pixels are means of {size} × {size} frames; their residuals are "
            f"shown in units of σ/{size}."
        )
    notes.append("Grey: the diagonal and pixels without a value.")
    return " ".join(notes)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _TEXT_COLUMNS, subsequent_indent="  ")


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


def _block_sum(strip: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return np.add.reduceat(np.add.reduceat(strip, columns, axis=1), rows, axis=0)

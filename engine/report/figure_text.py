"""The text beside the maps of `fit.png`: how the fit ended, numbers, warnings."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

from engine.conventions import Convention
from engine.models.specs import model_spec
from engine.report.panels import Panel, chosen_rows
from engine.report.table import parameter_table, scaling_table, status_lines
from engine.result import FitResult
from engine.units import format_number

_COLUMNS = 92
_MAX_LISTED = 30


def heading(result: FitResult) -> str:
    """Return what was fitted, in a few words."""
    title = model_spec(result.model).title
    return f"{title}   q = {format_number(result.input.q)} Å⁻¹"


def source(result: FitResult) -> str:
    """Return which frames of which file were fitted."""
    first, last = result.input.frames
    return f"{Path(result.input.path).name}, frames {first}–{last}"


def numbers(result: FitResult) -> str:
    """Return how the fit ended, and the physical parameters."""
    status = status_lines(result)
    spec = model_spec(result.model)
    given = [f"dt = {format_number(result.input.dt)} s"]
    if spec.sheared and result.gap is not None:
        given.append(f"gap L = {format_number(result.gap)} Å")
    given.append(f"scaling {result.degeneracy.chosen or result.scaling.mode}")
    blocks = [
        "\n".join(
            _wrapped(line) for line in (status[0], *status[2:], ", ".join(given))
        ),
        parameter_table(result),
    ]
    if spec.sheared:
        formula = Convention(result.convention).formula
        blocks.append(f"shear convention {result.convention}: {formula} in c2")
    return "\n\n".join(blocks)


def angles(result: FitResult) -> str:
    """Return contrast and offset of the angles."""
    return scaling_table(result, _listed_angles(result))


def remarks(result: FitResult, panels: Sequence[Panel]) -> str:
    """Return the warnings, and what is not drawn as it is."""
    warnings = (_wrapped(f"! {text}") for text in result.quality.warnings)
    return "\n\n".join((*warnings, _wrapped(_caption(result, panels))))


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
    return textwrap.fill(text, _COLUMNS, subsequent_indent="  ")

"""What is under the cursor of the maps, in words and numbers."""

import math

from app.widgets.c2_layout import DATA, MODEL, RESIDUAL
from app.widgets.map_image import TimeAxes


def readout_text(
    axes: TimeAxes,
    position: tuple[float, float],
    values: dict[str, float],
    sigma: float | None,
) -> str:
    """Return what is under the cursor in words and numbers.

    Parameters
    ----------
    axes : TimeAxes
    position : tuple
        t1 and t2 [s]; the centre of the element there is named.
    values : dict
        Of each map; NaN where there is none. The residual is in units of `sigma` if
        that is given.
    sigma : float or None
    """
    decimals = min(9, max(0, math.ceil(-math.log10(axes.step) - 1e-9) + 1))
    frames = (math.floor((t - axes.low) / axes.step) for t in position)
    t1, t2 = (axes.start + frame * axes.step for frame in frames)
    parts = [f"t₁ {t1:.{decimals}f} s", f"t₂ {t2:.{decimals}f} s"]
    for name in (DATA, MODEL):
        if math.isfinite(values[name]):
            parts.append(f"{name} {values[name]:.4f}")
    residual = values[RESIDUAL]
    if math.isfinite(residual):
        if sigma is None:
            parts.append(f"residual {residual:+.4f}")
        else:
            parts.append(f"residual {residual * sigma:+.4f} ({residual:+.1f} σ)")
    return "   ".join(parts).replace("-", "−")

"""Where fits end whose shear has collapsed, by what the monitor does about it."""

from dataclasses import dataclass

import numpy as np

from engine.layer_options import CollapseResponse, LayerOptions, MonitorOptions
from engine.options import Options
from engine.result import FitResult
from engine.setup import Scaling
from engine.simulate.surface import simulate
from tests.bench.scaling_study import N_FRAMES, fitted, request

NO_FLOW = {"gamma_dot_t_offset": 0.0}
STARTS = {
    "30 to 40 % off": {},
    "γ̇₀ 1000 × low": {"gamma_dot_t0": 2e-6, **NO_FLOW},
    "φ₀ 80° off": {"phi0": 84.0},
    "γ̇₀ 1000 × low, φ₀ 80° off": {"gamma_dot_t0": 2e-6, **NO_FLOW, "phi0": 84.0},
    "an archived collapsed result": {
        "D0": 92021.0,
        "alpha": -1.2,
        "D_offset": 2000.0,
        "gamma_dot_t0": 1e-6,
        **NO_FLOW,
        "phi0": 0.0,
    },
}
"""Start values besides the usual ones; the archived run held its shear at the bound."""
OFF = "layers off"
WAYS = {
    OFF: LayerOptions(enable=False),
    **{
        str(response): LayerOptions(monitor=MonitorOptions(response=response))
        for response in CollapseResponse
    },
}
DEFAULT = str(MonitorOptions().response)


@dataclass(frozen=True)
class End:
    """One fit in the mode `individual`."""

    start: str
    way: str
    result: FitResult
    truth: dict
    seconds: float

    @property
    def off_by(self):
        """Largest |pull|; infinite where a parameter has no error."""
        return max(
            abs(p.value - self.truth[p.name]) / p.stderr if p.stderr else np.inf
            for p in self.result.parameters
        )

    @property
    def fired(self):
        """How often the monitor did."""
        return self.result.degeneracy.layers["gradient_monitoring"].count

    def __str__(self):
        values, quality = self.result.values, self.result.quality
        far = f"{self.off_by:.1f} σ" if np.isfinite(self.off_by) else "no error"
        return (
            f"| {self.start} | {self.way} | {values['D0']:.0f} "
            f"| {values['gamma_dot_t0']:.3g} | {values['phi0']:.2f}° | {far} "
            f"| {quality.reduced_chi_squared:.4f} | {self.result.status.state} "
            f"| {quality.flag} | {self.fired} | {self.seconds:.1f} s |"
        )


def ends(n_frames=N_FRAMES, starts=tuple(STARTS), ways=tuple(WAYS)):
    """Yield the end of every fit of one run with a smooth variation of the contrast."""
    wanted = request("smooth", 0, n_frames)
    data = simulate(wanted)
    for start in starts:
        for way in ways:
            result, seconds = fitted(
                wanted,
                data,
                scaling=Scaling.INDIVIDUAL,
                start=STARTS[start],
                options=Options(layers=WAYS[way]),
            )
            yield End(start, way, result, wanted.truth, seconds)


def table(found):
    """Return the table of the study."""
    lines = [
        "| start | response | D0 | γ̇₀ | φ₀ | off by | χ²ᵣ | state | flag | fired |"
        " fit |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(str, found)])

"""Names of the choices a run file may make, archived synonyms included."""

from collections.abc import Mapping

from engine.conventions import Convention
from engine.layer_options import CollapseResponse, CvMode
from engine.options import Normalization, Verbosity
from engine.setup import Loss, Scaling, Strategy

CONVENTIONS: Mapping[str, Convention] = {c.value: c for c in Convention}
CV_MODES: Mapping[str, CvMode] = {mode.value: mode for mode in CvMode}
LOSSES: Mapping[str, Loss] = {loss.value: loss for loss in Loss}
NORMALIZATIONS: Mapping[str, Normalization] = {n.value: n for n in Normalization}
RESPONSES: Mapping[str, CollapseResponse] = {r.value: r for r in CollapseResponse}
SCALINGS: Mapping[str, Scaling] = {s.value: s for s in Scaling} | {
    "independent": Scaling.INDIVIDUAL,
    "auto_averaged": Scaling.AVERAGED,
}
STRATEGIES: Mapping[str, Strategy] = {s.value: s for s in Strategy}
VERBOSITIES: Mapping[str, Verbosity] = {
    str(level): verbosity for level, verbosity in enumerate(Verbosity)
}
"""The levels 0, 1 and 2 of the archived programs."""

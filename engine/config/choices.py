"""Names of the choices a run file may make, archived synonyms included."""

from collections.abc import Mapping

from engine.conventions import Convention
from engine.setup import Loss, Scaling, Strategy

CONVENTIONS: Mapping[str, Convention] = {c.value: c for c in Convention}
LOSSES: Mapping[str, Loss] = {loss.value: loss for loss in Loss}
SCALINGS: Mapping[str, Scaling] = {s.value: s for s in Scaling} | {
    "independent": Scaling.INDIVIDUAL,
    "auto_averaged": Scaling.AVERAGED,
}

STRATEGIES_TO_COME = ("large", "chunked", "streaming")
"""Known names of strategies that cannot be forced yet: the choice stays automatic."""

STRATEGIES: Mapping[str, Strategy] = {
    **{s.value: s for s in Strategy},
    **dict.fromkeys(STRATEGIES_TO_COME, Strategy.AUTO),
}

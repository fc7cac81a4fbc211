"""Why the solver stopped, as data; the sentences are what the user reads."""

from enum import StrEnum

from engine.result import State


class Reason(StrEnum):
    """Why the solver stopped; the value is the short code of `result.json`."""

    EDM = "edm"
    FTOL = "ftol"
    XTOL = "xtol"
    GTOL = "gtol"
    STEP_AND_COST = "step_and_cost"
    AT_MINIMUM = "start_is_minimum"
    PRECISION = "precision_limit"
    NO_DESCENT = "no_descent"
    NO_RESPONSE = "no_response"
    MAX_ITERATIONS = "max_iterations"
    NON_FINITE_START = "non_finite_start"
    NON_FINITE = "non_finite"
    COLLAPSE = "gradient_collapse"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Somebody else goes on from here; no fit ends so."""

    @property
    def state(self) -> State:
        """The state it stands for."""
        if self is Reason.CANCELLED:
            return State.CANCELLED
        if self is Reason.NON_FINITE_START:
            return State.FAILED
        return State.CONVERGED if self in _CONVERGED else State.NOT_CONVERGED

    @property
    def sentence(self) -> str:
        """What the user reads."""
        return _SENTENCES[self]


_CONVERGED = {
    Reason.EDM,
    Reason.FTOL,
    Reason.XTOL,
    Reason.GTOL,
    Reason.STEP_AND_COST,
    Reason.AT_MINIMUM,
    Reason.PRECISION,
}
_SENTENCES = {
    Reason.EDM: "Converged: the estimated distance to the minimum is negligible.",
    Reason.FTOL: "Converged: the last step lowered the cost by less than ftol.",
    Reason.XTOL: "Converged: the last step changed every coefficient by less than "
    "xtol of itself.",
    Reason.GTOL: "Converged: the scaled gradient is below gtol.",
    Reason.STEP_AND_COST: "Converged: the last step changed neither any coefficient "
    "nor the cost by more than the tolerance.",
    Reason.AT_MINIMUM: "Converged: the start values are already at the minimum, no "
    "step was needed.",
    Reason.PRECISION: "Converged: no step lowers the cost within the precision of the "
    "numbers, and the estimated distance to the minimum is small.",
    Reason.NO_DESCENT: "Not converged: no step lowers the cost, yet this is not a "
    "minimum; try other start values.",
    Reason.NO_RESPONSE: "Not converged: at these values the model does not respond to "
    "any free parameter; change the start values.",
    Reason.MAX_ITERATIONS: "Not converged: the limit of iterations was reached while "
    "the cost was still falling; continue from here or raise the limit.",
    Reason.NON_FINITE_START: "Failed: the model is not finite at the start values; "
    "change them or their bounds.",
    Reason.NON_FINITE: "Not converged: the model is not finite at a point that was "
    "tried; change the start values or narrow the bounds.",
    Reason.COLLAPSE: "Not converged: the shear rate lost its influence on the way, and "
    "the collapse monitor stopped the fit at its best point; change the start values.",
    Reason.INTERRUPTED: "Interrupted.",
    Reason.CANCELLED: "Stopped by the user; this is the best point so far.",
}

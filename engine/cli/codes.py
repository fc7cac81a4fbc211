"""Exit codes, which scripts and pipelines rely on."""

from engine.result import State

CONVERGED = 0
NOT_CONVERGED = 1
WRONG_INPUT = 2
INTERNAL_ERROR = 3
CANCELLED = 130

OF_STATE = {
    State.CONVERGED: CONVERGED,
    State.NOT_CONVERGED: NOT_CONVERGED,
    State.FAILED: NOT_CONVERGED,
    State.CANCELLED: CANCELLED,
}
"""Exit code of a fit whose result was written."""

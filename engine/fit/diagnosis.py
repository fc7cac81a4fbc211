"""What kind of failure a fit met, and what the user can do about it.

Kinds are told by the type of an exception and by the reason the solver gives, never by
words in a message: "maximum" is no iteration limit, "information" no infinity.
"""

import errno
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jax.errors import JaxRuntimeError

from engine.data.tile_store import ScratchError
from engine.errors import InputError, ReadError
from engine.fit import advice
from engine.result import Diagnosis, State
from engine.routing.failures import FailureKind
from engine.solver.status import Reason

OUT_OF_MEMORY = "out_of_memory"
CONVERGENCE = "convergence_failure"
BOUNDS = "bounds_violation"
ILL_CONDITIONED = "ill_conditioned_jacobian"
NUMERICAL = "numerical_instability"
UNKNOWN = "unknown_error"
CATEGORIES = (
    OUT_OF_MEMORY, CONVERGENCE, BOUNDS, ILL_CONDITIONED, NUMERICAL, UNKNOWN,
)  # fmt: skip

_XLA_EXHAUSTED = ("RESOURCE_EXHAUSTED", "Out of memory")
"""Status XLA puts before the message of an error that has one type for everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is known of the point where a fit ended."""

    at_bound: tuple[str, ...]
    undetermined: tuple[str, ...]
    combinations: tuple[str, ...]
    finite: bool
    free: tuple[str, ...]


def failure_kind(error: BaseException) -> FailureKind | None:
    """Return what failed, None for a defect of the program or a mistake of the user.

    An error of ours counts as what the system raised beneath it.
    """
    for cause in _causes(error):
        if isinstance(cause, MemoryError) or _exhausted(cause):
            return FailureKind.MEMORY
        if isinstance(cause, OSError | ReadError):
            return FailureKind.INPUT_OUTPUT
        if isinstance(cause, FloatingPointError | np.linalg.LinAlgError):
            return FailureKind.NUMERICAL
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and, beneath a sentence for the user, what the system raised.

    The innermost comes first: it says best what happened.
    """
    if isinstance(error, InputError) and error.__cause__ is not None:
        yield from _causes(error.__cause__)
    yield error


def _exhausted(error: BaseException) -> bool:
    return isinstance(error, JaxRuntimeError) and str(error).startswith(_XLA_EXHAUSTED)


def diagnose(
    cause: Reason | BaseException,
    *,
    at_bound: tuple[str, ...] = (),
    undetermined: tuple[str, ...] = (),
    combinations: tuple[str, ...] = (),
    finite: bool = True,
    free: tuple[str, ...] = (),
) -> Diagnosis:
    """Return the category of a failure, and what can be done.

    Parameters
    ----------
    cause
        Why the solver stopped, or the exception that ended the fit.
    at_bound
        Names of the coefficients at a bound.
    undetermined
        Names of those the data do not determine.
    combinations
        A sentence for each combination of them that the data leave open.
    finite
        Whether cost and derivatives were finite at the end.
    free
        Names of the free physical parameters.

    Raises
    ------
    ValueError
        For a fit that converged or was stopped by the user: nothing failed.
    """
    facts = _Facts(
        at_bound=at_bound,
        undetermined=undetermined,
        combinations=combinations,
        finite=finite,
        free=free,
    )
    if isinstance(cause, Reason):
        return _of_reason(cause, facts)
    return _of_error(cause, facts)


def _of_reason(reason: Reason, facts: _Facts) -> Diagnosis:
    if reason.state in {State.CONVERGED, State.CANCELLED}:
        raise ValueError(f"a fit that ended with {reason.value} has no diagnosis")
    if reason in {Reason.NON_FINITE_START, Reason.NON_FINITE} or not facts.finite:
        category, advised = NUMERICAL, advice.not_finite(facts.free)
    elif reason is Reason.NO_RESPONSE:
        category, advised = ILL_CONDITIONED, advice.no_response(facts.free)
    elif facts.undetermined or facts.combinations:
        category = ILL_CONDITIONED
        advised = advice.undetermined(facts.undetermined, facts.combinations)
    elif reason is Reason.NO_DESCENT and facts.at_bound:
        category, advised = BOUNDS, advice.at_bound(facts.at_bound)
    else:
        category = CONVERGENCE
        limit = reason is Reason.MAX_ITERATIONS
        advised = advice.not_converged(facts.at_bound, at_limit=limit)
    return Diagnosis(category=category, message=reason.sentence, advice=advised)


def _of_error(error: BaseException, facts: _Facts) -> Diagnosis:
    kind = failure_kind(error)
    if kind is FailureKind.MEMORY:
        message = "There was not enough memory for this fit."
        return Diagnosis(
            category=OUT_OF_MEMORY, message=message, advice=advice.OUT_OF_MEMORY
        )
    if kind is FailureKind.INPUT_OUTPUT:
        return _of_input_output(error)
    if kind is FailureKind.NUMERICAL:
        return _of_numbers(error, facts)
    return Diagnosis(category=UNKNOWN, message=_told(error), advice=advice.UNKNOWN)


def _of_input_output(error: BaseException) -> Diagnosis:
    """Return the diagnosis of a disk or file that refused."""
    if any(isinstance(e, ScratchError) for e in _causes(error)):
        message = _told(error)
        return Diagnosis(category=UNKNOWN, message=message, advice=advice.NO_SCRATCH)
    codes = {e.errno for e in _causes(error) if isinstance(e, OSError)}
    full = not codes.isdisjoint({errno.ENOSPC, errno.EDQUOT})
    return Diagnosis(
        category=UNKNOWN,
        message=_told(error),
        advice=advice.DISK_FULL if full else advice.UNREADABLE,
    )


def _of_numbers(error: BaseException, facts: _Facts) -> Diagnosis:
    singular = any(isinstance(e, np.linalg.LinAlgError) for e in _causes(error))
    if singular and facts.finite:
        return Diagnosis(
            category=ILL_CONDITIONED,
            message="The equations of the fit could not be solved: the data do not "
            "determine every free parameter.",
            advice=advice.undetermined(facts.undetermined, facts.combinations),
        )
    return Diagnosis(
        category=NUMERICAL,
        message="Numbers in the fit became infinite or undefined.",
        advice=advice.not_finite(facts.free),
    )


def _told(error: BaseException) -> str:
    """Return the message of an error as one sentence."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        text = f"{error.strerror}{where}"
    return f"{text[0].upper()}{text[1:].rstrip('.')}."

"""Failures are told apart by type and solver status, never by words in a message."""

import errno

import jax.numpy as jnp
import numpy as np
import pytest
from jax.errors import JaxRuntimeError

from engine.errors import DataError, OutputError, ReadError
from engine.fit.diagnosis import CATEGORIES, diagnose, failure_kind
from engine.result import State
from engine.routing.failures import FailureKind
from engine.solver.status import Reason

NAMES = ("D0", "alpha", "D_offset")
FULL_DISK = OSError(errno.ENOSPC, "No space left on device", "/scratch/tiles")
FAILED = [r for r in Reason if r.state in {State.NOT_CONVERGED, State.FAILED}]
ENDED_WELL = [r for r in Reason if r not in FAILED]


def raised(error, cause=None):
    """Return an error as it is caught, with what it was raised from."""
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def numpy_out_of_memory():
    try:
        np.empty(2**58, np.int8)
    except MemoryError as error:
        return error
    raise AssertionError("this machine has too much memory")


def xla_out_of_memory():
    try:
        jnp.zeros(2**46, jnp.float32).block_until_ready()
    except JaxRuntimeError as error:
        return error
    raise AssertionError("this machine has too much memory")


def singular():
    try:
        np.linalg.inv(np.zeros((2, 2)))
    except np.linalg.LinAlgError as error:
        return error
    raise AssertionError("zero was inverted")


def overflow():
    try:
        with np.errstate(over="raise"):
            np.exp(np.array([1e4]))
    except FloatingPointError as error:
        return error
    raise AssertionError("no overflow")


class TestFailureKind:
    @pytest.mark.parametrize(
        ("make", "expected"),
        [
            (MemoryError, FailureKind.MEMORY),
            (numpy_out_of_memory, FailureKind.MEMORY),
            (xla_out_of_memory, FailureKind.MEMORY),
            (lambda: FULL_DISK, FailureKind.INPUT_OUTPUT),
            (lambda: OSError("Unspecified error in H5Dread"), FailureKind.INPUT_OUTPUT),
            (lambda: ReadError("c2_00001 cannot be read"), FailureKind.INPUT_OUTPUT),
            (overflow, FailureKind.NUMERICAL),
            (singular, FailureKind.NUMERICAL),
        ],
    )
    def test_by_type(self, make, expected):
        assert failure_kind(make()) is expected

    @pytest.mark.parametrize(
        "error",
        [
            # Each of these words decided elsewhere what a failure was.
            RuntimeError("maximum memory, out of memory, RESOURCE_EXHAUSTED"),
            ValueError("information: nan, inf, singular, bound, convergence"),
            TypeError("no space left on device"),
            KeyError("iteration"),
            AttributeError("condition"),
            ZeroDivisionError("division by zero"),
            JaxRuntimeError("INTERNAL: Out of memory, or so"),
            JaxRuntimeError("INVALID_ARGUMENT: RESOURCE_EXHAUSTED"),
        ],
    )
    def test_a_defect_propagates_whatever_its_words(self, error):
        assert failure_kind(error) is None

    @pytest.mark.parametrize(
        ("cause", "expected"),
        [
            (MemoryError(), FailureKind.MEMORY),
            (OSError("truncated"), FailureKind.INPUT_OUTPUT),
            (ValueError("not numbers"), None),
            (None, None),
        ],
    )
    def test_a_sentence_for_the_user_counts_as_what_lies_beneath(self, cause, expected):
        for kind in (DataError, OutputError):
            assert failure_kind(raised(kind("cannot be read"), cause)) is expected

    def test_what_a_read_error_was_raised_from_goes_first(self):
        error = raised(ReadError("cannot be read"), MemoryError())
        assert failure_kind(error) is FailureKind.MEMORY

    def test_a_defect_is_not_excused_by_what_it_was_raised_from(self):
        assert failure_kind(raised(KeyError("x"), OSError("y"))) is None


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "category"),
        [
            (MemoryError("maximum memory exceeded"), "out_of_memory"),
            (RuntimeError("maximum number of iterations"), "unknown_error"),
            (RuntimeError("out of memory"), "unknown_error"),
            (ValueError("information is singular"), "unknown_error"),
            (OSError("bound"), "unknown_error"),
            (FloatingPointError("overflow"), "numerical_instability"),
            (np.linalg.LinAlgError("max"), "ill_conditioned_jacobian"),
        ],
    )
    def test_category_by_type(self, error, category):
        assert diagnose(error).category == category

    def test_a_matrix_that_is_not_finite_is_not_called_singular(self):
        found = diagnose(np.linalg.LinAlgError("no"), finite=False, free=NAMES)
        assert found.category == "numerical_instability"

    def test_out_of_memory_says_how_to_need_less(self):
        found = diagnose(MemoryError())
        assert "memory" in found.message
        assert any("fewer angles" in a for a in found.advice)
        assert any("frames" in a for a in found.advice)
        assert any("chunked" in a for a in found.advice)

    def test_a_full_disk_has_advice_of_its_own(self):
        full = diagnose(FULL_DISK)
        other = diagnose(OSError(errno.EIO, "Input/output error", "run.h5"))
        assert full.message == "No space left on device: /scratch/tiles."
        assert any("TWOTIME_SCRATCH" in a for a in full.advice)
        assert not any("TWOTIME_SCRATCH" in a for a in other.advice)
        assert "run.h5" in other.message

    def test_a_full_disk_beneath_a_sentence_is_seen(self):
        error = raised(OutputError("the result cannot be written"), FULL_DISK)
        assert diagnose(error).advice == diagnose(FULL_DISK).advice

    def test_an_unknown_error_keeps_its_message(self):
        assert diagnose(KeyError("c2")).message == "'c2'."
        assert diagnose(RuntimeError()).message == "RuntimeError."


class TestReasons:
    @pytest.mark.parametrize(
        ("reason", "facts", "category"),
        [
            (Reason.MAX_ITERATIONS, {}, "convergence_failure"),
            (Reason.MAX_ITERATIONS, {"at_bound": ("D0",)}, "convergence_failure"),
            (Reason.NO_DESCENT, {}, "convergence_failure"),
            (Reason.NO_DESCENT, {"at_bound": ("D0",)}, "bounds_violation"),
            (
                Reason.NO_DESCENT,
                {"at_bound": ("phi0",), "undetermined": ("D0", "D_offset")},
                "ill_conditioned_jacobian",
            ),
            (Reason.NO_RESPONSE, {}, "ill_conditioned_jacobian"),
            (Reason.NON_FINITE_START, {}, "numerical_instability"),
            (Reason.NON_FINITE, {}, "numerical_instability"),
            (Reason.NO_DESCENT, {"finite": False}, "numerical_instability"),
        ],
    )
    def test_category(self, reason, facts, category):
        assert diagnose(reason, **facts, free=NAMES).category == category

    def test_names_of_the_parameters_concerned(self):
        bounded = diagnose(Reason.NO_DESCENT, at_bound=("D0", "phi0"))
        assert "D0 and phi0" in bounded.advice[0]
        lost = diagnose(Reason.NO_RESPONSE, free=NAMES)
        assert "D0, alpha and D_offset" in lost.advice[0]
        nowhere = diagnose(Reason.NON_FINITE_START, free=("D0",))
        assert "D0" in nowhere.advice[0]

    def test_the_null_combination_is_named_and_a_parameter_offered_to_fix(self):
        sentence = "The data determine only D0 + D_offset, not each of them."
        found = diagnose(
            Reason.MAX_ITERATIONS,
            undetermined=("D0", "D_offset"),
            combinations=(sentence,),
        )
        assert found.advice[0] == sentence
        assert "Fix one of D0 and D_offset" in found.advice[1]

    def test_at_the_limit_of_iterations_the_limit_is_named(self):
        assert "max_iterations" in diagnose(Reason.MAX_ITERATIONS).advice[0]
        assert "max_iterations" not in diagnose(Reason.NO_DESCENT).advice[0]

    def test_long_lists_are_cut_short(self):
        names = tuple(f"contrast[{k}]" for k in range(23))
        found = diagnose(Reason.NO_DESCENT, undetermined=names)
        assert "17 more" in " ".join(found.advice)
        assert "contrast[22]" not in " ".join(found.advice)

    @pytest.mark.parametrize("reason", ENDED_WELL)
    def test_where_nothing_failed_there_is_nothing_to_diagnose(self, reason):
        with pytest.raises(ValueError, match=reason.value):
            diagnose(reason)


@pytest.mark.parametrize(
    "cause", [*FAILED, MemoryError(), FULL_DISK, OSError(), KeyError("x"), singular()]
)
@pytest.mark.parametrize("names", [(), ("D0",), NAMES])
def test_every_diagnosis_is_complete(cause, names):
    found = diagnose(cause, at_bound=names, undetermined=names, free=names)
    assert found.category in CATEGORIES
    for text in (found.message, *found.advice):
        assert text.endswith(".")
        assert text[0].isupper() or text.startswith("'") or text[0] in "Dα"
        assert "  " not in text
        assert " ," not in text
    assert len(found.advice) >= 2

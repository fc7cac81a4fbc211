r"""What the data leave open, said in sentences: parameters that imitate one another.

The information matrix of the physical parameters, the scaling eliminated and every
parameter in units of its own conditional error, has a unit diagonal. An eigenvector of
a small eigenvalue is a change of several parameters that the data hardly see; those
with large components in it are entangled. Fixing one of them at a value that makes
sense by itself (no constant part, a constant rate, its start value) costs

.. math::

    \Delta\chi^2 = \frac{(\theta_i - v)^2}{\sigma_i^2}

to second order, and gives the others back their errors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.degeneracy import Entanglement, Remedy
from engine.fit.covariance import Uncertainties
from engine.models.specs import RATE_GROUPS
from engine.parameters import ParameterSet
from engine.units import format_number

Array = NDArray[np.float64]

_SMALL = 0.05
"""Eigenvalue below which a combination counts as hardly seen."""
_PART = 0.3
"""Component from which a parameter takes part."""
_TOLD = 3
_CORRELATED = 0.95
"""Correlation from which two parameters are called entangled."""
_GAIN = 0.8
"""An error that falls below this part of what it was is told."""
_REFUSED = 10.0
"""Rise of χ² from which a fix is no remedy; the estimate is good to a factor of 2."""


def entanglements(
    names: tuple[str, ...],
    values: Array,
    errors: Uncertainties,
    parameters: ParameterSet,
    cancelling: tuple[tuple[str, ...], ...] = (),
) -> tuple[Entanglement, ...]:
    """Return the physical parameters that are entangled, the gravest first.

    Before those that are told apart poorly come those that are not told apart at all.

    Parameters
    ----------
    names
        Free physical parameters, the first rows of `errors`.
    values
        Theirs.
    errors
        Of all coefficients.
    parameters
        With the start values.
    cancelling
        Rates whose power law and constant nearly cancel: the names of their three.
    """
    found = [_cancelled(group) for group in cancelling]
    told = {name for group in cancelling for name in group}
    found += [
        _open(lost.names, lost.sentence, parameters)
        for lost in errors.lost
        if not told.intersection(lost.names)
    ]
    inside = [i for i, name in enumerate(errors.names) if name in names]
    variances = np.diag(errors.covariance)[inside]
    usable = np.isfinite(variances) & (variances > 0)
    kept = [i for i, good in zip(inside, usable, strict=True) if good]
    kept = [i for i in kept if errors.names[i] not in told]
    if len(kept) > 1:
        inner = [names.index(errors.names[i]) for i in kept]
        covariance = errors.covariance[np.ix_(kept, kept)]
        known = _Known([errors.names[i] for i in kept], values[inner], covariance)
        found += [_entanglement(known, g, parameters) for g in _groups(covariance)]
    return tuple(found[:_TOLD])


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Parameters the data determine, well or poorly."""

    names: list[str]
    values: Array
    covariance: Array


def _cancelled(group: tuple[str, ...]) -> Entanglement:
    prefactor, exponent, constant = group
    return Entanglement(
        names=group,
        correlation=None,
        sentence=(
            f"{prefactor} and {constant} nearly cancel: the data determine the level "
            f"and the slope of the rate, not {prefactor}, {exponent} and {constant} by "
            "themselves."
        ),
        remedy=Remedy(name=constant, value=0.0, chi_squared_rise=None, stderr_after={}),
    )


def _open(
    names: tuple[str, ...], sentence: str, parameters: ParameterSet
) -> Entanglement:
    """Return what is told of a combination that the data do not determine at all."""
    physical = [name for name in names if name in parameters.names]
    usual = [(n, v) for n in physical for v in _natural(n, parameters)]
    usual += [(n, parameters[n].value) for n in physical]
    remedy = None
    if usual:
        name, value = usual[0]
        remedy = Remedy(name=name, value=value, chi_squared_rise=0.0, stderr_after={})
    return Entanglement(names=names, correlation=None, sentence=sentence, remedy=remedy)


def _groups(covariance: Array) -> list[tuple[int, ...]]:
    """Return the parameters that take part in combinations the data hardly see.

    Directions of nearly the same eigenvalue are mixed at will, and two by two is what
    people can act on: where the correlation of pairs explains a direction, they are
    told, and the direction only where no pair does.
    """
    information = np.linalg.inv(covariance)
    scale = np.sqrt(np.diag(information))
    eigenvalues, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    found = _pairs(covariance)
    for value, vector in zip(eigenvalues, vectors.T, strict=True):
        if value > _SMALL:
            break
        part = np.flatnonzero(np.abs(vector) > _PART * np.abs(vector).max())
        group = tuple(part.tolist())
        explained = any(set(pair) <= set(group) for pair in found)
        if len(group) > 1 and not explained:
            found.append(group)
    return found


def _pairs(covariance: Array) -> list[tuple[int, ...]]:
    """Return the strongly correlated pairs, the strongest first."""
    sigma = np.sqrt(np.diag(covariance))
    correlation = np.abs(covariance / np.outer(sigma, sigma))
    pairs = [
        (j, i)
        for i in range(len(correlation))
        for j in range(i)
        if correlation[i, j] >= _CORRELATED
    ]
    return sorted(pairs, key=lambda pair: -correlation[pair])


def _entanglement(
    known: _Known, group: tuple[int, ...], parameters: ParameterSet
) -> Entanglement:
    remedy = _remedy(known, group, parameters)
    correlation: float | None = None
    if len(group) == 2:
        i, j = group
        inner = known.covariance
        sigma = np.sqrt(inner[i, i] * inner[j, j])
        correlation = float(np.clip(inner[i, j] / sigma, -1.0, 1.0))
    members = tuple(known.names[i] for i in group)
    return Entanglement(
        names=members,
        correlation=correlation,
        sentence=_sentence(members, correlation, _inflated(known, group), remedy),
        remedy=remedy,
    )


def _inflated(known: _Known, group: tuple[int, ...]) -> float:
    """Return by how much the errors in a group exceed those with the others known."""
    inner = known.covariance[np.ix_(group, group)]
    alone = 1.0 / np.diag(np.linalg.inv(inner))
    return float(np.sqrt(np.max(np.diag(inner) / alone)))


def _sentence(
    names: tuple[str, ...],
    correlation: float | None,
    inflated: float,
    remedy: Remedy | None,
) -> str:
    if correlation is not None:
        kind = "correlated" if correlation > 0 else "anti-correlated"
        percent = min(100 * abs(correlation), 99.99)
        digits = 1 if percent < 99.9 else 2
        text = (
            f"{names[0]} and {names[1]} are {percent:.{digits}f} % {kind} in this run"
        )
    else:
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        text = (
            f"{listed} imitate one another in this run: together they leave an error "
            f"up to {inflated:.3g} times that of each alone"
        )
    if remedy is None or remedy.chi_squared_rise is None:
        return f"{text}."
    return (
        f"{text}; fixing {remedy.name} at {format_number(remedy.value)} changes χ² by "
        f"about {remedy.chi_squared_rise:.1f}."
    )


def _remedy(
    known: _Known, group: tuple[int, ...], parameters: ParameterSet
) -> Remedy | None:
    """Return the fix that costs least among those that help and the data allow."""
    found = []
    for i in group:
        after = _errors_after(known, i)
        helped = any(known.names[j] in after for j in group if j != i)
        for value in _natural(known.names[i], parameters) if helped else ():
            rise = float((known.values[i] - value) ** 2 / known.covariance[i, i])
            found.append((rise, known.names[i], value, after))
    if not found:
        return None
    rise, name, value, after = min(found, key=lambda fix: fix[0])
    if rise > _REFUSED:
        return None
    return Remedy(name=name, value=value, chi_squared_rise=rise, stderr_after=after)


def _natural(name: str, parameters: ParameterSet) -> list[float]:
    """Return values at which a parameter can be fixed with a reason."""
    for prefactor, exponent, constant in RATE_GROUPS:
        if name not in {exponent, constant}:
            continue
        p = parameters[name]
        if (
            name == exponent
            and parameters[prefactor].free
            and parameters[constant].free
        ):
            # With a constant power law, nothing tells those two apart.
            return []
        return [0.0] if p.lower <= 0.0 <= p.upper else [p.value]
    return [parameters[name].value] if name == "phi0" else []


def _errors_after(known: _Known, fixed: int) -> dict[str, float]:
    """Return the errors of the others that become clearly smaller."""
    covariance = known.covariance
    column = covariance[:, fixed]
    reduced = np.diag(covariance) - column**2 / covariance[fixed, fixed]
    after = np.sqrt(np.maximum(reduced, 0.0))
    before = np.sqrt(np.diag(covariance))
    return {
        name: float(after[j])
        for j, name in enumerate(known.names)
        if j != fixed and after[j] < _GAIN * before[j]
    }

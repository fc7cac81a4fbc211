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
_ACCEPTABLE = 3.84
"""Rise of χ² with one parameter less that noise explains in 95 of 100 fits."""


def entanglements(
    names: tuple[str, ...],
    values: Array,
    errors: Uncertainties,
    parameters: ParameterSet,
) -> tuple[Entanglement, ...]:
    """Return the physical parameters that are entangled, the gravest first.

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
    """
    inside = [i for i, name in enumerate(errors.names) if name in names]
    covariance = errors.covariance[np.ix_(inside, inside)]
    usable = np.isfinite(np.diag(covariance)) & (np.diag(covariance) > 0)
    kept = [inside[i] for i in np.flatnonzero(usable)]
    if len(kept) < 2:
        return ()
    covariance = errors.covariance[np.ix_(kept, kept)]
    told = [errors.names[i] for i in kept]
    place = {name: i for i, name in enumerate(names)}
    inner = np.array([values[place[name]] for name in told])
    groups = _groups(covariance)
    found = [
        _entanglement(told, inner, covariance, group, parameters) for group in groups
    ]
    return tuple(found[:_TOLD])


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
    names: list[str],
    values: Array,
    covariance: Array,
    group: tuple[int, ...],
    parameters: ParameterSet,
) -> Entanglement:
    remedy = _remedy(names, values, covariance, group, parameters)
    correlation: float | None = None
    if len(group) == 2:
        i, j = group
        sigma = np.sqrt(covariance[i, i] * covariance[j, j])
        correlation = float(np.clip(covariance[i, j] / sigma, -1.0, 1.0))
    members = tuple(names[i] for i in group)
    return Entanglement(
        names=members,
        correlation=correlation,
        sentence=_sentence(members, correlation, _best_pair(covariance, group), remedy),
        remedy=remedy,
    )


def _best_pair(covariance: Array, group: tuple[int, ...]) -> float:
    """Return by how much the error of the group is larger than its members' alone."""
    inner = covariance[np.ix_(group, group)]
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
    if remedy is None:
        return f"{text}."
    rise = remedy.chi_squared_rise
    told = f"{rise:.1f}" if rise < 10 else f"{rise:.3g}"
    cost = f"fixing {remedy.name} at {format_number(remedy.value)} changes χ² by {told}"
    if rise > _ACCEPTABLE:
        return f"{text}; {cost}, which the data do not support."
    return f"{text}; {cost}."


def _remedy(
    names: list[str],
    values: Array,
    covariance: Array,
    group: tuple[int, ...],
    parameters: ParameterSet,
) -> Remedy | None:
    """Return the fix that costs least among those that help."""
    found = []
    for i in group:
        for value in _natural(names[i], parameters):
            rise = float((values[i] - value) ** 2 / covariance[i, i])
            after = _errors_after(names, covariance, i)
            helped = any(names[j] in after for j in group if j != i)
            if helped:
                found.append(
                    Remedy(
                        name=names[i],
                        value=value,
                        chi_squared_rise=rise,
                        stderr_after=after,
                    )
                )
    return min(found, key=lambda r: r.chi_squared_rise, default=None)


def _natural(name: str, parameters: ParameterSet) -> list[float]:
    """Return values at which a parameter can be fixed with a reason."""
    for _, exponent, constant in RATE_GROUPS:
        if name in {exponent, constant}:
            p = parameters[name]
            return [0.0] if p.lower <= 0.0 <= p.upper else [p.value]
    return [parameters[name].value] if name == "phi0" else []


def _errors_after(names: list[str], covariance: Array, fixed: int) -> dict[str, float]:
    """Return the errors of the others that become clearly smaller."""
    column = covariance[:, fixed]
    reduced = np.diag(covariance) - column**2 / covariance[fixed, fixed]
    after = np.sqrt(np.maximum(reduced, 0.0))
    before = np.sqrt(np.diag(covariance))
    return {
        name: float(after[j])
        for j, name in enumerate(names)
        if j != fixed and after[j] < _GAIN * before[j]
    }

r"""How much of the physics the scaling can imitate, and which angles tell what.

With A, U and S the physical, mixed and scaling blocks of the normal matrix,

.. math::

    \rho^2 = \lambda_\max(A^{-1} U S^{-1} U^{\mathsf T}), \qquad
    V_i = [A^{*-1}]_{ii} / [A^{-1}]_{ii}, \qquad A^* = A - U S^{-1} U^{\mathsf T}:

the largest squared canonical correlation of scaling and physics, and the price of an
unknown scaling in the variance of each parameter.

H is a sum over the angles, so the variance of a parameter is too: with
:math:`e = H^{-1}\mathbf 1_i` the parts :math:`e^{\mathsf T} H_k e / [H^{-1}]_{ii}` are
positive and add up to 1.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.degeneracy import AngleInformation, Coupling
from engine.fit.collapse_monitor import reduced_information
from engine.fit.equations import FitPoint

Array = NDArray[np.float64]

_NULL = 1e-12


def coupling(point: FitPoint, free: NDArray[np.bool_]) -> Coupling | None:
    """Return how scaling and physics are coupled in the equations of a point.

    Parameters
    ----------
    free
        Physical coefficients that are not at a bound; the others do not take part.

    Returns
    -------
    Coupling
        None where the data do not determine every one of them.
    """
    equations = point.equations
    n = equations.n_physical
    kept = np.flatnonzero(np.concatenate([free, np.ones(len(point.x) - n, bool)]))
    hessian = point.hessian[np.ix_(kept, kept)]
    count = int(np.count_nonzero(free))
    if not count or not np.isfinite(hessian).all():
        return None
    a = hessian[:count, :count]
    norms = np.sqrt(np.maximum(np.diag(a), 0.0))
    if (norms == 0).any():
        return None
    outer = np.outer(norms, norms)
    known = a / outer
    open_ = reduced_information(hessian, count) / outer
    values = np.linalg.eigvalsh(open_)
    if values[0] <= _NULL * values[-1]:
        return None
    inflation = np.diag(np.linalg.inv(open_)) / np.diag(np.linalg.inv(known))
    lost = np.linalg.eigvals(np.linalg.solve(known, known - open_)).real.max()
    names = [equations.parameters.names[i] for i in np.flatnonzero(free)]
    return Coupling(
        mode=equations.scaling.mode.value,
        rho_squared=float(np.clip(lost, 0.0, 1.0)),
        inflation=dict(zip(names, np.maximum(inflation, 1.0).tolist(), strict=True)),
    )


def information(
    point: FitPoint, free: NDArray[np.bool_], factor: float
) -> tuple[AngleInformation, ...]:
    """Return for every free physical parameter which angles determine it.

    Parameters
    ----------
    free
        Physical coefficients that are not at a bound.
    factor
        Variance of a pixel in units of the noise the equations are weighted by.
    """
    equations = point.equations
    n, scaling = equations.n_physical, equations.scaling
    parts = equations.information_of_angles(point)
    reduced = np.array([reduced_information(part, n) for part in parts])
    kept = np.flatnonzero(np.concatenate([free, np.ones(len(point.x) - n, bool)]))
    # What an angle sees of a change of the coefficients: parameters, contrast, offset.
    own = np.stack([scaling.contrast_map, scaling.offset_map], axis=1)
    plain = replace(equations, penalty=None, weights=None).recast(point)
    inverse = _inverse(plain.hessian[np.ix_(kept, kept)])
    found = []
    for place, i in enumerate(np.flatnonzero(free)):
        column = np.zeros(len(point.x))
        column[kept] = inverse[:, place]
        physical = np.broadcast_to(column[:n], (len(parts), n))
        seen = np.hstack([physical, own @ column[n:]])
        shares = np.einsum("kp,kpq,kq->k", seen, parts, seen)
        total = shares.sum()
        if not total > 0:
            continue
        alone = np.maximum(reduced[:, i, i], 0.0)
        found.append(
            AngleInformation(
                name=equations.parameters.names[i],
                share=tuple((shares / total).tolist()),
                known_scaling=tuple((parts[:, i, i] / factor).tolist()),
                free_scaling=tuple((alone / factor).tolist()),
            )
        )
    return tuple(found)


def _inverse(matrix: Array) -> Array:
    norms = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    safe = np.where(norms > 0, norms, 1.0)
    inverse = np.linalg.pinv(matrix / np.outer(safe, safe), rcond=_NULL, hermitian=True)
    return inverse / np.outer(safe, safe)

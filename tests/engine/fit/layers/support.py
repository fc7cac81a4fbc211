"""Small runs for the layers, and their equations pixel by pixel in dense NumPy."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from engine.events import never
from engine.fit.beginning import begin_fit
from engine.fit.journal import Journal
from engine.fit.problem import build_problem
from engine.fit.scaling import scaling_map, starting_equations
from engine.layer_options import LayerOptions
from engine.options import Options
from engine.precision import prepare_jax
from engine.reference.dense import DenseModel
from engine.reference.normal import averaged_basis, fitted_pixels
from engine.reference.runs import noisy_c2, run_data
from engine.setup import Scaling, Tolerances
from tests.engine.known_runs import KnownRun, Q, known

N = 7
"""Physical parameters of the model with shear."""
TIGHT = Tolerances(edm=1e-14)
"""Within 10⁻⁷ standard errors of the minimum, as far as rounding allows."""
SMALL = known("laminar-small")
SEVEN = (0.0, 35.0, 70.0, 95.0, 130.0, -40.0, -80.0)
FULL = tuple(np.linspace(-172.0, 173.0, 23).tolist())


@dataclass(frozen=True, kw_only=True)
class ScaledRun(KnownRun):
    """A known run with contrasts and offsets of its own."""

    contrast: tuple[float, ...]
    offset: tuple[float, ...] = ()

    @property
    def scaling(self):
        ones = np.ones(len(self.phi))
        return np.array(self.contrast), np.array(self.offset) if self.offset else ones


def scaled_run(contrast, phi=SEVEN, *, offset=(), like=SMALL, **changes):
    """Return a run of 31 fitted frames with these contrasts at these angles."""
    made = ScaledRun(
        name="scaled",
        tags=frozenset(),
        theta=like.theta,
        start=like.start,
        phi=tuple(phi),
        n_frames=32,
        dt=2.0,
        sigma=like.sigma,
        contrast=tuple(np.broadcast_to(contrast, len(phi)).tolist()),
        offset=tuple(offset),
    )
    return replace(made, **changes)


UNEQUAL = scaled_run(0.3 + 0.02 * np.array([1.0, -2.0, 0.5, 1.5, -1.0, 0.3, -0.3]))


@cache
def measured(run, seed=None):
    """Return a noisy measurement of a run, made once."""
    return run.data(seed)


def still_data(run, seed=3):
    """Return a measurement like a run, without any flow."""
    times = np.arange(run.n_frames) * run.dt
    model = DenseModel(model="static", times=times, phi=np.array(run.phi), q=Q)
    c2 = model.c2(run.theta[:3], *run.scaling)
    rng = np.random.default_rng(seed)
    return run_data(noisy_c2(c2, run.sigma, rng), phi=run.phi, q=Q, dt=run.dt)


def layered(**layers):
    """Return options with these layer options."""
    return Options(layers=LayerOptions(**layers))


def layers_off():
    return layered(enable=False)


def problem_of(run, data=None, **changes):
    """Return the problem of a run whose noise is known."""
    prepare_jax()
    settings = {"sigma": run.sigma, **changes}
    return build_problem(measured(run) if data is None else data, run.setup(**settings))


def equations_in(problem, mode):
    """Return the equations of a problem in a scaling mode."""
    return replace(starting_equations(problem), scaling=scaling_map(problem, mode))


def begun(run, data=None, **changes):
    """Return a fit ready to be solved."""
    problem = problem_of(run, data, **changes)
    journal = Journal(lambda _: None, problem.setup.parameters.names)
    return begin_fit(problem, journal, never)


def harmonics(phi, order=2):
    """Return the Fourier basis, written out."""
    angle = np.radians(phi)
    columns = [np.ones(len(angle))]
    for k in range(1, order + 1):
        columns += [np.cos(k * angle), np.sin(k * angle)]
    return np.stack(columns, axis=1)


def basis_of(mode, phi, order=2):
    """Return the matrix from the coefficients to [physical, contrasts, offsets]."""
    k = len(phi)
    if mode is Scaling.AVERAGED:
        return averaged_basis(N, k)
    if mode is Scaling.INDIVIDUAL:
        return np.eye(N + 2 * k)
    if mode is not Scaling.FOURIER:
        return np.eye(N + 2 * k)[:, :N]
    b = harmonics(phi, order)
    m = b.shape[1]
    basis = np.zeros((N + 2 * k, N + 2 * m))
    basis[:N, :N] = np.eye(N)
    basis[N : N + k, N : N + m] = b
    basis[N + k :, N + m :] = b
    return basis


@dataclass(frozen=True, eq=False)
class Dense:
    """Jacobian and residual of every fitted pixel, in units of sigma."""

    jacobian: np.ndarray
    residual: np.ndarray
    angle: np.ndarray
    """Index of the angle of each row."""

    def mapped(self, basis):
        """Return the same for coefficients y with x = basis · y."""
        return replace(self, jacobian=self.jacobian @ basis)

    def weighted(self, weights):
        """Return the same with every row times √w of its angle."""
        root = np.sqrt(weights)[self.angle]
        return replace(
            self, jacobian=self.jacobian * root[:, None], residual=self.residual * root
        )

    def with_rows(self, jacobian, residual):
        """Return the same with further rows, of no angle."""
        none = np.full(len(residual), -1)
        return Dense(
            np.vstack([self.jacobian, jacobian]),
            np.concatenate([self.residual, residual]),
            np.concatenate([self.angle, none]),
        )

    @property
    def hessian(self):
        return self.jacobian.T @ self.jacobian

    @property
    def gradient(self):
        return self.jacobian.T @ self.residual

    @property
    def cost(self):
        return 0.5 * float(self.residual @ self.residual)

    @property
    def covariance(self):
        """Return (JᵀJ)⁻¹ from the QR factors of the scaled columns."""
        norms = np.linalg.norm(self.jacobian, axis=0)
        inverse = np.linalg.inv(np.linalg.qr(self.jacobian / norms, mode="r"))
        return inverse @ inverse.T / np.outer(norms, norms)

    def step(self):
        """Return the Gauss-Newton step by least squares."""
        norms = np.linalg.norm(self.jacobian, axis=0)
        found = np.linalg.lstsq(self.jacobian / norms, -self.residual, rcond=None)[0]
        return found / norms

    def explained(self):
        """Return the part of χ² that lies in the span of the columns."""
        q = np.linalg.qr(self.jacobian / np.linalg.norm(self.jacobian, axis=0))[0]
        return float(np.sum((q.T @ self.residual) ** 2))


def dense_at(run, x, data=None):
    """Return the dense equations of [physical, contrasts, offsets] at x."""
    model, k = run.dense(), len(run.phi)
    c2 = (measured(run) if data is None else data).c2[:, 1:, 1:].astype(float)
    kept = fitted_pixels(c2)
    angle = np.broadcast_to(np.arange(k)[:, None, None], c2.shape)[kept]
    theta, contrast, offset = model.unpacked(x)
    f = model.correlation(theta)[kept]
    columns = []
    for p in range(len(theta)):
        shifted = theta.astype(complex)
        shifted[p] += 1e-30j * max(abs(theta[p]), 1.0)
        slope = np.imag(model.correlation(shifted)[kept]) / np.imag(shifted[p])
        columns.append(contrast[angle] * slope)
    own = (angle[:, None] == np.arange(k)).astype(float)
    return Dense(
        np.column_stack([*columns, own * f[:, None], own]) / run.sigma,
        (offset[angle] + contrast[angle] * f - c2[kept]) / run.sigma,
        angle,
    )


def dense_fit(run, point, data=None):
    """Return the dense equations at the physical values and scaling of a point."""
    pieces = point.pieces
    x = np.concatenate([point.theta, pieces.contrast, pieces.offset])
    return dense_at(run, x, data)


def variation(values, factor, *, relative):
    """Return the residuals of a penalty on unequal values, and their Jacobian.

    Parameters
    ----------
    factor
        λχ² for the relative, λΣw for the absolute penalty.
    """

    def rho(v):
        scale = v.mean() if relative else 1.0
        return np.sqrt(factor / len(v)) * (v - v.mean()) / scale

    h = 1e-30
    columns = [np.imag(rho(values + 1j * h * unit)) / h for unit in np.eye(len(values))]
    return rho(values), np.stack(columns, axis=1)


def penalty_rows(contrast, offset, basis, factor, *, relative):
    """Return the penalty of both groups as rows of J and of r."""
    k = len(contrast)
    residuals, rows = [], []
    for values, first in ((contrast, N), (offset, N + k)):
        rho, jacobian = variation(values, factor, relative=relative)
        residuals.append(rho)
        rows.append(jacobian @ basis[first : first + k])
    return np.vstack(rows), np.concatenate(residuals)


def assert_same_equations(point, dense, rtol=1e-9):
    """Check cost, gradient and H, in units of the lengths of the columns."""
    norms = np.linalg.norm(dense.jacobian, axis=0)
    size = np.linalg.norm(dense.residual)
    assert abs(point.cost - dense.cost) < rtol * dense.cost
    difference = np.abs(point.gradient - dense.gradient) / norms
    assert difference.max() < rtol * size
    assert_same_matrix(point.hessian, dense.hessian, rtol)


def assert_same_matrix(one, other, rtol=1e-9):
    """Check two matrices in units of the diagonal of the second."""
    norms = np.sqrt(np.diag(other))
    assert np.abs((one - other) / np.outer(norms, norms)).max() < rtol

"""Records of what a fit tells of degeneracy, as a real fit would make them."""

from dataclasses import replace

import numpy as np

from app.documents.fit_record import FitRecord
from engine.degeneracy import (
    AngleInformation,
    Coupling,
    Degeneracy,
    Entanglement,
    LayerReport,
    Remedy,
    ScalingFit,
    ScalingTest,
)
from tests.app.fakes import PHI, make_data, make_result, make_run_file, make_setup

NAMES = {
    "laminar_flow": (
        "D0",
        "alpha",
        "D_offset",
        "gamma_dot_t0",
        "beta",
        "gamma_dot_t_offset",
        "phi0",
    ),
    "static": ("D0", "alpha", "D_offset"),
}
PHI0 = 6.0
REMEDY = Remedy(
    name="D_offset",
    value=0.0,
    chi_squared_rise=0.34,
    stderr_after={"D0": 44.0, "alpha": 0.0061, "beta": 0.0089},
)
SHEAR_REMEDY = Remedy(
    name="gamma_dot_t_offset",
    value=0.0,
    chi_squared_rise=6.2,
    stderr_after={"gamma_dot_t0": 6.1e-7, "beta": 0.0021},
)
LAYERS = {
    "scaling": LayerReport(
        configured=True,
        acted=True,
        count=1,
        effect="one contrast and one offset for all angles were given up for a pair "
        "per angle",
    ),
    "hierarchical": LayerReport(
        configured=True,
        acted=True,
        count=9,
        effect="every step was solved with the scaling eliminated",
    ),
    "regularization": LayerReport(configured=False, acted=False),
    "gradient_monitoring": LayerReport(
        configured=True,
        acted=False,
        effect="gamma_dot_t0 kept its influence throughout",
    ),
    "shear_weighting": LayerReport(configured=False, acted=False),
}


def information(phi=PHI, model="laminar_flow"):
    """Return where every parameter is determined, largest where shear acts for γ̇."""
    angle = np.deg2rad(np.asarray(phi) - PHI0)
    made = []
    for name in NAMES[model]:
        shape = np.cos(angle) ** 2 + 0.02
        kept = 0.93 - 0.3 * np.sin(angle) ** 2
        if name == "phi0":
            shape, kept = np.sin(2 * angle) ** 2 + 0.01, np.full(len(phi), 0.2)
        elif name in NAMES["static"]:
            shape, kept = np.sin(angle) ** 2 + 0.3, np.full(len(phi), 0.8)
        known = 4.2e11 * shape
        free = known * kept
        made.append(
            AngleInformation(
                name=name,
                share=tuple((free / free.sum()).tolist()),
                known_scaling=tuple(known.tolist()),
                free_scaling=tuple(free.tolist()),
            )
        )
    return tuple(made)


def inflation(model, *factors):
    return dict(zip(NAMES[model], factors, strict=False))


def comparison():
    """Return three modes of which the shared ones bias the parameters."""
    common = {"converged": True}
    return (
        ScalingFit(
            mode="averaged",
            n_coefficients=2,
            chi_squared=196_300.0,
            bic=195_120.0,
            chosen=False,
            admissible=False,
            values={"D0": 7072.0, "gamma_dot_t0": 1.71e-3, "phi0": 3.54},
            errors={"D0": 34.0, "gamma_dot_t0": 1.1e-6, "phi0": 0.005},
            **common,
        ),
        ScalingFit(
            mode="fourier",
            n_coefficients=10,
            chi_squared=174_410.0,
            bic=173_520.0,
            chosen=False,
            admissible=False,
            values={"D0": 2490.0, "gamma_dot_t0": 3.24e-4, "phi0": 5.91},
            errors={"D0": 120.0, "gamma_dot_t0": 4.6e-6, "phi0": 0.014},
            **common,
        ),
        ScalingFit(
            mode="individual",
            n_coefficients=12,
            chi_squared=174_130.0,
            bic=173_260.0,
            chosen=True,
            admissible=True,
            values={"D0": 2460.0, "gamma_dot_t0": 3.25e-4, "phi0": 5.982},
            errors={"D0": 130.0, "gamma_dot_t0": 4.9e-6, "phi0": 0.016},
            **common,
        ),
    )


TESTS = (
    ScalingTest(
        narrow="averaged",
        wide="individual",
        statistic=21_964.0,
        degrees=4,
        p_value=0.0,
        shifts={"D0": -11.5, "alpha": 3.1, "phi0": 34.6},
        rejected=True,
    ),
    ScalingTest(
        narrow="fourier",
        wide="individual",
        statistic=2.38,
        degrees=2,
        p_value=0.304,
        shifts={"D0": 0.12, "phi0": -0.2},
        rejected=False,
    ),
)


def make_degeneracy(phi=PHI, model="laminar_flow", **fields) -> Degeneracy:
    """Return a full record; `fields` replace what is usual."""
    sheared = model == "laminar_flow"
    entanglements = [
        Entanglement(
            names=("alpha", "D_offset"),
            correlation=-0.992,
            sentence="alpha and D_offset are 99.2 % anti-correlated: the data do not "
            "tell a decay with time from a constant part",
            remedy=REMEDY,
        )
    ]
    if sheared:
        entanglements += [
            Entanglement(
                names=("beta", "gamma_dot_t_offset"),
                correlation=-0.99,
                sentence="beta and gamma_dot_t_offset are 99 % anti-correlated",
                remedy=SHEAR_REMEDY,
            ),
            Entanglement(
                names=("phi0",),
                correlation=None,
                sentence="phi0 is known modulo 180° only",
                remedy=None,
            ),
        ]
    made = Degeneracy(
        layers=LAYERS,
        requested="auto",
        chosen="individual",
        reason="one contrast and one offset for all angles would shift phi0 by 35 σ",
        tests=TESTS,
        comparison=comparison() if sheared else (),
        before=Coupling(
            mode="individual",
            rho_squared=0.758,
            inflation=inflation(model, 1.07, 1.05, 1.06, 1.016, 1.02, 1.03, 1.86),
        ),
        after=Coupling(
            mode="averaged",
            rho_squared=0.626,
            inflation=inflation(model, 1.01, 1.01, 1.01, 1.003, 1.01, 1.01, 1.21),
        ),
        information=information(phi, model),
        entanglements=tuple(entanglements),
    )
    return replace(made, **fields)


def degenerate_record(phi=PHI, model="laminar_flow", number=1, **fields) -> FitRecord:
    """Return a finished fit with such a record; `fields` are those of the record."""
    data, setup = make_data(n=8, phi=phi), make_setup(model)
    made = make_degeneracy(phi, model, **fields)
    result = replace(make_result(setup, data), degeneracy=made)
    return FitRecord(
        number=number, result=result, data=data, run_file=make_run_file(model=model)
    )

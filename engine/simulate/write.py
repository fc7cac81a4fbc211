"""Writes a simulated measurement: its data file, and the run file to fit it with."""

import os
from pathlib import Path
from typing import Any

import yaml

from engine import __version__
from engine.errors import OutputError
from engine.models.specs import ParameterSpec
from engine.simulate.request import SimulationRequest
from engine.simulate.surface import simulate

_HDF5_SUFFIXES = (".h5", ".hdf", ".hdf5", ".nxs")
_ARRAY_SUFFIX = ".npz"
_START_FACTORS = {
    "D0": 1.4,
    "alpha": 0.63,
    "D_offset": 0.67,
    "gamma_dot_t0": 0.7,
    "beta": 0.67,
    "gamma_dot_t_offset": 1.4,
    "phi0": 0.63,
}
"""Start values over the truth: 30 to 40 % off, each to the side that is harder."""
_OTHER_START_FACTOR = 1.35
_HEADER = """\
# A simulated measurement; the truth stands under "simulation" and is not read by a fit.
"""


def write_simulation(
    path: Path, request: SimulationRequest, *, overwrite: bool = False
) -> list[Path]:
    """Write the data file and, beside it, the run file; neither is ever half there.

    Parameters
    ----------
    path
        The data file; it gets the suffix ``.npz`` in the layout ``array``, and ``.h5``
        in the others unless it ends like an HDF5 file. Other endings are refused.

    Returns
    -------
    The data file and the run file.

    Raises
    ------
    OutputError
        When they exist and may not be overwritten, or cannot be written.
    """
    data = data_path(path, request.layout)
    targets = [data, data.with_suffix(".yaml")]
    _check(targets, overwrite=overwrite)
    run = simulate(request)
    text = _HEADER + yaml.safe_dump(
        run_file(request, data.name),
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
    )
    parts = [t.with_name(f".{t.name}.{os.getpid()}.part") for t in targets]
    from engine.simulate.layouts import write_data

    try:
        # Fails with a plain reason where the HDF5 library's would be a long one.
        parts[0].touch()
        write_data(parts[0], run)
        parts[1].write_text(text, encoding="utf-8")
        for part, target in zip(parts, targets, strict=True):
            part.replace(target)
    except OSError as error:
        raise OutputError(
            f"{data} cannot be written ({_reason(error)}); choose another place"
        ) from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return targets


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


def data_path(path: Path, layout: str) -> Path:
    """Return the name of the data file, with the suffix of its kind.

    Raises
    ------
    OutputError
        When it has the suffix of something else.
    """
    suffix, array = path.suffix.lower(), layout == "array"
    if suffix in _HDF5_SUFFIXES or (array and suffix == _ARRAY_SUFFIX):
        return path.with_suffix(_ARRAY_SUFFIX) if array else path
    # What begins with a digit is part of the name: run.2, gel_0.5
    if suffix[1:2].isalpha():
        expected = _ARRAY_SUFFIX if array else ", ".join(_HDF5_SUFFIXES)
        raise OutputError(
            f"{path}: the data file of the layout {layout} cannot end in {suffix}; "
            f"expected {expected}, or no ending"
        )
    return path.with_name(f"{path.name}{_ARRAY_SUFFIX if array else '.h5'}")


def _check(targets: list[Path], *, overwrite: bool) -> None:
    folder = targets[0].parent
    if not folder.is_dir():
        raise OutputError(f"the folder {folder} does not exist; make it first")
    for target in targets:
        if target.is_dir() or (target.exists() and not overwrite):
            raise OutputError(
                f"{target} exists already; choose another name, or --overwrite"
            )


def run_file(request: SimulationRequest, data_name: str) -> dict[str, Any]:
    """Return the run file of a simulated measurement as plain values."""
    truth = request.truth
    names = list(truth)
    specs = {p.name: p for p in request.spec.parameters}
    starts = [truth[n] * _START_FACTORS.get(n, _OTHER_START_FACTOR) for n in names]
    bounds = [
        _bounds(specs[name], truth[name], start)
        for name, start in zip(names, starts, strict=True)
    ]
    analyzer: dict[str, Any] = {
        "dt": request.dt,
        "start_frame": 1,
        "end_frame": request.n_frames,
        "scattering": {"wavevector_q": request.q},
    }
    if request.spec.sheared:
        analyzer["geometry"] = {"stator_rotor_gap": request.gap}
        analyzer["shear_convention"] = str(request.convention)
    analyzer["drop_first_frame"] = True
    experiment: dict[str, Any] = {"file_path": data_name}
    if request.layout == "array":
        experiment["dataset"] = "c2"
    return {
        "twotime": {"format_version": 1},
        "analysis_mode": request.spec.name,
        "analyzer_parameters": analyzer,
        "experimental_data": experiment,
        "initial_parameters": {"parameter_names": names, "values": starts},
        "parameter_space": {"bounds": bounds},
        "simulation": _notes(request),
    }


def _bounds(spec: ParameterSpec, truth: float, start: float) -> dict[str, Any]:
    """Return the usual bounds, widened where the truth or the start lies outside."""
    low, high = min(truth, start), max(truth, start)
    margin = max(abs(low), abs(high))
    lower = spec.lower if spec.lower < low else low - 0.5 * margin
    if spec.logarithmic and lower <= 0 < low:
        lower = 0.5 * low
    upper = spec.upper if high < spec.upper else high + 0.5 * margin
    return {"name": spec.name, "min": lower, "max": upper, "unit": spec.unit}


def _notes(request: SimulationRequest) -> dict[str, Any]:
    noise = (
        {"noise": request.noise}
        if request.speckles is None
        else {"speckles": request.speckles}
    )
    return {
        "program": f"twotime {__version__}",
        "truth": request.truth,
        "convention": str(request.convention),
        "phi": list(request.angles),
        "contrast": list(request.contrasts),
        "offset": list(request.offsets),
        **noise,
        "seed": request.seed,
    }

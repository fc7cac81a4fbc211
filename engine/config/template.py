"""A commented run file to start from."""

from engine.models.specs import model_spec

_HEAD = """\
# A run file of Twotime. Every key but the data file may be left out.
twotime: {format_version: 1}

experimental_data:
  file_path: run.h5          # relative to this file; HDF5, .npy or .npz

analysis_mode: MODEL

analyzer_parameters:
  dt: null                   # s between frames; null: from the data file
  start_frame: 1             # counted from 1
  end_frame: -1              # inclusive; -1: the last one
  scattering: {wavevector_q: null}  # 1/Å; the nearest ring is read; null: the first
"""
_SHEAR = """\
  geometry: {stator_rotor_gap: 2.0e+6}  # Å (200 µm)
  shear_convention: literature  # literature, homodyne2 or legacy
"""
_ANGLES = """\

phi_filtering:
  enabled: false             # true: fit only the angles inside the ranges
  target_ranges: []          # degrees, e.g. [{min_angle: -10, max_angle: 10}]
"""
_TAIL = """\

initial_parameters:
  parameter_names: [NAMES]
  values: null               # null: estimated from the data; or one number each
  fixed_parameters: {}       # name: value, held during the fit

optimization:
  nlsq:
    loss: linear             # linear, soft_l1, huber, cauchy or arctan
    anti_degeneracy:
      per_angle_mode: SCALING  # individual, averaged, fourier or auto
"""


def template(model: str) -> str:
    """Return a minimal commented run file for a model.

    Raises
    ------
    OptionError
        For a model that does not exist.
    """
    spec = model_spec(model)
    head = _HEAD.replace("MODEL", spec.name) + (_SHEAR if spec.sheared else "")
    names = ", ".join(p.name for p in spec.parameters)
    tail = _TAIL.replace("NAMES", names).replace(
        "SCALING", "auto" if spec.sheared else "individual"
    )
    return head + _ANGLES + tail

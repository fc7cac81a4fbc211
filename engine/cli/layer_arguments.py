"""The options of ``twotime fit`` that set the layers against degeneracy.

Each sets a key of the run file (`engine.cli.options`); one that is not given is None.
"""

import argparse

from engine.layer_options import CollapseResponse

_ABOUT = """\
Contrast and offset of many angles can take up what tells the shear rate. What is not
given here is as in the run file. Give RUN before an option whose value may be left out.
"""
_SWITCHES = (
    ("layers", "all layers; without them the scaling mode auto is individual"),
    ("hierarchical", "eliminate contrast and offset from every step"),
    ("shear-weighting", "let angles along the flow weigh more on the way"),
)


def add_layer_options(fit: argparse.ArgumentParser) -> None:
    """Add the group "against degeneracy"."""
    group = fit.add_argument_group("against degeneracy", _ABOUT)
    for name, text in _SWITCHES:
        group.add_argument(
            f"--{name}", action=argparse.BooleanOptionalAction, help=text
        )
    either = group.add_mutually_exclusive_group()
    either.add_argument(
        "--regularization", metavar="LAMBDA", nargs="?", const=True, type=_strength,
        help="penalise contrasts and offsets that vary with the angle; LAMBDA is how "
        "much, without it that is tuned or as in the run file",
    )  # fmt: skip
    either.add_argument(
        "--no-regularization", action="store_const", const=False,
        dest="regularization", help="do not",
    )  # fmt: skip
    either = group.add_mutually_exclusive_group()
    either.add_argument(
        "--monitor", metavar="|".join(CollapseResponse), nargs="?", const=True,
        choices=[response.value for response in CollapseResponse],
        help="watch for a shear rate that collapses, and what to do then",
    )  # fmt: skip
    either.add_argument(
        "--no-monitor", action="store_const", const=False, dest="monitor",
        help="do not",
    )  # fmt: skip
    group.add_argument(
        "--fourier-order", metavar="K", type=int,
        help="highest harmonic of the scaling mode fourier",
    )  # fmt: skip
    group.add_argument(
        "--compare-scaling", action="store_const", const=True,
        help="end the fit with a comparison of all scaling modes",
    )  # fmt: skip


def _strength(text: str) -> float:
    """Return λ; its range is that of the run file."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number; expected one above 0, or none at all"
        ) from None

"""The command line: which commands and options there are, and what they say in --help.

Separate from what the commands do, so that --help answers at once and the documentation
can render it.
"""

import argparse
import re
from collections.abc import Callable, Sequence
from typing import NoReturn

import engine
from engine.cli.layer_arguments import add_layer_options
from engine.conventions import Convention
from engine.errors import OptionError
from engine.models.specs import MODEL_ALIASES, MODELS
from engine.setup import Loss, Scaling, Strategy
from engine.simulate.request import LAYOUTS

COMMANDS = ("fit", "inspect", "simulate", "selftest")
"""Headless commands of this version."""
UNAVAILABLE_COMMANDS = ("batch", "report")
"""Headless commands that this version does not have."""

_DESCRIPTION = """\
Fit X-ray photon correlation spectroscopy two-time correlation data.

  twotime [FILE ...]       open the window, with those runs or data files loaded
  twotime COMMAND ...      work without a window; see twotime COMMAND --help
"""
_FIT = """\
Fit one run and write its result folder. RUN is a run file (YAML or JSON) or a data file
(HDF5, .npy, .npz); with a data file alone model and start values come from the options,
and what the file does not say from --set, e.g. --set analyzer_parameters.dt=0.1.

Exit codes: 0 converged, 1 not converged (written and marked so), 2 wrong input (nothing
written), 3 internal error, 130 stopped with Ctrl-C (best point written and marked so).
"""
_NEGATIVE_VALUE = re.compile(r"-[\d.]")


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise OptionError(f"{message}; see {self.prog} --help")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line.

    Raises
    ------
    OptionError
        With the sentence for the user.
    SystemExit
        After --help or --version.
    """
    command = argv[0] if argv else ""
    if command in UNAVAILABLE_COMMANDS:
        raise OptionError(
            f"the command {command} is not part of this version of twotime; expected "
            f"one of {', '.join(COMMANDS)}"
        )
    return build_parser().parse_args(joined_values(argv))


def joined_values(argv: Sequence[str]) -> list[str]:
    """Join an option and a value that starts with a minus sign, e.g. --phi -10:10."""
    joined: list[str] = []
    for token in argv:
        previous = joined[-1] if joined else ""
        takes_it = previous.startswith("--") and "=" not in previous
        if takes_it and _NEGATIVE_VALUE.match(token):
            joined[-1] = f"{previous}={token}"
        else:
            joined.append(token)
    return joined


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = Parser(
        prog="twotime",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    version = f"twotime {engine.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    _add_fit(commands)
    _add_inspect(commands)
    _add_simulate(commands)
    commands.add_parser(
        "selftest",
        help="fit a small simulated run; say what works on this machine",
        description="Fit a small simulated run with a known answer and say, line by "
        "line, what works on this machine. Exit code 0 when everything does, else 1.",
        allow_abbrev=False,
    )
    return parser


def _add_fit(commands: "argparse._SubParsersAction[Parser]") -> None:
    fit = commands.add_parser(
        "fit",
        help="fit one run and write its result folder",
        description=_FIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    fit.add_argument("run", metavar="RUN", help="run file or data file")
    _add_data_options(fit)
    _add_model_options(fit)
    add_layer_options(fit)
    _add_output_options(fit)


def _add_data_options(fit: argparse.ArgumentParser) -> None:
    group = fit.add_argument_group("what is fitted")
    group.add_argument(
        "--phi", metavar="RANGES", help='angle ranges [deg], e.g. "-10:10,80:100"'
    )
    group.add_argument(
        "--frames", metavar="A:B", type=frame_range,
        help="first and last frame, 1-based, inclusive; B may be -1 or empty: the end",
    )  # fmt: skip
    group.add_argument(
        "--q", metavar="VALUE", type=float,
        help="wavevector [1/Å]; the nearest ring of the file is taken",
    )  # fmt: skip


def _add_model_options(fit: argparse.ArgumentParser) -> None:
    group = fit.add_argument_group("how it is fitted")
    group.add_argument(
        "--model", choices=(*MODELS, *MODEL_ALIASES), metavar="|".join(MODELS),
        help="model of c2",
    )  # fmt: skip
    group.add_argument(
        "--convention", choices=[c.value for c in Convention],
        help="shear convention; literature for new runs",
    )  # fmt: skip
    group.add_argument(
        "--start", metavar="NAME=VALUE", action="append", default=[],
        help="start value of a parameter; repeatable",
    )  # fmt: skip
    group.add_argument(
        "--fix", metavar="NAME[=VALUE]", action="append", default=[],
        help="hold a parameter at its start value, or at this one; repeatable",
    )  # fmt: skip
    group.add_argument(
        "--free", metavar="NAME", action="append", default=[],
        help="fit a parameter that the run file holds fixed; repeatable",
    )  # fmt: skip
    group.add_argument(
        "--bounds", metavar="NAME=LO:HI", action="append", default=[],
        help="bounds of a parameter; an empty side is unbounded; repeatable",
    )  # fmt: skip
    group.add_argument(
        "--scaling", type=one_of(Scaling), metavar="|".join(Scaling),
        help="how contrast and offset vary with the angle: auto (what the data need), "
        "individual (one pair for each), averaged (one for all), fourier (a series in "
        "the angle), constant (as individual, then frozen), fixed_constant (of the run "
        "file, not fitted)",
    )  # fmt: skip
    group.add_argument(
        "--strategy", type=one_of(Strategy), metavar="|".join(Strategy),
        help="where the data live during the fit",
    )  # fmt: skip
    group.add_argument(
        "--loss", choices=[x.value for x in Loss], help="robust loss; linear is none"
    )
    group.add_argument(
        "--resume", action="store_true",
        help="continue a streaming fit that was interrupted, from its checkpoint",
    )  # fmt: skip
    group.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="settings",
        help="any dotted key of the run file; repeatable",
    )  # fmt: skip


def _add_output_options(fit: argparse.ArgumentParser) -> None:
    group = fit.add_argument_group("output")
    group.add_argument(
        "--out", metavar="DIR", help="result folder; default <run>_result beside RUN"
    )
    group.add_argument(
        "--overwrite", action="store_true",
        help="replace an existing result instead of keeping it as DIR.1, DIR.2 ...; "
        "files of other names stay",
    )  # fmt: skip
    group.add_argument(
        "--json", action="store_true",
        help="progress and result as JSON lines on standard output",
    )  # fmt: skip
    group.add_argument("--quiet", action="store_true", help="print errors only")


def _add_inspect(commands: "argparse._SubParsersAction[Parser]") -> None:
    inspect = commands.add_parser(
        "inspect",
        help="say what a file is",
        description="Say what a file is: layout, wavevectors, angles, frames, frame "
        "time, points, and problems found.",
        allow_abbrev=False,
    )
    inspect.add_argument("file", metavar="FILE", help="data file or run file")
    inspect.add_argument("--json", action="store_true", help="answer as JSON")


def _add_simulate(commands: "argparse._SubParsersAction[Parser]") -> None:
    simulate = commands.add_parser(
        "simulate",
        help="write a synthetic run with known parameters",
        description="Write a synthetic run: a data file in a real layout and the run "
        "file beside it.",
        allow_abbrev=False,
    )
    simulate.add_argument("file", metavar="OUT.h5", help="data file to write")
    simulate.add_argument("--model", choices=tuple(MODELS), help="default laminar_flow")
    simulate.add_argument(
        "--layout", choices=LAYOUTS, help="layout of the data file; default aps_u"
    )
    for name, metavar, kind, text in (
        ("--frames", "N", int, "number of frames"),
        ("--dt", "SECONDS", float, "time between frames [s]"),
        ("--q", "VALUE", float, "wavevector [1/Å]"),
        ("--gap", "VALUE", float, "gap between stator and rotor [Å]"),
        ("--seed", "N", int, "seed of the noise"),
    ):
        simulate.add_argument(name, metavar=metavar, type=kind, help=text)
    simulate.add_argument(
        "--phi", metavar="ANGLES", type=angles, help='angles [deg], e.g. "0,45,90"'
    )
    simulate.add_argument(
        "--param", metavar="NAME=VALUE", action="append", default=[],
        help="value of a parameter; of contrast or offset one, or one per angle "
        "separated by commas; repeatable",
    )  # fmt: skip
    simulate.add_argument(
        "--convention", choices=[c.value for c in Convention], help="shear convention"
    )
    noise = simulate.add_mutually_exclusive_group()
    noise.add_argument(
        "--noise", metavar="SIGMA", type=float, help="standard deviation of a pixel"
    )
    noise.add_argument(
        "--speckles", metavar="N", type=int, help="noise of so many simulated speckles"
    )
    simulate.add_argument(
        "--overwrite", action="store_true", help="replace files that exist"
    )


def frame_range(text: str) -> tuple[int, int]:
    """Return first and last frame of ``A:B``; an empty side is that end."""
    match = re.fullmatch(r"(\d*):(-1|\d*)", text.strip())
    if not match:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a range of frames; expected A:B, 1-based, inclusive, "
            "e.g. 401:1000"
        )
    first, last = match.groups()
    return int(first or 1), int(last or -1)


def angles(text: str) -> tuple[float, ...]:
    """Return angles separated by commas [deg]."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of angles; expected numbers in degrees separated "
            "by commas, e.g. 0,45,90"
        ) from None


def one_of(kind: type[Scaling] | type[Strategy]) -> Callable[[str], str]:
    """Return a type that accepts the values of an enumeration."""
    names = [x.value for x in kind]

    def accept(text: str) -> str:
        if text in names:
            return text
        raise argparse.ArgumentTypeError(
            f"{text!r} is unknown; expected one of {', '.join(names)}"
        )

    return accept

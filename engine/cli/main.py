"""Entry point of the headless commands: dispatch, errors as sentences, exit codes."""

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import platformdirs

from engine.cli import codes
from engine.cli.output import Output, robust_output
from engine.cli.parser import parse
from engine.errors import CancelledError, InputError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a headless command and return its exit code; never shows a traceback."""
    _hear_interrupts()
    with robust_output() as output:
        code = _answer(argv, output)
        lost = output.settle()
        if lost is not None and code in (codes.CONVERGED, codes.NOT_CONVERGED):
            return _say(
                f"standard output cannot be written: {lost}; direct it elsewhere "
                "(files that the command writes are complete)",
                codes.INTERNAL_ERROR,
            )
        return code


def _answer(argv: Sequence[str] | None, output: Output) -> int:
    try:
        options = parse(sys.argv[1:] if argv is None else list(argv))
        command = import_module(f"engine.cli.{options.command}")
        return command.run(options)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else codes.CONVERGED
    except InputError as error:
        return _say(_one_line(str(error)), codes.WRONG_INPUT)
    except CancelledError:
        return _say("stopped before there was a result", codes.CANCELLED)
    except KeyboardInterrupt:
        return _say("aborted", codes.CANCELLED)
    except BrokenPipeError:
        # Whoever reads the output has seen enough.
        return codes.CONVERGED
    except MemoryError:
        return _say(
            "out of memory; select fewer angles with --phi or fewer frames with "
            "--frames",
            codes.INTERNAL_ERROR,
        )
    except Exception as error:  # noqa: BLE001 - the border of the process; it is logged whole
        if error is output.failure:
            return codes.CONVERGED
        return _say(_report_crash(), codes.INTERNAL_ERROR)


def _say(text: str, code: int) -> int:
    with suppress(OSError):
        print(f"twotime: {text}", file=sys.stderr)
    return code


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _hear_interrupts() -> None:
    """Take Ctrl-C back from the system, to which the frozen program left it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _report_crash() -> str:
    """Write the traceback being handled to a log file and return what to say."""
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    text = f"arguments: {sys.argv[1:]}\n\n{traceback.format_exc()}"
    user_folder = Path(platformdirs.user_log_dir("twotime", appauthor=False))
    for folder in (user_folder, Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        return f"internal error; the details are in {folder / name}"
    return "internal error, and no place to write its details"

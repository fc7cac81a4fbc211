"""Where a streaming fit of the command line notes how far it is, and for how long.

The file is named after the result folder, so that the same command with ``--resume``
finds it again. It stays as long as there is something to continue.
"""

from pathlib import Path

from engine.cli.console import Console
from engine.config.paths import absolute
from engine.errors import OptionError
from engine.options import HybridOptions
from engine.result import State


def checkpoint_file(folder: Path, hybrid: HybridOptions) -> Path | None:
    """Return the checkpoint of the fit whose result goes to `folder`.

    It lies in the folder the options name, else hidden beside the result; None when
    the options want none.
    """
    if not hybrid.enable_checkpoints:
        return None
    folder = absolute(folder)
    name = f"{folder.name}.checkpoint"
    if hybrid.checkpoint_dir is not None:
        return hybrid.checkpoint_dir / name
    return folder.with_name(f".{name}")


def check_resumable(file: Path | None) -> None:
    """Make sure that there is something to continue.

    Raises
    ------
    OptionError
        With the sentence for the user.
    """
    if file is None:
        raise OptionError(
            "--resume: checkpoints are switched off with "
            "optimization.nlsq.hybrid_streaming.enable_checkpoints; expected true; run "
            "the fit without --resume"
        )
    if not file.is_file():
        raise OptionError(
            f"--resume: there is no checkpoint {file}; expected that of a streaming "
            "fit with the same result folder; run the fit without --resume"
        )


def say_left(console: Console, file: Path | None) -> None:
    """Mention the checkpoint of an earlier fit that is not continued."""
    if file is not None and file.is_file():
        console.say(
            f"note: an interrupted fit left the checkpoint {file}; --resume continues "
            "it, this fit starts anew"
        )


def settled(console: Console, file: Path | None, state: State) -> Path | None:
    """Remove the checkpoint of a converged fit; return that of another if it has one.

    To be called when the result is on disk.
    """
    if file is None or not file.is_file():
        return None
    if state is not State.CONVERGED:
        console.say(f"continue with --resume, from the checkpoint {file}")
        return file
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        console.say(f"note: the checkpoint {file} cannot be removed ({error.strerror})")
        return file
    return None

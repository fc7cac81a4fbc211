"""``twotime fit``: one run, headless, from the file to the result folder."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from engine import api
from engine.cli import codes
from engine.cli.checkpoint import check_resumable, checkpoint_file, say_left, settled
from engine.cli.console import READING, Console, Mode
from engine.cli.interrupt import interruptible
from engine.cli.options import edited_setup, settings_of, typed_of
from engine.config.run_file import IgnoredKey, RunFile
from engine.data.run import RunData
from engine.data.text import listed
from engine.events import Cancelled
from engine.report.folder import default_folder, write_result_folder
from engine.report.place import check_destination
from engine.report.record import result_to_dict
from engine.report.table import summary
from engine.setup import PhiSelection


def run(options: argparse.Namespace) -> int:
    """Fit a run and return the exit code.

    Raises
    ------
    InputError
        With the sentence for the user; nothing was written.
    CancelledError
        When it was stopped before there was a point to keep.
    """
    path = Path(options.run)
    run_file = api.open_run(path, settings_of(options), typed_of(options))
    setup = edited_setup(run_file.setup, options)
    run_file = replace(run_file, setup=setup)
    console = Console(_mode(options), progress=setup.options.progress)
    folder = Path(options.out) if options.out else default_folder(path)
    checkpoint = checkpoint_file(folder, setup.options.hybrid)
    if options.resume:
        check_resumable(checkpoint)
    check_destination(folder, inputs=[path, run_file.request.file])
    _say_notes(console, run_file.notes)
    _say_ignored(console, run_file.ignored)
    if not options.resume:
        say_left(console, checkpoint)
    try:
        with interruptible() as cancelled:
            data = _read(run_file, console, cancelled)
            result = api.fit(
                data,
                # Only the selected angles were read: there is nothing left to select.
                replace(setup, phi=PhiSelection()),
                on_event=console.watch,
                cancelled=cancelled,
                checkpoint=checkpoint,
                resume=options.resume,
            )
            console.finish()
            # Said before it is written: a full disk must not cost the numbers.
            console.say(f"\n{summary(result)}\n")
            written = write_result_folder(
                folder,
                data=data,
                run_file=run_file,
                result=result,
                log=console.log,
                overwrite=options.overwrite,
                on_moved=lambda to: console.say(f"the earlier result is now in {to}"),
            )
    finally:
        console.finish()
    kept = settled(console, checkpoint, result.status.state)
    fields = {"folder": str(written), "checkpoint": kept and str(kept)}
    console.record("result", {**result_to_dict(result), **fields})
    console.say(f"result written to {written}")
    return codes.OF_STATE[result.status.state]


def _mode(options: argparse.Namespace) -> Mode:
    return Mode.JSON if options.json else Mode.QUIET if options.quiet else Mode.TEXT


def _read(run_file: RunFile, console: Console, cancelled: Cancelled) -> RunData:
    started = time.monotonic()
    console.phase(READING, 0.0)
    data = api.load_data(
        run_file.request,
        select=run_file.setup.phi,
        setup=run_file.setup,
        on_progress=lambda done, count, _: console.fraction(done / count),
        cancelled=cancelled,
    )
    _say_notes(console, data.warnings)
    return replace(data, load_s=time.monotonic() - started)


def _say_notes(console: Console, notes: Sequence[str]) -> None:
    for text in notes:
        console.say(f"note: {text}")


def _say_ignored(console: Console, ignored: Sequence[IgnoredKey]) -> None:
    """Name the keys of the run file without effect; all of them in the log."""
    for key in ignored:
        console.note(f"without effect: {key.path} = {key.value!r} ({key.reason})")
    if ignored:
        console.record("without_effect", {"keys": [asdict(key) for key in ignored]})
    said = [key for key in ignored if not key.is_remark]
    for what, keys in (
        ("without effect", [key.path for key in said if not key.comes_later]),
        ("not yet active", [key.path for key in said if key.comes_later]),
    ):
        if keys:
            console.say(f"note: {what}: {listed(keys)} (see log.txt)")

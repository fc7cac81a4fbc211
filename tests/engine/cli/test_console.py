"""What is shown while a command works: bar, lines, levels of detail."""

import json

import pytest

from engine.cli.console import Console, Mode, Progress
from engine.events import (
    Happened,
    Happening,
    PassAdvanced,
    Phase,
    PhaseStarted,
    StepTaken,
)
from engine.options import ProgressOptions, Verbosity


class Screen:
    """A terminal, or a file, that remembers."""

    def __init__(self, *, terminal=True):
        self.text = ""
        self.terminal = terminal

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def step(iteration, edm, **more):
    return StepTaken(
        iteration=iteration, evaluations=iteration, accepted=True, cost=1.0, edm=edm,
        values={"D0": 12345.678, "alpha": -0.5}, contrast=(), offset=(),
        elapsed_s=1.0, **more,
    )  # fmt: skip


def happened(what, message):
    return Happened(what=what, message=message, elapsed_s=0.5)


@pytest.fixture(autouse=True)
def drawn_at_once(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("engine.cli.console._REDRAW_S", 0.0)


def test_bar_is_one_line_and_goes_away():
    screen = Screen()
    console = Console(Mode.TEXT, screen)
    console.phase("Reading data", 0.0)
    console.fraction(0.5)
    console.watch(PhaseStarted(phase=Phase.REFINING, elapsed_s=0.2))
    console.watch(step(1, 1.0))
    console.watch(step(2, 1e-3))
    assert "\n" not in screen.text
    assert "[########........]" in screen.text
    assert all(len(part) <= 60 for part in screen.text.split("\r"))
    console.finish()
    assert screen.text.rpartition("\r")[2] == ""


def test_progress_never_goes_back_and_ends_at_one():
    progress = Progress(tolerance=1e-6)
    done = [progress.after(step(k, edm)) for k, edm in enumerate(
        [float("inf"), 1e6, 1.0, 1e2, 0.0, float("nan"), 1e-6, 1e-9]
    )]  # fmt: skip
    assert done == sorted(done)
    assert done[:2] == [0.0, 0.0]
    assert done[2] == pytest.approx(0.5)
    assert done[-1] == 1.0


def test_a_reader_that_goes_away_silences_the_console_not_the_fit():
    class Closed(Screen):
        def write(self, text):
            raise BrokenPipeError

    console = Console(Mode.TEXT, Closed())
    console.say("one")
    console.say("two")
    assert console.mode is Mode.QUIET
    assert "two" in console.log


def test_pass_is_the_bar_until_there_are_steps():
    screen = Screen()
    console = Console(Mode.TEXT, screen)
    console.watch(PhaseStarted(phase=Phase.GAUSS_NEWTON, elapsed_s=0.2))
    console.watch(PassAdvanced(fraction=0.25, elapsed_s=0.3))
    assert screen.text.endswith("[####............]")
    console.watch(step(1, 1.0))
    console.watch(PassAdvanced(fraction=0.25, elapsed_s=0.4))
    assert "[................]  pass 25%" in screen.text.rpartition("\r")[2]
    assert "\n" not in screen.text


def test_pass_is_not_said_in_plain_text():
    screen = Screen(terminal=False)
    console = Console(Mode.TEXT, screen)
    console.watch(PassAdvanced(fraction=0.25, elapsed_s=0.3))
    assert screen.text == console.log == ""


def test_what_happens_stands_above_the_bar():
    screen = Screen()
    console = Console(Mode.TEXT, screen)
    console.watch(step(1, 1.0))
    console.watch(happened(Happening.COST_GUARD, "The cost rose."))
    assert "\r  The cost rose.\n" in screen.text
    assert "[cost_guard] The cost rose." in console.log


@pytest.mark.parametrize("what", [Happening.CHECKPOINT, Happening.STEP_CLIPPED])
def test_routine_is_for_the_log_and_for_who_wants_everything(what):
    plain, everything = Screen(terminal=False), Screen(terminal=False)
    console = Console(Mode.TEXT, plain)
    console.watch(happened(what, "As always."))
    assert plain.text == ""
    assert "As always." in console.log
    options = ProgressOptions(verbosity=Verbosity.EVERYTHING)
    Console(Mode.TEXT, everything, progress=options).watch(happened(what, "As always."))
    assert everything.text == "  As always.\n"


def test_without_the_bar_a_terminal_has_plain_lines():
    screen = Screen()
    console = Console(Mode.TEXT, screen, progress=ProgressOptions(bar=False))
    console.watch(PhaseStarted(phase=Phase.REFINING, elapsed_s=0.2))
    console.fraction(0.5)
    console.watch(step(1, 1.0))
    assert "\r" not in screen.text
    assert screen.text.splitlines() == [
        "Refining",
        "  iteration 1, cost 1, EDM 1, 1.0 s",
    ]


@pytest.mark.parametrize("terminal", [False, True])
def test_quiet_verbosity_has_no_steps(terminal):
    screen = Screen(terminal=terminal)
    options = ProgressOptions(verbosity=Verbosity.QUIET)
    console = Console(Mode.TEXT, screen, progress=options)
    console.watch(PhaseStarted(phase=Phase.REFINING, elapsed_s=0.2))
    console.watch(step(1, 1.0))
    console.say("done")
    assert screen.text == "Refining\ndone\n"
    assert "iteration 1" in console.log


@pytest.mark.parametrize(("interval", "shown"), [(1, 5), (2, 3), (10, 1)])
def test_values_of_every_so_many_steps(interval, shown):
    screen = Screen(terminal=False)
    options = ProgressOptions(verbosity=Verbosity.EVERYTHING, log_interval=interval)
    console = Console(Mode.TEXT, screen, progress=options)
    for k in range(5):
        console.watch(step(k, 1.0))
    assert screen.text.count("iteration") == 5
    assert screen.text.count("    D0 = 1.23457×10⁴, alpha = -0.5\n") == shown
    assert console.log.count("alpha") == shown


def test_verbosity_does_not_thin_out_json():
    screen = Screen(terminal=False)
    options = ProgressOptions(verbosity=Verbosity.QUIET)
    console = Console(Mode.JSON, screen, progress=options)
    console.watch(step(1, 1.0, coarse=True))
    console.watch(happened(Happening.CHECKPOINT, "Checkpoint."))
    events = [json.loads(line) for line in screen.text.splitlines()]
    assert [e["event"] for e in events] == ["step", "happened"]
    assert events[0]["coarse"] is True
    assert events[1]["details"] == {}


def test_coarse_steps_are_called_so():
    screen = Screen(terminal=False)
    Console(Mode.TEXT, screen).watch(step(3, 1.0, coarse=True))
    assert screen.text.startswith("  coarse iteration 3, cost 1,")


def test_progress_begins_anew_in_each_phase():
    screen = Screen()
    console = Console(Mode.TEXT, screen)
    console.watch(PhaseStarted(phase=Phase.COARSE, elapsed_s=0.2))
    console.watch(step(1, 1.0))
    console.watch(step(2, 1e-9))
    assert "[################]" in screen.text
    console.watch(PhaseStarted(phase=Phase.REFINING, elapsed_s=0.3))
    console.watch(step(2, 1.0))
    assert "[................]" in screen.text.rpartition("\r")[2]

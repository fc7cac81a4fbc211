"""Opens the real window on a run, fits it, and tells how long the window stood still.

Run as a program, in a process of its own, because only the first fit of a process
imports JAX and traces the model:

    python -m tests.bench.window_probe RUN.yaml

A timer ticks every 5 ms in the event loop; a gap is the time between two ticks. Beside
it a process that does nothing but sleep tells how late the machine itself was.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer

from app.bridge.engine import real_engine
from app.controllers.session import Session
from app.qt_application import make_application
from app.settings import Settings
from app.theme import ThemeManager

TICK_MS = 5
LONG_MS = 50.0
_LIMIT_MS = 300_000
_FRAMES = 7
_LOOK_S = 0.01
_QUIET_MS = 400
"""What follows an answer (maps, panels) is drawn within that time."""
_SLEEPER = """
import sys, time
last = time.perf_counter()
while True:
    time.sleep(0.005)
    now = time.perf_counter()
    if now - last > 0.01:
        print(now, now - last, flush=True)
    last = now
"""


@dataclass
class Part:
    """Gaps between ticks while one thing was done."""

    name: str
    seconds: float = 0.0
    """Until it was done."""
    machine_ms: float = 0.0
    """Longest time that the sleeping process was kept waiting."""
    others: float = 0.0
    """Cores that other processes used meanwhile, on average."""
    gaps_ms: list[float] = field(default_factory=list)
    long: list[str] = field(default_factory=list)
    """What is known of each long gap."""


class Ticker(QObject):
    """Measures gaps, and with `stacks` samples every thread's stack in long ones.

    Sampling costs a little, so figures are taken without.
    """

    def __init__(self, *, stacks):
        super().__init__()
        self.part = Part("")
        self._clock = ThreadClock()
        self._last, self._spent = time.perf_counter(), self._clock.spent_ms()
        self._samples = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        if stacks:
            signal.signal(signal.SIGALRM, self._look)
            signal.setitimer(signal.ITIMER_REAL, _LOOK_S, _LOOK_S)

    def begin(self, part):
        self._tick()
        self.part = part

    def stop(self):
        self._timer.stop()
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _tick(self):
        now, spent = time.perf_counter(), self._clock.spent_ms()
        gap = 1e3 * (now - self._last)
        self.part.gaps_ms.append(gap)
        if gap > LONG_MS:
            worked, queued = (b - a for a, b in zip(self._spent, spent, strict=True))
            head = (
                f"{gap:.0f} ms: worked {worked:.0f} ms, waited {queued:.0f} ms for a "
                "core, the rest for other threads"
            )
            self.part.long.append("\n".join([head, *self._samples]))
        self._samples = []
        self._last, self._spent = now, spent

    def _look(self, _number, frame):
        """Note where every thread is, if the event loop stands still.

        A signal does that on the GUI thread itself, and no frame of that thread may
        outlive the look: painters would live on that must end with their paint event.
        """
        since = 1e3 * (time.perf_counter() - self._last)
        if since > LONG_MS / 2:
            self._samples.append(f"  {since:4.0f} ms window: {_short_stack(frame)}")
            self._samples += _other_stacks()


def _other_stacks():
    """Return where every other thread is."""
    frames = sys._current_frames()
    del frames[threading.get_ident()]
    names = {t.ident: t.name for t in threading.enumerate()}
    return [
        f"          {names.get(number)}: {_short_stack(frame)}"
        for number, frame in frames.items()
    ]


def _short_stack(frame):
    """Return the innermost frames that do not belong to the import machinery."""
    calls = [
        f"{os.path.basename(f.f_code.co_filename)}:{line} {f.f_code.co_name}"
        for f, line in traceback.walk_stack(frame)
        if "importlib" not in f.f_code.co_filename
    ]
    return " < ".join(calls[:_FRAMES])


class ThreadClock:
    """How long the thread that makes it has worked, and waited for a core."""

    def __init__(self):
        try:
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        except OSError:
            self._file = None

    def spent_ms(self):
        if self._file is None:
            return 1e3 * time.thread_time(), 0.0
        worked, queued, _ = os.pread(self._file, 64, 0).split()
        return int(worked) / 1e6, int(queued) / 1e6


class Sleeper:
    """A process that sleeps 5 ms at a time and notes when it was woken late."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SLEEPER], stdout=subprocess.PIPE, text=True
        )

    def worst(self, periods):
        """End it; return its longest wait [ms] in each of some periods."""
        self._process.terminate()
        told, _ = self._process.communicate()
        late = [tuple(map(float, line.split())) for line in told.splitlines()]
        return [
            1e3 * max((wait for at, wait in late if begin < at < end), default=0.0)
            for begin, end in periods
        ]


class Probe:
    """One window with one run."""

    def __init__(self, folder, *, stacks):
        app = make_application()
        theme = ThemeManager()
        theme.set_mode("light")
        theme.apply(app)
        settings = Settings(folder / "window.ini")
        self.session = Session(real_engine(), settings, theme, folder)
        self.session.window.show()
        _rest(_QUIET_MS)
        self._sleeper = Sleeper()
        self.ticker = Ticker(stacks=stacks)
        self.parts = []
        self._periods = []

    def measure(self, name, begin, *signals):
        """Do something and watch until all signals came and what follows is drawn."""
        part = Part(name)
        self.parts.append(part)
        before = _busy_s()
        self.ticker.begin(part)
        began = time.perf_counter()
        _until(begin, signals)
        part.seconds = time.perf_counter() - began
        _rest(_QUIET_MS)
        ended, after = time.perf_counter(), _busy_s()
        ours = after[1] - before[1]
        part.others = (after[0] - before[0] - ours) / (ended - began)
        self._periods.append((began, ended))

    def end(self):
        self.ticker.stop()
        worst = self._sleeper.worst(self._periods)
        for part, late in zip(self.parts, worst, strict=True):
            part.machine_ms = late
        session = self.session
        session.closing.allow()
        session.shut_down()
        session.window.close()


def _rest(milliseconds):
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _until(begin, signals):
    """Call `begin` and run the event loop until every signal came."""
    loop = QEventLoop()
    missing = set(range(len(signals)))

    def came(number):
        missing.discard(number)
        if not missing:
            loop.quit()

    for number, told in enumerate(signals):
        told.connect(lambda *_, n=number: came(n))
    QTimer.singleShot(0, begin)
    QTimer.singleShot(_LIMIT_MS, loop.quit)
    loop.exec()


def _busy_s():
    """Return the CPU time of the whole machine and of this process so far [s]."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0].split()
    except OSError:
        return 0.0, 0.0
    user, nice, system = (int(x) for x in first[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK"), time.process_time()


def measure(path, fits, *, stacks=False):
    """Return what was measured: opening, at rest, and so many fits."""
    with tempfile.TemporaryDirectory() as folder:
        probe = Probe(Path(folder), stacks=stacks)
        session = probe.session
        probe.measure("opening", lambda: session.start([path]), session.maps.drawn)
        done = QTimer(session, singleShot=True, interval=500)
        probe.measure("at rest", done.start, done.timeout)
        action = session.window.actions_["fit.start"]
        for number in range(1, fits + 1):
            probe.measure(f"fit {number}", action.trigger, session.fitting.ended)
        probe.end()
        return [asdict(part) for part in probe.parts]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--fits", type=int, default=2)
    parser.add_argument("--stacks", action="store_true")
    given = parser.parse_args()
    json.dump(measure(given.run, given.fits, stacks=given.stacks), sys.stdout)


if __name__ == "__main__":
    main()

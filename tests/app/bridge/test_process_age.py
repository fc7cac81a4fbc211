"""How long a process runs already, told by itself and by whoever started it."""

import os
import subprocess
import sys
import time

import pytest

from app.bridge import process_age


@pytest.mark.slow
def test_counts_from_the_start_of_the_process_not_of_the_import():
    code = (
        "import time; time.sleep(0.6)\n"
        "from app.bridge.process_age import process_age_s\n"
        "print(process_age_s())"
    )
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    outside = time.monotonic() - begun
    assert 0.55 < float(done.stdout) < outside + 0.05


def test_grows_as_time_passes():
    first, begun = process_age.process_age_s(), time.monotonic()
    time.sleep(0.2)
    grown = process_age.process_age_s() - first
    assert grown == pytest.approx(time.monotonic() - begun, abs=0.05)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_name_with_blanks_and_parentheses_is_no_trouble():
    ticks = 100
    rest = " ".join(str(ticks if k == 19 else 0) for k in range(1, 40))
    age = process_age._age_linux(f"7 (two) time) S {rest}")
    boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert age == pytest.approx(boot - ticks / os.sysconf("SC_CLK_TCK"), abs=1)


def test_without_an_answer_of_the_system_counts_from_the_import(monkeypatch):
    def refuse(_):
        raise OSError("not here")

    monkeypatch.setattr(process_age, "_age_linux", refuse)
    monkeypatch.setattr(sys, "platform", "linux")
    assert process_age.process_age_s() == pytest.approx(
        time.monotonic() - process_age._BEGUN, abs=0.05
    )

"""Memory that this process could use: machines, containers, jobs."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from engine import machine
from engine.machine import memory_limit

GIB = 2**30
PHYSICAL = 16 * GIB
MACHINE = "the memory of this machine"
GROUP = "the limit of this container or job"
UNLIMITED_V1 = "9223372036854771712"


@pytest.fixture(autouse=True)
def sixteen_gib(monkeypatch):
    monkeypatch.setattr(machine, "_physical_memory", lambda: float(PHYSICAL))


def tree(root, membership, limits):
    """Write /proc/self/cgroup and the files of some control groups."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(membership)
    for name, text in limits.items():
        file = root / "sys/fs/cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    return root


@pytest.mark.parametrize(
    ("membership", "limits", "expected"),
    [
        # A job: the least of all groups on the way up counts, "max" is none.
        (
            "0::/slurm/job_7/step_0\n",
            {
                "slurm/job_7/step_0/memory.max": "max",
                "slurm/job_7/memory.max": 3 * GIB,
                "slurm/memory.max": 5 * GIB,
            },
            3,
        ),
        ("0::/a/b\n", {"a/memory.max": 5 * GIB, "a/b/memory.max": 6 * GIB}, 5),
        # A group of somebody else does not count.
        ("0::/a\n", {"a/memory.max": "max", "b/memory.max": GIB}, None),
        # A container sees its own group at the root, whatever its path is outside.
        ("0::/docker/3f2a\n", {"memory.max": 2 * GIB}, 2),
        ("0::/../../kubepods/x\n", {"memory.max": 2 * GIB}, 2),
        # The first version, alone or beside the second.
        (
            "5:cpu,cpuacct:/x\n4:memory:/job/1\n0::/\n",
            {
                "memory/job/1/memory.limit_in_bytes": 4 * GIB,
                "memory/memory.limit_in_bytes": UNLIMITED_V1,
            },
            4,
        ),
        ("4:hugetlb,memory:/job\n", {"memory/memory.limit_in_bytes": 7 * GIB}, 7),
        (
            "4:memory:/\n0::/user\n",
            {
                "memory/memory.limit_in_bytes": UNLIMITED_V1,
                "unified/user/memory.max": 6 * GIB,
            },
            6,
        ),
        # Nothing limits, or not below what the machine has.
        ("0::/\n", {}, None),
        ("0::/\n", {"memory.max": 64 * GIB}, None),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": UNLIMITED_V1}, None),
        ("what is this\n", {"memory.max": "nonsense"}, None),
        # A path may hold colons.
        ("0::/pod:1/c\n", {"pod:1/memory.max": GIB}, 1),
    ],
)
def test_the_least_limit_counts(tmp_path, membership, limits, expected):
    found = memory_limit(tree(tmp_path, membership, limits))
    if expected is None:
        assert (found.gb, found.source) == (PHYSICAL / 1e9, MACHINE)
    else:
        assert (found.gb, found.source) == (expected * GIB / 1e9, GROUP)


def test_a_machine_that_tells_nothing_is_taken_to_be_small(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_physical_memory", lambda: None)
    found = memory_limit(tmp_path)
    assert found.gb == 8.0
    assert "assumed" in found.source


def test_a_group_limits_a_machine_that_tells_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_physical_memory", lambda: None)
    found = memory_limit(tree(tmp_path, "0::/\n", {"memory.max": 3 * GIB}))
    assert (found.gb, found.source) == (3 * GIB / 1e9, GROUP)


class TestPhysicalMemory:
    """Each system has its own way to tell; the one at hand is asked for real."""

    @pytest.fixture(autouse=True)
    def unpatched(self, monkeypatch, sixteen_gib):
        monkeypatch.undo()

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/meminfo")
    def test_of_this_machine(self):
        with open("/proc/meminfo") as file:
            kib = float(file.readline().split()[1])
        assert machine._physical_memory() == pytest.approx(1024 * kib, rel=1e-3)

    def test_macos_asks_sysctl_where_sysconf_does_not_tell(self, monkeypatch):
        answer = SimpleNamespace(stdout="17179869184\n")
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(machine.os, "sysconf", _refuse, raising=False)
        monkeypatch.setattr(machine.subprocess, "run", lambda *_, **__: answer)
        assert machine._physical_memory() == 16 * GIB

    def test_macos_without_sysctl(self, monkeypatch):
        def missing(*_, **__):
            raise subprocess.SubprocessError

        monkeypatch.setattr(machine.subprocess, "run", missing)
        assert machine._physical_macos() is None

    def test_windows_asks_the_kernel(self, monkeypatch):
        import ctypes

        def fill(pointer):
            status = pointer._obj
            assert status.dwLength == ctypes.sizeof(status) == 64
            status.ullTotalPhys = 32 * GIB
            return 1

        kernel = SimpleNamespace(GlobalMemoryStatusEx=fill)
        windows = SimpleNamespace(kernel32=kernel)
        monkeypatch.setattr(ctypes, "windll", windows, raising=False)
        monkeypatch.setattr(sys, "platform", "win32")
        assert machine._physical_memory() == 32 * GIB


def _refuse(_name):
    raise ValueError("unrecognized configuration name")


def test_total_memory_is_that_limit():
    assert machine.total_memory_gb() == memory_limit().gb


def test_there_is_at_least_one_core():
    assert machine.available_cores() >= 1

"""A reader that fails for a moment is asked again, once, and the user is told."""

import numpy as np
import pytest

from engine.data import source as sources
from engine.data.hdf5 import Hdf5Source
from engine.data.load import always, load
from engine.data.stored import in_memory
from engine.errors import DataError
from engine.setup import DataRequest
from tests.engine.data.files import aps_u, matrices, nexus

AGAIN = "the matrix c2_00002 could not be read at first and was read again"


@pytest.fixture
def path(tmp_path):
    return aps_u(tmp_path / "run.h5")


@pytest.fixture
def pauses(monkeypatch):
    """Lengths of the pauses, which are not waited for."""
    slept = []
    monkeypatch.setattr(sources.time, "sleep", slept.append)
    return slept


class Reader:
    """Stands in for the reader: `failures` of the second matrix are still to come."""

    def __init__(self, monkeypatch, error):
        self.failures = 0
        self.asked = []
        plain = Hdf5Source._stored

        def stored(source, entry, frames):
            self.asked.append(entry.label)
            if entry.label == "c2_00002" and self.failures:
                self.failures -= 1
                raise error
            return plain(source, entry, frames)

        monkeypatch.setattr(Hdf5Source, "_stored", stored)


@pytest.fixture(params=[OSError("stale file handle"), DataError("cannot be read")])
def reader(request, monkeypatch, pauses):
    return Reader(monkeypatch, request.param)


def read(path, *, kept):
    return load(DataRequest(file=path), keep=always if kept else lambda *_: False)


@pytest.mark.parametrize("kept", [True, False])
def test_once_while_loading(path, reader, pauses, kept):
    reader.failures = 1
    run = read(path, kept=kept)
    np.testing.assert_array_equal(np.stack(list(run.c2)), matrices(3))
    assert run.warnings == (AGAIN,)
    assert reader.asked[:4] == ["c2_00001", "c2_00002", "c2_00002", "c2_00003"]
    assert pauses == [0.05]


@pytest.mark.parametrize("kept", [True, False])
def test_always_while_loading(path, reader, kept):
    reader.failures = 1000
    with pytest.raises(DataError) as error:
        read(path, kept=kept)
    assert "\n" not in str(error.value)
    assert reader.asked == ["c2_00001", "c2_00002", "c2_00002"]


def test_what_the_system_says_becomes_a_sentence(path, monkeypatch, pauses):
    reader = Reader(monkeypatch, OSError("stale file handle"))
    reader.failures = 2
    words = r"run\.h5: the matrix c2_00002 cannot be read \(stale file handle\); check"
    with pytest.raises(DataError, match=words):
        read(path, kept=True)


class TestStored:
    def test_once(self, path, reader):
        run = read(path, kept=False)
        reader.failures = 1
        np.testing.assert_array_equal(run.c2[1], matrices(3)[1])
        assert run.c2.read_again == run.read_again == (AGAIN,)
        assert run.warnings == ()

    def test_is_said_once_however_often_it_happens(self, path, reader):
        run = read(path, kept=False)
        for _ in range(3):
            run.c2.close()
            reader.failures = 1
            np.testing.assert_array_equal(run.c2[1], matrices(3)[1])
        assert run.c2.read_again == (AGAIN,)

    def test_always_and_then_no_more(self, path, reader):
        run = read(path, kept=False)
        reader.failures = 2
        with pytest.raises(DataError):
            run.c2[1]
        assert reader.failures == 0
        assert run.c2.read_again == ()
        np.testing.assert_array_equal(run.c2[1], matrices(3)[1])

    def test_goes_along_into_memory(self, path, reader):
        run = read(path, kept=False)
        reader.failures = 1
        assert in_memory(run).warnings == (AGAIN,)

    def test_is_not_said_twice(self, path, reader):
        reader.failures = 1
        run = read(path, kept=False)
        reader.failures = 1
        assert in_memory(run).warnings == (AGAIN,)


def test_unlike_halves_are_not_read_again(tmp_path, pauses):
    """What was read well and is wrong is wrong the second time."""
    wrong = np.tile(1 + np.arange(64) / 64, (1, 64, 1))
    with pytest.raises(DataError, match="not symmetric"):
        read(nexus(tmp_path / "a.nxs", wrong, q=[0.01], phi=[0.0]), kept=True)
    assert pauses == []

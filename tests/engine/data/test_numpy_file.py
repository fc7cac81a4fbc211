"""Windows of the matrices of NumPy files, read piece by piece."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import numpy_file
from engine.data.numpy_file import ONLY, NumpyFile
from engine.errors import DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("arrays")


@pytest.mark.slow
@settings(deadline=None)
@given(data=st.data())
def test_window_is_that_of_the_array(folder, data):
    """Whatever its order and type, packed or not, and however long the pieces are."""
    n = data.draw(st.integers(3, 9))
    count = data.draw(st.integers(0, 4))
    kind = data.draw(st.sampled_from(["<f4", ">f8", "<i2", "?"]))
    order = data.draw(st.sampled_from("CF"))
    save = data.draw(st.sampled_from([np.save, np.savez, np.savez_compressed]))
    shape = (count, n, n) if count else (n, n)
    values = np.random.default_rng(n).integers(0, 99, shape)
    array = np.asarray(values.astype(kind), order=order)
    path = folder / ("a.npy" if save is np.save else "a.npz")
    save(path, array) if save is np.save else save(path, c2=array, other=[1.0])
    name = ONLY if save is np.save else "c2"
    wanted = st.tuples(
        st.integers(0, max(count, 1) - 1), st.integers(0, n - 1), st.integers(1, n)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numpy_file, "_PIECE", data.draw(st.integers(1, 300)))
        file = NumpyFile(path)
        for k, start, length in data.draw(st.lists(wanted, min_size=1, max_size=4)):
            frames = slice(start, min(start + length, n))
            found = file.window(name, k, frames)
            expected = array.reshape(-1, n, n)[k][frames, frames]
            np.testing.assert_array_equal(found, expected)
            assert found.dtype == array.dtype
            assert found.flags.owndata
            narrow = file.window(name, k, frames, np.dtype(np.float32))
            assert narrow.dtype == np.float32
            np.testing.assert_array_equal(narrow, expected.astype(np.float32))
        file.close()


def test_damage_inside_a_packed_array_is_found(folder):
    path = folder / "damaged.npz"
    values = np.random.default_rng(0).normal(size=(3, 40, 40))
    np.savez(path, c2=values)
    content = bytearray(path.read_bytes())
    place = content.find(values[1].tobytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    file = NumpyFile(path)
    np.testing.assert_array_equal(file.window("c2", 0, slice(0, 40)), values[0])
    with pytest.raises(DataError, match="cannot be read"):
        file.window("c2", 2, slice(0, 40))
    file.close()


def test_arrays_in_turn(folder):
    path = folder / "two.npz"
    a, b = np.arange(32.0).reshape(2, 4, 4), -np.arange(16.0).reshape(4, 4)
    np.savez(path, a=a, b=b)
    file = NumpyFile(path)
    for _ in range(2):
        np.testing.assert_array_equal(file.window("a", 1, slice(0, 4)), a[1])
        np.testing.assert_array_equal(file.window("b", 0, slice(0, 4)), b)
    file.close()


def test_objects_are_never_loaded(folder):
    path = folder / "objects.npy"
    np.save(path, np.array([[None] * 4] * 4), allow_pickle=True)
    file = NumpyFile(path)
    with pytest.raises(DataError, match="pickled objects"):
        file.window(ONLY, 0, slice(0, 4))


def test_other_members_of_an_archive_are_ignored(folder):
    path = folder / "more.npz"
    np.savez(path, c2=np.eye(3))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("readme.txt", "hello")
    file = NumpyFile(path)
    assert list(file.headers) == ["c2"]
    np.testing.assert_array_equal(file.window("c2", 0, slice(1, 3)), np.eye(2))
    file.close()

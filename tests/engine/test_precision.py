"""Where compiled kernels are kept."""

from pathlib import Path

import pytest

from engine import precision


def test_cache_is_kept_apart_for_each_kind_of_processor(monkeypatch):
    monkeypatch.delenv(precision.CACHE_VARIABLE, raising=False)
    here = precision.cache_folder()
    assert here == precision.cache_folder()
    monkeypatch.setattr(precision.platform, "machine", lambda: "another")
    assert precision.cache_folder() != here
    assert precision.cache_folder().parent == here.parent


@pytest.mark.parametrize("denied", [True, False])
def test_a_cache_that_cannot_be_written_is_a_warning(
    tmp_path, monkeypatch, caplog, denied
):
    folder = tmp_path if denied else tmp_path / "file" / "cache"
    (tmp_path / "file").touch()
    monkeypatch.setenv(precision.CACHE_VARIABLE, str(folder))
    monkeypatch.setattr(precision.os, "access", lambda *_: not denied)
    precision.prepare_jax.__wrapped__()
    (message,) = caplog.messages
    reason = "Permission denied" if denied else ""
    assert message.startswith(
        f"warning: compiled kernels cannot be kept in {folder} ({reason}"
    )
    assert message.endswith(
        "), so every start compiles them anew; name another folder with "
        "TWOTIME_COMPILE_CACHE"
    )
    assert "Errno" not in message


@pytest.mark.parametrize(("value", "expected"), [("", None), ("/x/y", Path("/x/y"))])
def test_the_environment_decides(monkeypatch, value, expected):
    monkeypatch.setenv(precision.CACHE_VARIABLE, value)
    assert precision.cache_folder() == expected

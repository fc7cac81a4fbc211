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


@pytest.mark.parametrize(("value", "expected"), [("", None), ("/x/y", Path("/x/y"))])
def test_the_environment_decides(monkeypatch, value, expected):
    monkeypatch.setenv(precision.CACHE_VARIABLE, value)
    assert precision.cache_folder() == expected

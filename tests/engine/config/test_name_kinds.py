import pytest

from engine.config.name_kinds import ParameterNames
from engine.config.tree import Section, Source
from engine.errors import RunFileError
from engine.models.specs import LAMINAR_FLOW, PARAMETER_ALIASES

OWN = [p.name for p in LAMINAR_FLOW.parameters]


def read(value):
    return ParameterNames().read(Section.whole(Source({"key": value}, "")), "key")


def test_numbers_are_those_of_the_flow_model():
    assert read(list(range(7))) == tuple(OWN)
    assert read(OWN) == tuple(OWN)


@pytest.mark.parametrize(("alias", "name"), PARAMETER_ALIASES.items())
def test_aliases(alias, name):
    assert read([f" {alias} "]) == (name,)


def test_null_is_nothing_and_an_empty_list_is_one():
    assert read(None) is None
    assert read([]) == ()


@pytest.mark.parametrize(
    "value", [[7], [-1], [1.5], [None], [True], [[]], ["contrast"], [""], {}, "D0", 3]
)
def test_no_name(value):
    with pytest.raises(RunFileError, match=r"^key.* is .*; expected .*; correct it"):
        read(value)


def test_each_once():
    with pytest.raises(RunFileError, match=r"key\[1\] is 0; expected .* D0 is here"):
        read(["d0", 0])


def test_written_is_read_as_the_same():
    kind = ParameterNames()
    assert read(kind.write(("phi0", "D0"))) == ("phi0", "D0")

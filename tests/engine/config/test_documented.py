"""The page about run files has every option, as the program reads it."""

import re

import pytest

from engine.config.known_keys import inert_patterns
from engine.config.table import FIELDS
from tests.engine.config.option_table import BEGIN, END, PAGE, page

TEXT = PAGE.read_text("utf-8")


def test_the_tables_are_those_of_the_program():
    assert page(TEXT) == TEXT, "run python -m tests.engine.config.option_table"


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f.path)
def test_every_key_is_on_the_page(field):
    options = TEXT.partition(BEGIN)[2].partition(END)[0]
    section, _, name = field.path.rpartition(".")
    below = re.findall(
        rf"^\| \*\*`{re.escape(section)}`\*\*.*?(?=^\| \*\*|\Z)", options, re.M | re.S
    )
    assert any(f"| `{name}` |" in part for part in below)
    for key in field.spellings[1:]:
        assert f"`{key.removeprefix('optimization.nlsq.')}`" in options or (
            f"`{key}`" in options
        )


def test_keys_without_a_value_of_ours_are_on_the_page():
    options = TEXT.partition(BEGIN)[2].partition(END)[0]
    patterns = inert_patterns()
    assert len(patterns) > 50
    assert [p for p in patterns if f"`{p}`" not in options] == []

import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.yaml_text import dump_tree, parse_yaml, read_tree
from engine.errors import RunFileError


def test_reads_numbers_as_people_write_them():
    tree = parse_yaml("{a: 1e-8, b: 1.5E3, c: -.5, d: 7, e: .inf, f: 0}", "x")
    assert tree == {"a": 1e-8, "b": 1500.0, "c": -0.5, "d": 7, "e": math.inf, "f": 0}
    assert isinstance(tree["d"], int)


def test_times_dates_and_numbered_names_stay_text():
    tree = parse_yaml("{a: 12:30:00, b: 2025-08-12, c: 007, d: 2025_001}", "x")
    assert tree == {"a": "12:30:00", "b": "2025-08-12", "c": "007", "d": "2025_001"}


def test_keys_are_text():
    assert parse_yaml("{on: 1, 3: 2, no: off}", "x") == {"on": 1, "3": 2, "no": False}


def test_anchors_and_merge_keys_are_expanded():
    text = "base: &b {x: 1, y: 2}\nother:\n  <<: *b\n  x: 3\nagain: {<<: *b}\n"
    assert parse_yaml(text, "x")["other"] == {"x": 3, "y": 2}


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a: 1\nb: [1, 2\nc: 2\n", ("line 3", "column 2")),
        ("a: 1\nb: c: 2\n", ("line 2", "column 5")),
        ("a: 1\nb: 2\na: 3\n", ("line 3", "'a'", "twice", "line 1")),
        ("x:\n  dt: 1\n  dt: 2\n", ("line 3", "'dt'")),
        ("a:\n\tb: 1\n", ("line 2", "column 1")),
        ("a: \x01\n", ("line 1", "not allowed")),
        ("a: &x {b: *x}\n", ("contains itself",)),
        ("", ("empty",)),
        ("[1, 2]", ("list", "expected sections")),
        ("just words", ("single value",)),
        ("a: !!python/object:os.system {}", ("line 1",)),
    ],
)
def test_bad_yaml_names_file_and_place(tmp_path, text, pieces):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(RunFileError) as error:
        read_tree(path)
    message = str(error.value)
    assert message.startswith(str(path))
    assert all(piece in message for piece in pieces), message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ('{"a": 1,\n "b": }', ("line 2", "column")),
        ('{"a": {"dt": 1, "dt": 2}}', ("'dt'", "twice")),
        ("[" * 2000 + "]" * 2000, ("correct",)),
        ("[" + "9" * 5000 + "]", ("cannot be read",)),
    ],
)
def test_bad_json_names_file_and_place(tmp_path, text, pieces):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(RunFileError) as error:
        read_tree(path)
    assert all(piece in str(error.value) for piece in pieces), error.value


def test_not_text(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_bytes(b"a: \xff\xfe\x00")
    with pytest.raises(RunFileError, match="not UTF-8"):
        read_tree(path)


def test_missing_file(tmp_path):
    with pytest.raises(RunFileError, match=r"nowhere\.yaml.*check the path"):
        read_tree(tmp_path / "nowhere.yaml")


def test_dump_puts_known_sections_first_and_short_ones_on_a_line():
    text = dump_tree({"zeta": 1, "noise": {"sigma": 1e-8}, "twotime": {"a": 1}})
    assert text == "twotime: {a: 1}\nnoise: {sigma: 1.0e-08}\nzeta: 1\n"


def test_shared_parts_are_written_out():
    shared = {"x": [1, 2]}
    assert "&" not in dump_tree({"a": shared, "b": shared})


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]))
    | st.sampled_from(["1e-8", "on", "12:30", "2025-01-01", "007", ".5", "~", "<<"])
)
KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
        ),
        max_leaves=12,
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(TREES)
def test_dump_is_read_back_exactly(tree):
    text = dump_tree(tree)
    assert parse_yaml(text, "x") == tree


@settings(deadline=None, max_examples=100)
@given(st.floats(allow_nan=False), st.text("0123456789.e-+_:", max_size=8))
def test_other_yaml_readers_agree_on_numbers_and_text(number, word):
    tree = {"number": number, "word": word}
    assert yaml.safe_load(dump_tree(tree)) == tree

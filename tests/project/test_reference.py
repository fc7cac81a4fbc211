"""The reference pages name everything the program has, as the program calls it."""

import argparse
import re
import textwrap

import pytest
from PySide6.QtGui import QKeySequence

from app.actions.table import ACTIONS
from engine.api import open_run
from engine.cli.parser import COMMANDS, build_parser
from engine.config.origin import Origin
from engine.config.run_file import resolved_tree
from engine.report.record import result_to_dict
from engine.sample import sample_run
from tests.engine.report.fixtures import fit_result, run_data
from tests.project.places import ROOT

REFERENCE = ROOT / "docs" / "reference"
REMARKS = {"simulation"}
"""Sections of a run file that no fit reads."""


def page(name):
    return (REFERENCE / f"{name}.md").read_text("utf-8")


def section(text, title):
    return re.split(r"^## ", text.partition(f"\n## {title}\n")[2], flags=re.M)[0]


def parser_of(command):
    (commands,) = (
        action
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return commands.choices[command]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_on_the_page(command):
    text = page("command-line")
    assert f"`twotime {command}" in text
    own = section(text, f"twotime {command}") or text
    options = [o for a in parser_of(command)._actions for o in a.option_strings]
    named = {"-h", "--help", *re.findall(r"--[a-z-]+", own)}
    assert [option for option in options if option not in named] == []


def test_the_page_names_no_option_there_is_not():
    known = {
        option
        for command in COMMANDS
        for action in parser_of(command)._actions
        for option in action.option_strings
    }
    named = set(re.findall(r"--[a-z][a-z-]+", page("command-line")))
    assert named - known == {"--version"}


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.key)
def test_every_shortcut_is_on_the_page(action):
    if action.shortcut is None:
        return
    keys = QKeySequence(action.shortcut).toString()
    assert keys.replace("'", "") in page("keyboard").replace("`", "")


def test_every_field_of_a_result_is_on_the_page():
    text = page("result-folder")
    words = set(re.findall(r"[A-Za-z_0-9]+", text))
    record = result_to_dict(fit_result(run_data()))
    assert len(record) > 15
    assert [name for name in leaves(record) if name not in words] == []


def leaves(record):
    """Return the names of sections and of their fields, but not of parameters."""
    for name, value in record.items():
        yield name
        if name == "parameters":
            value = next(iter(value.values()))
        if isinstance(value, dict) and name != "diagnostics":
            yield from (inner for inner in value if inner not in value.get("names", ()))


def test_every_key_of_a_written_run_file_is_on_the_page():
    run = open_run(sample_run())
    tree = resolved_tree(run, request=run.request, setup=run.setup)
    words = set(re.findall(r"[A-Za-z_0-9]+", page("run-file")))
    missing = [key for key in keys_of(tree) if key not in words]
    assert missing == []


def keys_of(tree):
    for key, value in tree.items():
        if key in REMARKS:
            continue
        yield key
        if isinstance(value, dict):
            yield from keys_of(value)
        for item in value if isinstance(value, list) else ():
            yield from keys_of(item) if isinstance(item, dict) else ()


def test_the_example_of_a_run_file_opens_without_remarks(tmp_path):
    example = textwrap.dedent(section(page("run-file"), "A small example"))
    path = tmp_path / "example.yaml"
    path.write_text(example.partition("\n\n## ")[0], "utf-8")
    run = open_run(path)
    assert run.origin is Origin.TWOTIME
    assert run.notes == ()
    assert run.ignored == ()
    assert [p.name for p in run.setup.parameters if p.fixed] == ["D_offset"]

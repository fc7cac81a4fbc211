"""The project around the code: lock, links, targets, what goes into the wheel."""

import argparse
import re
import shutil
import subprocess
import textwrap
import tomllib
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import engine
from app.actions.table import ACTIONS
from engine.cli.parser import build_parser
from engine.config.run_file import load_run_file
from tests.project.places import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def project_files():
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the project is not known")
    listed = subprocess.run(
        [git, "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def locked():
    """Return the requirements of the lock by name; some differ between Pythons."""
    found = {}
    for line in LOCK.splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            requirement = Requirement(line.rstrip("\\ "))
            found.setdefault(canonicalize_name(requirement.name), []).append(
                requirement
            )
    return found


def declared():
    groups = PROJECT["dependency-groups"].values()
    grouped = [item for group in groups for item in group if isinstance(item, str)]
    return [Requirement(text) for text in PROJECT["project"]["dependencies"] + grouped]


def test_lock_names_no_place():
    assert not re.search(r"://|^\s*-(?!-hash=sha256:)|\s@\s", LOCK, re.MULTILINE)


def test_every_locked_file_is_checked_by_hash():
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) > 30
    assert [b.split()[0] for b in blocks if "--hash=sha256:" not in b] == []


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_lock_is_within_the_declared_bounds(requirement):
    pins = locked()[canonicalize_name(requirement.name)]
    for pin in pins:
        (exact,) = pin.specifier
        assert requirement.specifier.contains(exact.version), pin


def test_no_path_of_a_machine_in_any_file():
    places = "|".join(["work", "root", "home", "Users", "tmp", "farm"])
    pattern = re.compile(rf"(?<![\w.~$)}}\]*-])/(?:{places})/\w")
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}: {hit}" for hit in pattern.findall(text)]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_of_a_page_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    local = [t.split("#")[0] for t in targets if not re.match(r"https?:|#", t)]
    assert [t for t in local if not (page.parent / t).exists()] == []


def test_every_page_of_the_documentation_can_be_reached():
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or not page.exists():
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
        waiting += [
            (page.parent / link).resolve() for link in links if "://" not in link
        ]
    assert [name_of(page) for page in PAGES if page.resolve() not in seen] == []


def test_makefile_has_the_promised_targets():
    promised = "run test test-fast lint types contracts screenshots bench env help"
    assert set(promised.split()) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_name_only_targets_that_exist(page):
    code = re.findall(r"`(make [a-z-]+)|^ {4}(make [a-z-]+)", page.read_text("utf-8"))
    named = {(inline or block).split()[1] for inline, block in code}
    assert named <= TARGETS


def test_wheel_holds_the_resources():
    included = {
        Path(file.distribution_path).as_posix()
        for file in WheelBuilder(str(ROOT)).recurse_included_files()
    }
    resources = [name_of(p) for p in project_files() if name_of(p).startswith("resou")]
    assert any(name.startswith("resources/sample/") for name in resources)
    assert [name for name in resources if name not in included] == []
    assert {"app/__init__.py", "engine/api.py"} <= included
    assert not any(name.startswith("tests/") for name in included)


def test_sample_run_is_small():
    size = sum(p.stat().st_size for p in (ROOT / "resources" / "sample").rglob("*"))
    assert 0 < size < 2_000_000


def test_changelog_knows_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(engine.__version__)}\b", text, re.MULTILINE)


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=name_of
)
def test_decision_has_its_parts_and_is_listed(page):
    text = page.read_text(encoding="utf-8")
    number = int(page.name[:4])
    assert re.match(rf"# {number}\. \S", text)
    assert re.search(r"^Date: \d{4}-\d\d-\d\d\. Status: \w+", text, re.MULTILINE)
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]
    index = (page.parent / "README.md").read_text(encoding="utf-8")
    assert page.name in index


def long_options(parser):
    for action in parser._actions:
        yield from (o for o in action.option_strings if o.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield f"twotime {name}"
                yield from long_options(command)


@pytest.mark.parametrize("option", sorted(set(long_options(build_parser()))))
def test_command_line_page_names_every_option(option):
    page = ROOT / "docs" / "reference" / "command-line.md"
    assert option in page.read_text(encoding="utf-8")


def test_keyboard_page_names_every_shortcut():
    page = (ROOT / "docs" / "reference" / "keyboard.md").read_text(encoding="utf-8")
    keys = {a.shortcut for a in ACTIONS if isinstance(a.shortcut, str)}
    listed = set(re.findall(r"^\| `?([^|`]+?)`? \|", page, re.MULTILINE))
    listed |= set(re.findall(r"`(.)`", page))
    assert len(keys) > 10
    assert keys <= listed


def test_example_of_the_run_file_page_opens(tmp_path):
    page = (ROOT / "docs" / "reference" / "run-file.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"## A small example\n\n((?: {4}.*\n)+)", page)
    path = tmp_path / "run.yaml"
    path.write_text(textwrap.dedent(example), encoding="utf-8")
    (tmp_path / "couette.h5").touch()
    opened = load_run_file(path, {})
    assert opened.request.file == tmp_path / "couette.h5"
    assert opened.setup.parameters["D_offset"].fixed
    assert len(opened.setup.phi.ranges) == 2
    assert opened.ignored == ()

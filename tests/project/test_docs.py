"""The help site: builds strictly, is complete, and needs nothing from the net."""

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from tests.project.places import ROOT

CONFIG = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
NAMED = set(re.findall(r"^ +- (?:[^:\n]*: )?(\S+\.md)$", CONFIG, re.MULTILINE))
BESIDE = {"changelog.md", "contributing.md"}
LOADED = {
    "link": "href",
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "srcset",
    "object": "data",
}
"""Elements that make a browser fetch something, and the attribute that says what."""


class Page(HTMLParser):
    """What a page loads, where it leads, and what can be led to."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.leads, self.names, self.formulas = [], [], set(), 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        self.names.add(given.get("id"))
        self.formulas += given.get("class") == "formula"
        if tag in LOADED and LOADED[tag] in given:
            self.loads.append(given[LOADED[tag]])
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for module in ("mkdocs", "material"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: the site cannot be built")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    built = subprocess.run(
        [*command, "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


@pytest.mark.parametrize("file", ["Makefile", "packaging/bundle/build.py"])
def test_every_build_is_strict(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    builds = [line for line in text.splitlines() if re.search(r"mkdocs\W+build", line)]
    # Warnings that are not shown are not counted either.
    assert [line for line in builds if "--strict" in line and "-q" not in line]


def test_every_page_is_in_the_navigation():
    docs = ROOT / "docs"
    there = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    assert there | BESIDE == NAMED


def test_site_has_every_page(site):
    made = {name.removesuffix(".md") for name in NAMED}
    made = {name.replace("README", "index") for name in made}
    assert [name for name in made if not (site / f"{name}.html").is_file()] == []


def test_pages_load_nothing_from_the_net(pages):
    found = [
        f"{path.name}: {target}"
        for path, page in pages.items()
        for target in page.loads
        if re.match(r"(https?:)?//", target)
    ]
    assert found == []
    assert all(page.loads for page in pages.values())


def test_styles_load_nothing_from_the_net(site):
    styles = list(site.rglob("*.css"))
    assert len(styles) >= 2
    pattern = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//")
    found = [p.name for p in styles if pattern.search(p.read_text(encoding="utf-8"))]
    assert found == []


def test_what_pages_load_and_lead_to_is_there(pages):
    missing = [
        f"{path.name}: {target}"
        for path, page in pages.items()
        for target in (*page.loads, *page.leads)
        if not re.match(r"[a-z]+:", target) and not is_there(path, target, pages)
    ]
    assert missing == []


def is_there(path, target, pages):
    file, _, name = target.partition("#")
    there = (path.parent / file).resolve() if file else path
    if there not in pages or not name:
        return there.is_file()
    return name in pages[there].names


def test_search_works_from_disk(site):
    index = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    assert index.startswith("var __index = {")
    assert "troubleshooting.html" in index
    assert (site / "assets" / "iframe-worker.js").is_file()


def test_formulas_are_drawn(pages):
    source = (ROOT / "docs" / "explanation" / "model.md").read_text(encoding="utf-8")
    (page,) = [p for path, p in pages.items() if path.name == "model.html"]
    assert page.formulas == source.count("```math") > 10


def test_every_picture_leads_to_its_full_size(pages):
    for path, page in pages.items():
        shown = {t.partition("#")[0] for t in page.loads if "/images/" in f"/{t}"}
        assert shown <= set(page.leads), path.name


def test_every_picture_is_there_for_light_and_dark(pages):
    loads = [(path, t) for path, page in pages.items() for t in page.loads]
    light = {(path, t) for path, t in loads if t.endswith("-light.png#only-light")}
    assert len(light) > 4
    assert {(path, t.replace("light", "dark")) for path, t in light} <= set(loads)

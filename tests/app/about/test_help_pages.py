"""Where the documentation is looked for."""

from pathlib import Path

from app.about.help_pages import help_page, places

ROOT = Path(__file__).resolve().parents[3]


def test_a_source_checkout_always_has_some():
    page = help_page(places())
    assert page is not None
    assert page.is_relative_to(ROOT)


def test_the_site_of_the_program_comes_before_that_of_the_source():
    packaged, built, source = places()
    assert packaged == ROOT / "resources" / "help" / "index.html"
    assert built == ROOT / "build" / "help" / "index.html"
    assert source == ROOT / "docs"


def test_the_first_there_is_is_taken(tmp_path):
    candidates = [tmp_path / name for name in ("a.html", "b.html", "docs")]
    assert help_page(candidates) is None
    candidates[2].mkdir()
    assert help_page(candidates) == candidates[2]
    candidates[1].touch()
    assert help_page(candidates) == candidates[1]

"""Hooks of the help site: pages from beside docs/, formulas as drawings.

The site is read from disk inside the application, so nothing may come from the net:
formulas are drawn here, into the page, and not by a script in the reader's browser.
"""

import re
import shutil
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextToPath
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
_BESIDE = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
_OUTWARD = re.compile(r"\]\(((?:\.\./)*)\.\./(CHANGELOG\.md|CONTRIBUTING\.md)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]*?)(-light)?\.png\)")
_ICON = "assets/twotime.svg"
_NOT_SHIPPED = ("404.html", "sitemap.*", "**/*.map", "assets/javascripts/lunr")
_SIZE = 100.0
"""Units of a drawing to one em of its page."""
_SCALE = 1.2
_MARGIN = 4.0
_COMMANDS = {
    int(Outline.MOVETO): ("M", 1),
    int(Outline.LINETO): ("L", 1),
    int(Outline.CURVE3): ("Q", 2),
    int(Outline.CURVE4): ("C", 3),
    int(Outline.CLOSEPOLY): ("Z", 1),
}
"""Letter and number of points of each kind of step along an outline."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Have blocks of code called `math` drawn."""
    fence = {"name": "math", "class": "formula", "format": draw_formula}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and the icon that lie outside docs/."""
    for name, source in _BESIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, name, content=text))
    icon = ROOT / "resources" / "icons" / "twotime.svg"
    files.append(File.generated(config, _ICON, abs_src_path=str(icon)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Lead links out of docs/ to where their pages are, and pictures to themselves."""
    inward = _OUTWARD.sub(lambda link: f"]({link[1]}{link[2].lower()}", markdown)
    return _PICTURE.sub(_pictures, inward)


def on_post_build(config: MkDocsConfig) -> None:
    """Remove what only a web server or a developer would use."""
    site = Path(config.site_dir)
    for pattern in _NOT_SHIPPED:
        for path in site.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _pictures(found: re.Match[str]) -> str:
    """Return a picture that leads to its full size; one for light and one for dark."""
    text, name, light = found.groups()
    if light is None:
        return f"[![{text}]({name}.png)]({name}.png)"
    return "\n".join(
        f"[![{text}]({name}-{mode}.png#only-{mode})]({name}-{mode}.png)"
        for mode in ("light", "dark")
    )


def draw_formula(source: str, *_: object, **__: object) -> str:
    """Return a TeX formula as a drawing in the colour of the text."""
    formula = " ".join(source.split())
    return f'<p class="formula">{_drawing(formula)}</p>'


def _drawing(formula: str) -> str:
    font = FontProperties(math_fontfamily="stix", size=_SIZE)
    drawn = TextToPath().get_text_path(font, f"${formula}$", ismath=True)
    points, codes = np.array(drawn[0]), list(drawn[1])
    left, bottom = points.min(axis=0) - _MARGIN
    width, height = points.max(axis=0) + _MARGIN - (left, bottom)
    across, down = (f"{x / _SIZE * _SCALE:.2f}em" for x in (width, height))
    return (
        f'<svg role="img" aria-label="{escape(formula)}" width="{across}" '
        f'height="{down}" viewBox="{left:.0f} {-bottom - height:.0f} {width:.0f} '
        f'{height:.0f}"><path fill="currentColor" d="{_steps(points, codes)}"/></svg>'
    )


def _steps(points: NDArray[np.float64], codes: list[int]) -> str:
    """Return an outline in the language of SVG, whose y points down."""
    steps, i = [], 0
    while i < len(codes):
        letter, count = _COMMANDS[codes[i]]
        numbers = " ".join(f"{x:.1f} {-y:.1f}" for x, y in points[i : i + count])
        steps.append(letter if letter == "Z" else f"{letter}{numbers}")
        i += count
    return "".join(steps)

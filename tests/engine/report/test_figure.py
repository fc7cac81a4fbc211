"""`fit.png`: what is drawn of which angle."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.report.figure import (
    MAX_ROWS,
    block_mean,
    chosen_rows,
    panel,
    write_figure,
)
from engine.report.maps import AngleMaps, angle_maps, fitted_times
from tests.engine.report.fixtures import fit_result, run_data
from tests.marking import quick


def naive_block_mean(image, size):
    """Average by looping, which is obviously right."""
    image = image.astype(float).copy()
    np.fill_diagonal(image, np.nan)
    n = image.shape[0]
    blocks = range(0, n, size)
    out = np.full((len(blocks), len(blocks)), np.nan)
    for a, i in enumerate(blocks):
        for b, j in enumerate(blocks):
            block = image[i : i + size, j : j + size]
            if np.isfinite(block).any():
                out[a, b] = block[np.isfinite(block)].mean()
    return out


@pytest.mark.parametrize(("n", "size"), [(12, 1), (12, 3), (13, 3), (300, 2), (7, 10)])
def test_block_mean_leaves_out_diagonal_and_missing_pixels(n, size):
    rng = np.random.default_rng(n)
    image = rng.normal(size=(n, n)).astype(np.float32)
    image[2, :] = image[:, 2] = np.nan
    image[5, 6] = np.inf
    expected = naive_block_mean(image, size)
    np.testing.assert_allclose(block_mean(image, size), expected, atol=1e-5)


def test_block_mean_does_not_change_its_argument():
    image = np.ones((8, 8), np.float32)
    block_mean(image, 2)
    assert image.all()


def test_rows_are_all_angles_or_evenly_chosen_ones():
    assert chosen_rows(3) == [0, 1, 2]
    assert chosen_rows(MAX_ROWS) == list(range(MAX_ROWS))
    rows = chosen_rows(23)
    assert len(rows) == MAX_ROWS
    assert rows[0] == 0
    assert rows[-1] == 22
    assert set(np.diff(rows)) <= {4, 5}


def test_large_maps_are_reduced():
    n = 1025
    image = np.zeros((n, n), np.float32)
    drawn = panel(AngleMaps(0, 0.0, image, image))
    assert drawn.reduction == 3
    assert drawn.data.shape == (342, 342)


@pytest.mark.parametrize("n_angles", quick([1, 3, 23], 3))
def test_picture_is_written_for_any_number_of_angles(tmp_path, model_maps, n_angles):
    del model_maps
    phi = tuple(np.linspace(-170, 170, n_angles))
    data = run_data(phi=phi)
    result = fit_result(data, warnings=["A sentence that is long " * 9])
    panels = [
        panel(maps)
        for maps in angle_maps(data, None, result)
        if maps.position in chosen_rows(n_angles)
    ]
    path = tmp_path / "fit.png"
    write_figure(path, panels, result=result, times=fitted_times(data, result))
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert width > 1000
    assert height > 150 * len(panels)


def test_importing_the_report_does_not_import_matplotlib():
    code = (
        "import sys, engine.report.folder, engine.report.figure; "
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('matplotlib', 'jax', 'PySide6')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.strip() == "[]"

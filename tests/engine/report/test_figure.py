"""`fit.png`: it is written, and nothing else is loaded for it."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.report.figure import write_figure
from engine.report.maps import angle_maps, fitted_times
from engine.report.panels import chosen_rows, panel
from tests.engine.report.fixtures import fit_result, run_data
from tests.marking import quick


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

"""`result.json`: the keys and types other programs rely on."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from engine.report.record import plain, result_to_dict, to_json, write_json
from engine.result import State
from tests.engine.report.fixtures import PARAMETERS, PHI, fit_result, run_data

NUMBER = (int, float)
MAYBE = (int, float, type(None))
VALUE = {"phi": NUMBER, "value": NUMBER, "stderr": MAYBE}
PARAMETER = {
    "value": NUMBER, "stderr": MAYBE, "stderr_robust": MAYBE, "unit": str,
    "start": NUMBER, "lower": MAYBE, "upper": MAYBE, "fixed": bool, "at_bound": bool,
}  # fmt: skip
# The contract, written out once more on purpose: a renamed key must fail here.
CONTRACT = {
    "format": str,
    "format_version": int,
    "software": {
        "name": str, "version": str, "python": str, "jax": str, "numpy": str,
        "platform": str, "device": str, "commit": (str, type(None)),
    },
    "input": {
        "path": str, "sha256": (str, type(None)), "layout": str, "q": NUMBER,
        "dt": NUMBER, "frames": [int], "n_frames": int, "phi": [NUMBER],
        "n_points": int,
    },
    "model": {"name": str, "convention": str, "gap": MAYBE},
    "status": {
        "state": str, "reason": str, "message": str, "iterations": int,
        "evaluations": int, "cost_initial": NUMBER, "cost_final": NUMBER,
        "gradient_norm": NUMBER, "edm": NUMBER,
    },
    "strategy": {
        "name": str, "reason": str, "estimated_gb": NUMBER, "threshold_gb": NUMBER,
        "attempts": [
            {
                "strategy": str,
                "outcome": str,
                "reason": str,
                "actions": list,
            }
        ],
    },
    "quality": {
        "chi_squared": NUMBER, "reduced_chi_squared": NUMBER, "noise_sigma": NUMBER,
        "condition_number": MAYBE, "flag": str, "warnings": [str],
    },
    "parameters": {p.name: PARAMETER for p in PARAMETERS},
    "scaling": {
        "requested": str, "mode": str, "n_coefficients": int, "contrast": [VALUE],
        "offset": [VALUE],
    },
    "correlation": {"names": [str], "matrix": [[NUMBER]]},
    "degeneracy": {"layers": dict},
    "search": (dict, type(None)),
    "timing": {
        "load_s": NUMBER, "compile_s": NUMBER, "solve_s": NUMBER, "total_s": NUMBER,
    },
    "memory": {"peak_rss_gb": NUMBER},
}  # fmt: skip


def check(value, expected, where="result"):
    """Walk a record beside the contract."""
    if isinstance(expected, dict):
        missing = expected.keys() - value.keys()
        assert not missing, f"{where} lacks {missing}"
        for key, inner in expected.items():
            check(value[key], inner, f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(value, list), where
        for item in value:
            check(item, expected[0], f"{where}[]")
    else:
        assert isinstance(value, expected), f"{where} is {value!r}"


@pytest.fixture
def result():
    return fit_result(run_data(), warnings=["Mind the gap."])


def strict(text):
    """Parse JSON, refusing what JSON does not have."""

    def refuse(literal):
        raise AssertionError(literal)

    return json.loads(text, parse_constant=refuse)


def test_every_key_of_the_contract_has_its_type(result, tmp_path):
    write_json(tmp_path / "result.json", result)
    record = strict((tmp_path / "result.json").read_text(encoding="utf-8"))
    check(record, CONTRACT)
    assert record["format"] == "twotime-result"
    assert record["format_version"] == 1


def test_walk_notices_a_missing_key_and_a_wrong_type(result):
    record = json.loads(to_json(result_to_dict(result)))
    del record["quality"]["flag"]
    with pytest.raises(AssertionError, match="flag"):
        check(record, CONTRACT)
    record["quality"]["flag"] = 3
    with pytest.raises(AssertionError, match="flag"):
        check(record, CONTRACT)


def test_values_are_those_of_the_fit(result):
    record = result_to_dict(result)
    assert list(record["parameters"]) == [p.name for p in PARAMETERS]
    assert record["parameters"]["D0"]["stderr"] == 160.0
    assert record["parameters"]["D0"]["start"] == 1.2e4
    assert record["input"]["frames"] == [11, 51]
    assert record["scaling"]["contrast"][1] == {
        "phi": PHI[1], "value": 0.32, "stderr": 0.002,
    }  # fmt: skip
    assert record["status"]["state"] == "converged"
    assert record["quality"]["warnings"] == ["Mind the gap."]
    assert record["correlation"]["matrix"][2] == [0, 0, 1, 0, 0]


def test_what_is_not_finite_is_null(result):
    record = result_to_dict(result)
    assert record["parameters"]["D_offset"]["stderr"] is None
    assert record["parameters"]["D_offset"]["lower"] is None
    assert record["quality"]["condition_number"] is None


def test_convention_is_stated_with_its_formula(result):
    model = result_to_dict(result)["model"]
    assert model["convention"] == "literature"
    assert model["convention_formula"] == "(sin A / A)²"


def test_static_model_has_no_shear_formula():
    data = run_data()
    model = result_to_dict(
        fit_result(data, model="static", parameters=PARAMETERS[:3], gap=None)
    )["model"]
    assert model["convention_formula"] is None
    assert model["gap"] is None


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_name(state):
    assert result_to_dict(fit_result(run_data(), state=state))["status"]["state"] in {
        "converged", "not_converged", "cancelled", "failed",
    }  # fmt: skip


def test_plain_data_of_anything_a_record_may_hold():
    assert plain(
        {
            1: np.float32(0.5), "a": np.array([1.0, math.inf]), "b": (True, None),
            "c": Path("x"), "d": State.FAILED, "e": np.bool_(1), "f": -math.inf,
        }
    ) == {
        "1": 0.5, "a": [1.0, None], "b": [True, None], "c": "x", "d": "failed",
        "e": True, "f": None,
    }  # fmt: skip
    with pytest.raises(TypeError, match="object cannot be written"):
        plain(object())

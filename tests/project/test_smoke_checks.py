"""What the smoke test of the bundle calls right."""

import yaml

from engine.sample import sample_run


def test_truth_of_the_sample_is_read(script):
    truth = script("bundle/smoke_checks.py").truth_of(sample_run())
    stated = yaml.safe_load(sample_run().read_text("utf-8"))["simulation"]["truth"]
    assert truth == stated


def test_a_wrong_parameter_is_noticed(script):
    checks = script("bundle/smoke_checks.py")
    truth = checks.truth_of(sample_run())
    near = {n: {"value": v + 0.001, "stderr": 0.002} for n, v in truth.items()}
    assert checks.verdict({"parameters": near}, sample_run())[0]
    far = near | {"beta": {"value": truth["beta"] + 1.0, "stderr": 0.1}}
    assert checks.verdict({"parameters": far}, sample_run()) == (
        False,
        "7 parameters, beta misses by 10.0 σ",
    )
    missing = {name: one for name, one in near.items() if name != "phi0"}
    assert not checks.verdict({"parameters": missing}, sample_run())[0]


def test_slow_and_wrong_are_told_apart(script):
    row = script("bundle/smoke_checks.py").Row
    assert str(row("a", True, seconds=3.0, limit=2.0)).startswith("slow")
    assert str(row("a", True, seconds=1.0, limit=2.0)).startswith("ok")
    assert str(row("a", False, seconds=1.0, limit=2.0)).startswith("WRONG")
    assert str(row("a", None)).startswith("skipped")

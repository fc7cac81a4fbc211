"""Workflows call scripts that exist and can be run."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

import engine
from tests.project.places import PACKAGING, ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_steps_call_scripts_that_exist(path):
    workflow = yaml.safe_load(path.read_text("utf-8"))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    steps = [s for job in workflow["jobs"].values() for s in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands
    for command in commands:
        words = command.split()
        for word in words:
            if word.startswith("packaging/"):
                assert (ROOT / word).is_file(), word
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, re.M), command
        elif command != "dnf install -y -q git":
            # Scripts come with the checkout, git comes before it.
            assert any(word.startswith("packaging/") for word in words), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_actions_are_pinned_by_commit(path):
    text = path.read_text("utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [u for u in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", u)] == []


def test_scripts_can_be_run():
    scripts = sorted(PACKAGING.rglob("*.sh"))
    assert len(scripts) > 5
    assert [p.name for p in scripts if not os.access(p, os.X_OK)] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_tag_has_to_name_the_version():
    def exit_code(tag):
        named = {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": tag}
        command = ["bash", str(PACKAGING / "check_tag.sh")]
        environment = {**os.environ, **named}
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False
        )
        return done.returncode

    assert exit_code(f"v{engine.__version__}") == 0
    assert exit_code("v99") == 1

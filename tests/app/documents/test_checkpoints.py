"""Which file keeps how far a fit of a run has come."""

import os
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from app.documents.checkpoints import Checkpoints, interrupted_text
from app.documents.run_document import RunDocument
from engine.options import HybridOptions, Options
from tests.app.fakes import make_loaded

pytestmark = pytest.mark.gui


def document(path="run.yaml", **hybrid):
    made = RunDocument(make_loaded(Path(path)))
    options = Options(hybrid=HybridOptions(**hybrid))
    made.setup = replace(made.setup, options=options)
    return made


@pytest.fixture
def kept(tmp_path):
    return Checkpoints(tmp_path / "kept")


class TestFile:
    def test_it_is_the_same_every_time_and_another_for_another_run(self, kept):
        file = kept.file_of(document("/a/run.yaml"))
        assert file == kept.file_of(document("/a/run.yaml"))
        others = {
            kept.file_of(document(path)) for path in ("/b/run.yaml", "/a/other.yaml")
        }
        assert file not in others
        assert len(others) == 2

    def test_two_run_files_of_the_same_data_are_kept_apart(self, kept):
        one, two = document("/a/run.yaml"), document("/a/again.yaml")
        two.request = one.request
        assert kept.file_of(one) != kept.file_of(two)

    def test_the_name_is_readable_and_no_longer_than_files_may_be(self, kept):
        name = kept.file_of(document("/a/run.yaml")).name
        assert re.fullmatch(r"run-[0-9a-f]{16}\.checkpoint", name)

    def test_a_run_may_name_its_own_folder_or_want_none(self, kept, tmp_path):
        own = document(checkpoint_dir=tmp_path / "own")
        assert kept.prepared(own).parent == tmp_path / "own"
        assert kept.file_of(document(enable_checkpoints=False)) is None
        assert kept.interrupted(document(enable_checkpoints=False)) is None

    def test_the_folder_is_made_only_when_it_is_needed(self, kept, tmp_path):
        run = document()
        kept.file_of(run)
        assert kept.interrupted(run) is None
        kept.forget(run)
        assert not (tmp_path / "kept").exists()
        assert kept.prepared(run).parent.is_dir()

    def test_a_folder_that_cannot_be_made_costs_the_checkpoint_only(
        self, tmp_path, caplog
    ):
        (tmp_path / "file").touch()
        kept = Checkpoints(tmp_path / "file" / "kept")
        assert kept.prepared(document()) is None
        assert "no checkpoints can be written" in caplog.text

    def test_interrupted_tells_when_and_forget_removes(self, kept):
        run = document()
        file = kept.prepared(run)
        file.write_bytes(b"x")
        when = datetime(2026, 11, 20, 14, 2)
        os.utime(file, (when.timestamp(), when.timestamp()))
        assert kept.interrupted(run) == when
        kept.forget(run)
        assert kept.interrupted(run) is None
        kept.forget(run)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 11, 20, 18, 0), "interrupted at 14:02."),
        (datetime(2026, 11, 21, 9, 0), "interrupted on 20 November at 14:02."),
        (datetime(2027, 1, 2, 9, 0), "interrupted on 20 November 2026 at 14:02."),
    ],
)
def test_the_question_names_the_day_unless_it_is_today(now, said):
    text = interrupted_text(datetime(2026, 11, 20, 14, 2), now)
    assert text == f"A streaming fit of this run was {said}"

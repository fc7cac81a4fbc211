from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from app.documents.fit_record import FitRecord
from app.documents.list_models import FitListModel, RunListModel
from app.documents.parameter_model import HEADING_ROLE, Column, ParameterModel
from app.documents.run_document import RunDocument
from engine.result import Flag, State
from tests.app.fakes import (
    make_data,
    make_loaded,
    make_result,
    make_run_file,
    make_setup,
)


@pytest.fixture
def document(qapp):
    return RunDocument(make_loaded())


@pytest.fixture
def model(document):
    def edit(changed):
        parameters = document.setup.parameters.replaced(changed)
        document.apply_setup(replace(document.setup, parameters=parameters))

    made = ParameterModel(edit)
    made.set_document(document)
    document.setup_changed.connect(made.refresh)
    return made


def record_of(document, state=State.CONVERGED, flag=Flag.GOOD, number=1):
    return FitRecord(
        number=number,
        result=make_result(document.setup, document.data, state, flag),
        data=document.data,
        run_file=make_run_file(),
    )


def row_of(model, name):
    return next(
        r
        for r in range(model.rowCount())
        if (p := model.parameter(r)) is not None and p.name == name
    )


def test_models_keep_the_rules_of_qt(qtmodeltester, model, document):
    document.show_fit(record_of(document))
    model.refresh()
    qtmodeltester.check(model)


def test_lists_keep_the_rules_of_qt(qtmodeltester, document):
    runs = RunListModel()
    runs.add(document)
    qtmodeltester.check(runs)
    fits = FitListModel()
    fits.set_document(document)
    document.add_fit(record_of(document))
    fits.refresh()
    qtmodeltester.check(fits)


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ((), "laminar flow"),
        (("D_offset",), "laminar flow, D_offset fixed"),
        (("D_offset", "beta"), "laminar flow, D_offset, β fixed"),
        (("D_offset", "beta", "phi0"), "laminar flow, 3 fixed"),
    ],
)
def test_fits_are_told_apart_by_what_they_held(document, held, text):
    for name in held:
        fixed = replace(document.setup.parameters[name], fixed=True)
        parameters = document.setup.parameters.replaced(fixed)
        document.apply_setup(replace(document.setup, parameters=parameters))
    document.add_fit(record_of(document))
    fits = FitListModel()
    fits.set_document(document)
    index = fits.index(0, 3)
    assert index.data() == text
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert "converged after 3 steps" in tip
    assert f"fixed: {'nothing' if not held else ''}" in tip
    assert f"{len(document.data.phi)} angles" in tip


def test_an_empty_table_is_empty(qapp):
    model = ParameterModel(lambda _: None)
    assert model.rowCount() == 0


def test_the_number_typed_is_the_number_used(model, document):
    index = model.index(row_of(model, "D0"), Column.VALUE)
    assert model.setData(index, "12345.678901234567")
    assert document.setup.parameters["D0"].value == 12345.678901234567
    shown = model.data(index, Qt.ItemDataRole.DisplayRole)
    edited = model.data(index, Qt.ItemDataRole.EditRole)
    assert shown == "12345.7"
    assert float(edited) == 12345.678901234567


def test_impossible_edit_is_refused_with_its_sentence(qtbot, model, document):
    before = document.setup
    index = model.index(row_of(model, "D0"), Column.VALUE)
    with qtbot.waitSignal(model.rejected) as blocker:
        assert not model.setData(index, "-1")
    assert "outside its bounds" in blocker.args[0]
    assert document.setup is before


def test_text_is_refused(qtbot, model):
    index = model.index(row_of(model, "D0"), Column.LOWER)
    with qtbot.waitSignal(model.rejected) as blocker:
        assert not model.setData(index, "ten")
    assert "'ten' is not a number" in blocker.args[0]


def test_crossed_bounds_are_refused(qtbot, model):
    index = model.index(row_of(model, "alpha"), Column.LOWER)
    with qtbot.waitSignal(model.rejected) as blocker:
        assert not model.setData(index, "3")
    assert "not below" in blocker.args[0]


def test_fix_is_a_check_box(model, document):
    index = model.index(row_of(model, "beta"), Column.FIX)
    assert model.flags(index) & Qt.ItemFlag.ItemIsUserCheckable
    model.setData(index, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    assert document.setup.parameters["beta"].fixed
    model.toggle_fixed(index.row())
    assert not document.setup.parameters["beta"].fixed


def test_read_only_refuses_every_edit(model, document):
    model.set_read_only(read_only=True)
    before = document.setup
    index = model.index(row_of(model, "D0"), Column.VALUE)
    assert not model.setData(index, "2000")
    model.toggle_fixed(index.row())
    assert document.setup is before
    assert not model.flags(index) & Qt.ItemFlag.ItemIsEditable


def test_the_convention_stands_over_the_shear_rates(model):
    headings = [
        model.data(model.index(r, 0))
        for r in model.heading_rows()
        if model.data(model.index(r, 0), HEADING_ROLE)
    ]
    assert any("literature convention" in str(h) for h in headings)


def test_fitted_values_stand_beside_the_start_values(model, document):
    record = record_of(document)
    document.show_fit(record)
    model.refresh()
    row = row_of(model, "D0")
    assert model.data(model.index(row, Column.VALUE)) == "1000"
    assert model.data(model.index(row, Column.FITTED)) == "1250(10)"
    tip = model.data(model.index(row, Column.FITTED), Qt.ItemDataRole.ToolTipRole)
    assert "standard error 10" in tip


@pytest.mark.parametrize(
    ("state", "flag", "glyph"),
    [
        (State.CONVERGED, Flag.GOOD, "✓"),
        (State.CONVERGED, Flag.ACCEPTABLE, "⚠"),
        (State.CONVERGED, Flag.POOR, "✕"),
        (State.CANCELLED, Flag.POOR, "⚠"),
        (State.FAILED, Flag.POOR, "✕"),
    ],
)
def test_the_mark_of_a_fit_says_how_it_ended(document, state, flag, glyph):
    assert record_of(document, state, flag).glyph == glyph


def test_a_record_knows_its_angles(document):
    record = record_of(document)
    assert record.scaling_of(2) == (0.3, 1.0)
    assert record.scaling_of(99) is None
    assert record.chi_squared_of(0) == 1.0
    assert make_data().n_frames == document.data.n_frames
    assert make_setup().model == record.result.model

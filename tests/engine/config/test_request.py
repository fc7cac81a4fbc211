import pytest

from engine.errors import OptionError, RunFileError
from tests.engine.config.helpers import ARCHIVED, DATA, NEW, ignored, opened


def analyzer(text):
    return NEW + DATA + f"analyzer_parameters: {text}\n"


def test_everything_about_the_data(tmp_path):
    run = opened(
        tmp_path,
        NEW
        + "experimental_data: {file_path: a.npz, dataset: 'c2[1]', phi_angles: [0, 90]}"
        "\nanalyzer_parameters: {dt: 1e-3, start_frame: 5, end_frame: 80,"
        " scattering: {wavevector_q: 0.0054}, geometry: {stator_rotor_gap: 2000000}}\n",
    )
    request = run.request
    assert request.file == tmp_path / "a.npz"
    assert request.dataset == "c2[1]"
    assert request.q == 0.0054
    assert (request.first_frame, request.last_frame) == (5, 80)
    assert request.dt == 1e-3
    assert request.phi == (0.0, 90.0)
    assert run.setup.gap == 2e6
    assert run.ignored == ()


def test_nothing_given(tmp_path):
    request = opened(tmp_path, NEW + DATA).request
    assert (request.q, request.dt, request.phi, request.dataset) == (None,) * 4
    assert (request.first_frame, request.last_frame) == (1, -1)


@pytest.mark.parametrize("end", ["-1", "null", "-5"])
def test_end_of_the_file(tmp_path, end):
    run = opened(tmp_path, analyzer(f"{{start_frame: null, end_frame: {end}}}"))
    assert (run.request.first_frame, run.request.last_frame) == (1, -1)


def test_numbers_written_as_text(tmp_path):
    run = opened(tmp_path, analyzer("{dt: '1e-3', start_frame: '3', end_frame: 9.0}"))
    assert (run.request.dt, run.request.first_frame) == (1e-3, 3)
    assert run.request.last_frame == 9


def test_legacy_places(tmp_path):
    text = DATA + (
        "analyzer_parameters:\n"
        "  temporal: {dt: 0.5, start_frame: 400, end_frame: 1000}\n"
    )
    request = opened(tmp_path, text).request
    assert (request.dt, request.first_frame, request.last_frame) == (0.5, 400, 1000)


def test_present_place_wins_and_says_so(tmp_path):
    run = opened(tmp_path, analyzer("{dt: 0.1, temporal: {dt: 0.5}}"))
    assert run.request.dt == 0.1
    assert "overridden" in ignored(run)["analyzer_parameters.temporal.dt"]


def test_gap_from_the_second_place_and_no_third(tmp_path):
    text = "experimental_data: {file_path: a.h5, %s}\n"
    geometry = text % "geometry: {stator_rotor_gap: 1e6}"
    assert opened(tmp_path, NEW + geometry).setup.gap == 1e6
    distance = opened(tmp_path, NEW + text % "sample_detector_distance: 4.0")
    assert distance.setup.gap is None
    assert (
        "not the gap" in ignored(distance)["experimental_data.sample_detector_distance"]
    )


def test_missing_gap_is_left_to_the_fit(tmp_path):
    assert opened(tmp_path, NEW + DATA + "analysis_mode: flow\n").setup.gap is None


def test_folder_and_name(tmp_path):
    text = "experimental_data: {data_folder_path: ./sub/, data_file_name: a.hdf}\n"
    assert opened(tmp_path, text).request.file == tmp_path / "sub" / "a.hdf"


def test_file_path_wins_over_folder_and_name(tmp_path):
    run = opened(
        tmp_path,
        "experimental_data: {file_path: b.h5, data_folder_path: s, data_file_name: a}",
    )
    assert run.request.file == tmp_path / "b.h5"
    assert "overridden" in ignored(run)["experimental_data.data_file_name"]


def test_flat_data_file(tmp_path):
    run = opened(tmp_path, "data_file: sub/a.h5\n")
    assert run.request.file == tmp_path / "sub" / "a.h5"
    assert run.request.dt is None


def test_no_file_named(tmp_path):
    with pytest.raises(RunFileError, match=r"experimental_data\.file_path is missing"):
        opened(tmp_path, NEW)


def test_home_and_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("BEAMTIME", str(tmp_path / "bt"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    text = "experimental_data: {file_path: %s}\n"
    found = opened(tmp_path, text % "$BEAMTIME/a.h5").request.file
    assert found == tmp_path / "bt" / "a.h5"
    found = opened(tmp_path, text % "~/a.h5").request.file
    assert found == tmp_path / "home" / "a.h5"


def test_run_file_folder_before_working_directory(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "run.h5").touch()
    monkeypatch.chdir(there)
    run = opened(here, NEW + DATA)
    assert run.request.file == here / "run.h5"
    assert run.notes == ()


def test_working_directory_second_with_a_note(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    (there / "run.h5").touch()
    monkeypatch.chdir(there)
    run = opened(here, NEW + DATA)
    assert run.request.file == there / "run.h5"
    assert str(there / "run.h5") in run.notes[0]


def test_paths_from_the_root_of_an_archive(tmp_path):
    folder = tmp_path / "data" / "C020"
    folder.mkdir(parents=True)
    (folder / "a.hdf").touch()
    text = (
        "experimental_data: {data_folder_path: ./data/C020/, data_file_name: a.hdf}\n"
    )
    assert opened(folder, text).request.file == folder / "a.hdf"


def test_moved_absolute_path_is_found_beside_the_run_file(tmp_path):
    (tmp_path / "a.hdf").touch()
    run = opened(tmp_path, "experimental_data: {file_path: /gone/from/here/a.hdf}\n")
    assert run.request.file == tmp_path / "a.hdf"
    assert "/gone/from/here/a.hdf was not found" in run.notes[0]


CACHED = (
    "experimental_data:\n"
    "  data_folder_path: raw\n"
    "  data_file_name: gone.hdf\n"
    "  cache_file_path: cache\n"
    "  cache_filename_template: {template}\n"
    "analyzer_parameters: {{start_frame: 1001, end_frame: 2000,"
    " scattering: {{wavevector_q: 0.0054}}}}\n"
)


@pytest.mark.parametrize(
    "template",
    [
        "c_q${wavevector_q}_frames_${start_frame}_${end_frame}.npz",
        "c_q{wavevector_q:.4f}_frames_{start_frame}_{end_frame}.npz",
    ],
)
def test_archived_cache_stands_in_for_a_missing_file(tmp_path, template):
    cache = tmp_path / "cache" / "c_q0.0054_frames_1001_2000.npz"
    cache.parent.mkdir()
    cache.touch()
    run = opened(tmp_path, CACHED.format(template=repr(template)))
    assert run.request.file == cache
    assert any("archived cache" in note for note in run.notes)


def test_data_file_is_preferred_to_its_cache(tmp_path):
    for name in ("cache/c.npz", "raw/gone.hdf"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    run = opened(tmp_path, CACHED.format(template="c.npz"))
    assert run.request.file == tmp_path / "raw" / "gone.hdf"


@pytest.mark.parametrize("template", ["c_{start_frame}.npz", "c_{sample}.npz"])
def test_no_cache_leaves_the_missing_file_to_the_loader(tmp_path, template):
    run = opened(tmp_path, CACHED.format(template=repr(template)))
    assert run.request.file == tmp_path / "raw" / "gone.hdf"


def test_angles_of_bare_arrays_from_a_text_file(tmp_path):
    (tmp_path / "phi_list.txt").write_text("# degrees\n-5.5\n\n4.9, 90\n")
    text = "experimental_data: {file_path: %s, phi_angles_file: phi_list.txt}\n"
    run = opened(tmp_path, text % "a.npy")
    assert run.request.phi == (-5.5, 4.9, 90.0)
    assert "3 angles" in " ".join(run.notes)
    hdf = opened(tmp_path, text % "a.h5")
    assert hdf.request.phi is None
    assert "experimental_data.phi_angles_file" in ignored(hdf)


def test_bad_and_missing_text_files_of_angles(tmp_path):
    text = "experimental_data: {file_path: a.npy, phi_angles_file: phi.txt}\n"
    run = opened(tmp_path, text)
    assert run.request.phi is None
    assert "is not there" in " ".join(run.notes)
    (tmp_path / "phi.txt").write_text("1\ntwo\n")
    with pytest.raises(RunFileError, match=r"phi\.txt: line 2 is 'two'"):
        opened(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("{dt: fast}", ("dt is 'fast'", "above 0", "seconds")),
        ("{dt: true}", ("dt is true", "a number")),
        ("{dt: 0}", ("dt is 0", "above 0")),
        ("{dt: .nan}", ("dt is nan", "finite")),
        ("{dt: .inf}", ("dt is inf", "finite")),
        ("{dt: [1]}", ("dt is [1]", "a number")),
        ("{start_frame: 0}", ("start_frame is 0", "1 or above")),
        ("{start_frame: 1.5}", ("start_frame is 1.5", "frame number")),
        ("{start_frame: 9, end_frame: 9}", ("end_frame is 9", "start_frame (9)")),
        ("{end_frame: 0}", ("end_frame is 0",)),
        ("{scattering: {wavevector_q: -1}}", ("scattering.wavevector_q is -1", "1/Å")),
        ("{scattering: 0.005}", ("scattering is 0.005", "section of its own")),
        ("{geometry: {stator_rotor_gap: 0}}", ("geometry.stator_rotor_gap is 0", "Å")),
        ("{shear_convention: sinc}", ("shear_convention is 'sinc'", "literature")),
        ("{drop_first_frame: maybe}", ("drop_first_frame is 'maybe'", "true or false")),
        ("fast", ("analyzer_parameters is 'fast'", "section")),
    ],
)
def test_wrong_values_name_file_key_value_and_remedy(tmp_path, text, pieces):
    with pytest.raises(RunFileError) as error:
        opened(tmp_path, analyzer(text))
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'run.yaml'}: analyzer_parameters")
    assert all(piece in message for piece in pieces), message
    assert "expected" in message
    assert message.endswith("correct it in the run file")


def test_wrong_setting_names_the_option(tmp_path):
    with pytest.raises(RunFileError, match=r"^--set analyzer_parameters\.dt is 'x'"):
        opened(tmp_path, NEW + DATA, analyzer_parameters__dt="x")


def test_settings_override_and_make_sections(tmp_path):
    run = opened(
        tmp_path,
        ARCHIVED,
        analyzer_parameters__dt="2e-3",
        phi_filtering__target_ranges="[[-10, 10]]",
        noise__sigma="null",
    )
    assert run.request.dt == 2e-3
    assert run.setup.phi.ranges[0].maximum == 10.0
    assert run.raw["analyzer_parameters"]["dt"] == 2e-3


@pytest.mark.parametrize("key", ["", ".", "a..b", "a."])
def test_settings_without_a_proper_key(tmp_path, key):
    with pytest.raises(OptionError, match="not a dotted one"):
        opened(tmp_path, NEW + DATA, **{key: "1"})


def test_setting_below_a_value(tmp_path):
    with pytest.raises(OptionError, match="analysis_mode is a value, not a section"):
        opened(tmp_path, DATA + "analysis_mode: flow\n", analysis_mode__x="1")


def test_setting_that_is_not_yaml(tmp_path):
    with pytest.raises(RunFileError, match=r"--set noise\.sigma=\[1"):
        opened(tmp_path, NEW + DATA, noise__sigma="[1")

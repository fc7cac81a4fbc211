from pathlib import Path

from PySide6.QtCore import QByteArray

from app.settings import MAX_RECENT, VERSION, Settings


def test_what_is_set_is_there_next_time(tmp_path):
    path = tmp_path / "window.ini"
    first = Settings(path)
    first.theme = "dark"
    first.set_layout("docks", QByteArray(b"\x00\x01state"))
    first.set_folder("save", tmp_path)
    first.add_recent(tmp_path / "a.yaml")
    first.save()
    second = Settings(path)
    assert second.theme == "dark"
    assert second.layout("docks") == QByteArray(b"\x00\x01state")
    assert second.folder("save") == tmp_path
    assert second.recent == (tmp_path / "a.yaml",)


def test_recent_files_are_few_and_the_newest_is_first(tmp_path):
    settings = Settings(tmp_path / "window.ini")
    for i in range(MAX_RECENT + 5):
        settings.add_recent(tmp_path / f"{i}.yaml")
    settings.add_recent(tmp_path / "12.yaml")
    assert len(settings.recent) == MAX_RECENT
    assert settings.recent[0].name == "12.yaml"
    assert len(set(settings.recent)) == MAX_RECENT
    settings.clear_recent()
    assert settings.recent == ()


def test_a_broken_file_counts_as_empty(tmp_path):
    path = tmp_path / "window.ini"
    path.write_bytes(b"\xff\xfe[[[not an ini\x00 = = theme=@@Invalid(\n%%%")
    settings = Settings(path)
    assert settings.theme == "system"
    assert settings.recent == ()
    assert settings.layout("docks") is None


def test_values_of_the_wrong_kind_count_as_missing(tmp_path):
    path = tmp_path / "window.ini"
    path.write_text(
        f"[General]\ntheme=plaid\nrecent=5\n[layout_v{VERSION}]\ndocks=hello\n"
        "[folder]\nopen=/no/such/folder\n"
    )
    settings = Settings(path)
    assert settings.theme == "system"
    assert settings.layout("docks") is None
    assert settings.folder("open") == Path.home()


def test_the_layout_of_another_version_is_not_restored(tmp_path):
    path = tmp_path / "window.ini"
    path.write_text("[layout_v0]\ndocks=@ByteArray(old)\n")
    assert Settings(path).layout("docks") is None

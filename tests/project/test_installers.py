"""What the installers of macOS and Windows do to a machine."""

import plistlib
import re

from tests.project.places import PACKAGING, ROOT


def test_macos_takes_over_no_foreign_files(script):
    info = script("macos/info.py").info_plist("1.2.3")
    assert plistlib.loads(plistlib.dumps(info)) == info
    assert info["CFBundleShortVersionString"] == "1.2.3"
    ours, foreign = info["CFBundleDocumentTypes"]
    assert ours["LSHandlerRank"] == "Owner"
    assert foreign["LSHandlerRank"] == "Alternate"
    (declared,) = info["UTExportedTypeDeclarations"]
    assert ours["LSItemContentTypes"] == [declared["UTTypeIdentifier"]]
    endings = declared["UTTypeTagSpecification"]["public.filename-extension"]
    assert endings == ["twotime"]


def test_entitlements_let_xla_compile():
    content = (PACKAGING / "bundle" / "entitlements.plist").read_bytes()
    granted = plistlib.loads(content)
    assert granted["com.apple.security.cs.allow-jit"] is True
    assert len(granted) == 3


def test_installer_names_files_that_exist():
    text = (PACKAGING / "windows" / "twotime.iss").read_text("utf-8")
    named = re.findall(r"\{#Root\}\\([^\"\s*;]+)", text)
    made = ("build", "dist")
    kept = [name.replace("\\", "/") for name in named if not name.startswith(made)]
    assert kept
    assert [name for name in kept if not (ROOT / name).is_file()] == []


def test_uninstaller_removes_the_cache_and_asks_for_the_rest():
    text = (PACKAGING / "windows" / "twotime.iss").read_text("utf-8")
    removed = text.split("[UninstallDelete]")[1].split("\n[")[0]
    entries = re.findall(r'Type: (\w+); Name: "([^"]+)"', removed)
    own = "{localappdata}\\twotime"
    assert entries == [("filesandordirs", rf"{own}\Cache"), ("dirifempty", own)]
    code = text.split("[Code]")[1]
    assert "UninstallSilent" in code.split("DelTree")[0]
    assert text.isascii()


def test_installer_takes_over_no_foreign_files():
    text = (PACKAGING / "windows" / "twotime.iss").read_text("utf-8")
    registry = text.split("[Registry]")[1].split("\n[")[0]
    keys = re.findall(r'Subkey: "Software\\Classes\\([^"\\]+)', registry)
    assert set(keys) == {".twotime", "Twotime.Session"}
    assert "PrivilegesRequired=lowest" in text

"""What the properties of the executables say on Windows: `Details` in the Explorer."""

import re

_TEXT = """VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, OS=0x40004),
  kids=[
    StringFileInfo([StringTable('040904B0', [
{fields}
    ])]),
    VarFileInfo([VarStruct('Translation', [0x0409, 1200])]),
  ],
)
"""


def version_info(version: str) -> str:
    """Return the version resource as PyInstaller reads it."""
    stated = {
        "CompanyName": "Twotime developers",
        "FileDescription": "Twotime",
        "FileVersion": version,
        "LegalCopyright": "Twotime developers, MIT licence",
        "ProductName": "Twotime",
        "ProductVersion": version,
    }
    lines = (
        f"      StringStruct({name!r}, {text!r})," for name, text in stated.items()
    )
    return _TEXT.format(numbers=_numbers(version), fields="\n".join(lines))


def _numbers(version: str) -> tuple[int, ...]:
    """Return the four numbers Windows compares, zero where a version has fewer."""
    release = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(n) for n in release[0].split(".")] if release else []
    return tuple([*numbers, 0, 0, 0, 0][:4])

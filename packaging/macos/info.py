"""What the application says about itself on macOS; the bundle's spec imports it."""

from typing import Any

IDENTIFIER = "org.twotime.Twotime"
SESSION = "org.twotime.session"
"""Type of the files that are Twotime's own."""
OLDEST_MACOS = "13.0"
"""What Qt needs."""


def info_plist(version: str) -> dict[str, Any]:
    """Return the entries of Info.plist beyond those PyInstaller writes.

    Sessions belong to Twotime. Run and data files open in it on request, and stay with
    whatever program they belong to.
    """
    return {
        "CFBundleName": "Twotime",
        "CFBundleDisplayName": "Twotime",
        "CFBundleIdentifier": IDENTIFIER,
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        # Beside it lies the console program, which PyInstaller would take as well.
        "CFBundleExecutable": "twotime-window",
        "LSBackgroundOnly": False,
        "LSApplicationCategoryType": "public.app-category.education",
        "LSMinimumSystemVersion": OLDEST_MACOS,
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,
        "NSHumanReadableCopyright": "Twotime developers, MIT licence",
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Twotime session",
                "CFBundleTypeRole": "Editor",
                "CFBundleTypeIconFile": "twotime.icns",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [SESSION],
            },
            {
                "CFBundleTypeName": "Two-time data or run file",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "CFBundleTypeExtensions": [
                    *["h5", "hdf", "hdf5", "nxs", "npy", "npz", "yaml", "yml"],
                ],
            },
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": SESSION,
                "UTTypeDescription": "Twotime session",
                "UTTypeConformsTo": ["public.data", "public.content"],
                "UTTypeTagSpecification": {
                    "public.filename-extension": ["twotime"],
                    "public.mime-type": ["application/x-twotime-session"],
                },
            }
        ],
    }

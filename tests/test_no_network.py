"""Nothing of the program reaches the network: no module imports what that takes."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = (
    "socket", "socketserver", "ssl", "http", "urllib.request", "urllib3", "requests",
    "httpx", "aiohttp", "asyncio", "ftplib", "smtplib", "poplib", "imaplib", "xmlrpc",
    "webbrowser", "PySide6.QtNetwork", "PySide6.QtWebSockets",
    "PySide6.QtWebEngineCore", "PySide6.QtWebEngineWidgets",
)  # fmt: skip
OPENER = "app/controllers/desktop.py"
"""The only module that hands anything to the desktop."""


def imported(tree: ast.AST) -> set[str]:
    """Return every dotted name that is imported, at the top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and called(node) in {
            "import_module",
            "__import__",
        }:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                names.add(first.value)
    return names


def called(node: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def reaching(tree: ast.AST) -> set[str]:
    return {
        name
        for name in imported(tree)
        if any(name == bad or name.startswith(f"{bad}.") for bad in FORBIDDEN)
    }


def opening(tree: ast.AST) -> set[str]:
    """Return what hands an address to the desktop or to a widget that would load it."""
    calls = {called(n) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return calls & {"openUrl", "setOpenExternalLinks", "QUrl"}


def modules():
    """Return the files of the program; there are hundreds."""
    return sorted(p for top in ("app", "engine") for p in (ROOT / top).rglob("*.py"))


def test_no_module_can_reach_the_network():
    found = {}
    for path in modules():
        tree = ast.parse(path.read_text("utf-8"))
        name = path.relative_to(ROOT).as_posix()
        bad = reaching(tree) | (set() if name == OPENER else opening(tree))
        if bad:
            found[name] = bad
    assert not found


def test_the_desktop_is_given_local_files_alone():
    tree = ast.parse((ROOT / OPENER).read_text("utf-8"))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    opens = [n for n in calls if called(n) == "openUrl"]
    assert len(opens) == 1
    (argument,) = opens[0].args
    assert isinstance(argument, ast.Call)
    assert called(argument) == "fromLocalFile"
    assert not any(called(n) == "QUrl" for n in calls)


@pytest.mark.parametrize(
    "code",
    [
        "import socket",
        "import http.client as c",
        "from urllib import request",
        "from urllib.request import urlopen",
        "def f():\n    from PySide6 import QtNetwork",
        "from PySide6.QtNetwork import QTcpSocket",
        "import importlib\nimportlib.import_module('requests.sessions')",
    ],
)
def test_every_way_in_is_noticed(code):
    assert reaching(ast.parse(code))


@pytest.mark.parametrize(
    "code", ["from urllib.parse import quote", "import httpd_logs", "import sslice"]
)
def test_what_only_looks_like_it_is_not(code):
    assert not reaching(ast.parse(code))

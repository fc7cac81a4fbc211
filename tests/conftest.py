"""For every test: no display is needed and nothing of the user's is touched."""

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def qapp_cls():
    """Let every test that needs an application run in that of the program."""
    from app.qt_application import Application

    return Application

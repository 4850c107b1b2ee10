"""Runs the scripts of tools/deployment in this process, as Python runs them from a command line."""
import runpy
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run_tool(monkeypatch):
    def run(name, *arguments):
        path = Path(__file__).parents[3] / 'tools/deployment' / name
        monkeypatch.setattr(sys, 'argv', [name, *map(str, arguments)])
        runpy.run_path(str(path), run_name='__main__')
    return run

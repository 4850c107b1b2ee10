"""Runs of the scripts in tools/ within the tests' process, in the folder of each test."""
import runpy
import sys

import pytest

from hico_mm.paths import TOOLS


@pytest.fixture(autouse=True)
def _in_the_folder_of_the_test(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope='module')
def script(request, load_script):
    """The ``SCRIPT`` of a test file, as a module."""
    return load_script(request.module.SCRIPT)


@pytest.fixture
def call(monkeypatch, capsys):
    """Calls a script such as ``'data/npy'``; returns what it printed."""
    def call_script(name, *arguments):
        monkeypatch.setattr(sys, 'argv', [name, *map(str, arguments)])
        runpy.run_path(str(TOOLS / f'{name}.py'), run_name='__main__')
        return capsys.readouterr().out

    return call_script


@pytest.fixture
def fail(call):
    """Calls a script that has to fail; returns its message, of one line."""
    def call_script(name, *arguments):
        with pytest.raises(SystemExit) as stop:
            call(name, *arguments)
        assert '\n' not in str(stop.value.code)
        return stop.value.code

    return call_script

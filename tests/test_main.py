"""``python -m hico_mm``: the scripts of tools/ as commands."""
import subprocess
import sys
from pathlib import Path

import pytest

import hico_mm
import hico_mm.__main__ as program

TOOLS = Path(__file__).parents[1] / 'tools'
SCRIPT = '''"""Say what it got: ``python tools/say.py WORDS``."""
import argparse
import pickle
import subprocess
import sys
from pathlib import Path


class Words(list):
    pass


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('words', nargs='+')
    words = pickle.loads(pickle.dumps(Words(parser.parse_args().words)))  # by the name of its class
    print(Path(__file__).name, sys.argv, words)
'''


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', ['anything', *arguments])
    monkeypatch.setitem(sys.modules, '__main__', sys.modules['__main__'])
    program.main()


@pytest.mark.parametrize('arguments', [[], ['-h'], ['--help']])
def test_every_script_is_a_command_in_the_list(monkeypatch, capsys, arguments):
    scripts = program.find_scripts()
    assert sorted(scripts.values()) == sorted(TOOLS.rglob('*.py'))  # so no two have the same name
    assert list(scripts)[:3] == ['infer', 'test', 'train']
    call(monkeypatch, *arguments)
    output = capsys.readouterr().out
    assert '\n  train                Train a model\n' in output
    assert '\n  export_onnx          Export a trained encoder, ' in output
    assert output.count('\n  ') == len(scripts)
    assert str(TOOLS.with_name('configs')) in output


def test_runs_a_script_as_the_main_program(tmp_path, monkeypatch, capsys):
    (tmp_path / 'deeper').mkdir()
    (tmp_path / 'deeper/say.py').write_text(SCRIPT)
    monkeypatch.setattr(program, 'TOOLS', tmp_path)
    call(monkeypatch, 'say', 'a', 'b c')
    assert capsys.readouterr().out == "say.py ['hico_mm say', 'a', 'b c'] ['a', 'b c']\n"
    with pytest.raises(SystemExit):
        call(monkeypatch, 'say', '--help')
    assert capsys.readouterr().out.startswith('usage: hico_mm say [-h] words')


@pytest.mark.parametrize('command, advice', [
    ('trian', r"Did you mean one of \['train'\]"),
    ('zzz', '`hico_mm --help` lists them'),
])
def test_refuses_other_commands(monkeypatch, command, advice):
    with pytest.raises(SystemExit, match=f"error: hico_mm has no command '{command}'. {advice}"):
        call(monkeypatch, command)


@pytest.mark.parametrize('option, output', [
    ('--version', f'hico_mm {hico_mm.__version__}\n'), ('--help', 'usage: hico_mm COMMAND')])
@pytest.mark.parametrize('run', [
    ['-m', 'hico_mm'],
    ['-c', 'import sys; sys.argv[0] = "/bin/hico_mm"; from hico_mm.__main__ import main; main()']])
def test_lists_commands_without_pytorch(option, output, run):
    done = subprocess.run([sys.executable, '-X', 'importtime', *run, option], capture_output=True,
                          text=True, cwd=TOOLS.parent, check=True)
    assert done.stdout.startswith(output) and 'hico_mm.paths' in done.stderr
    assert not any(name in done.stderr for name in (' torch\n', ' numpy\n', ' mmengine\n'))

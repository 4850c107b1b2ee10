"""The converter as a command."""
import os
import runpy
import subprocess
import sys

import pytest
import torch
from mmaction.registry import MODELS


def run_main(script_path, monkeypatch, *arguments):
    """Run the script in this process as Python runs it from a command line."""
    monkeypatch.setattr(sys, 'argv', [script_path.name, *map(str, arguments)])
    runpy.run_path(str(script_path), run_name='__main__')


def test_command_converts_a_file(script_path, script, recorded, released_checkpoint, tmp_path,
                                 monkeypatch, capsys):
    source, target = tmp_path / 'released.pt', tmp_path / 'new/folder/converted.pth'
    torch.save(released_checkpoint(recorded['final_state']), source)

    run_main(script_path, monkeypatch, source, target, '--iters-per-epoch', '7')

    assert f'{target}: {len(recorded["final_state"])} tensors, 12 epochs' in capsys.readouterr().out
    converted = torch.load(target, weights_only=True)
    assert converted['meta']['iter'] == 12 * 7
    # A probe takes its encoder from it.
    config = script.infer_model(converted['state_dict'], 2, 3)['backbone']
    encoder = MODELS.build(dict(config, frozen=True, init_cfg=dict(
        type='Pretrained', checkpoint=str(target), prefix='backbone.')))
    encoder.init_weights()
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, converted['state_dict'][f'backbone.{name}']), name
    features = encoder(recorded['steps'][0]['query'])
    assert features['instance'].shape[1] == 2 * config['num_granularities'] * 32


class Hostile:
    """Would write a file on being unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f'touch {self.path}', )


@pytest.fixture
def refusal(script_path, monkeypatch, capsys):
    """Runs the command on a file that it must refuse and gives its message."""
    def run(source, *options):
        target = source.with_name('converted.pth')
        with pytest.raises(SystemExit) as stop:
            run_main(script_path, monkeypatch, source, target, *options)
        assert not target.exists()
        # `sys.exit(message)` prints the message and exits with 1.
        assert isinstance(stop.value.code, str)
        assert stop.value.code.startswith('error: ')
        assert '\n' not in stop.value.code
        return stop.value.code
    return run


def test_missing_file(refusal, tmp_path):
    assert 'absent.pt does not exist' in refusal(tmp_path / 'absent.pt')


@pytest.mark.parametrize('content', [b'', b'no checkpoint', bytes(range(256)) * 10])
def test_corrupt_file(refusal, tmp_path, content):
    source = tmp_path / 'corrupt.pt'
    source.write_bytes(content)

    assert 'corrupt.pt is corrupt or no checkpoint at all' in refusal(source)


def test_truncated_file(refusal, gru, tmp_path):
    source = tmp_path / 'truncated.pt'
    torch.save(dict(state_dict=gru['init_state']), source)
    source.write_bytes(source.read_bytes()[:20000])

    assert 'truncated.pt is corrupt or no checkpoint at all' in refusal(source)


def test_hostile_file(refusal, tmp_path):
    source, touched = tmp_path / 'hostile.pt', tmp_path / 'touched'
    torch.save(dict(epoch=1, state_dict=Hostile(touched)), source)

    assert 'contains objects that could run code and were refused' in refusal(source)
    assert not touched.exists()


def test_checkpoint_of_another_project(refusal, tmp_path):
    source = tmp_path / 'resnet.pt'
    torch.save(dict(state_dict={'conv1.weight': torch.zeros(1)}), source)

    assert "'conv1.weight' is not a tensor of the released HiCo" in refusal(source)


def test_incomplete_checkpoint(refusal, gru, tmp_path):
    source = tmp_path / 'incomplete.pt'
    state = {name: value for name, value in gru['init_state'].items() if name != 'i_queue'}
    torch.save(dict(state_dict=state), source)

    assert "lacks 'queues.instance.features'" in refusal(source)


def test_another_number_of_persons(refusal, gru, tmp_path):
    source = tmp_path / 'released.pt'
    torch.save(dict(state_dict=gru['init_state']), source)

    assert 'does not fit the model that its sizes describe' in refusal(
        source, '--num-persons', '4')


def test_help(script_path):
    result = subprocess.run([sys.executable, script_path, '--help'], capture_output=True, text=True)

    assert result.returncode == 0, result.stderr
    for word in ('src', 'dst', '--iters-per-epoch', '--num-persons', '--in-channels'):
        assert word in result.stdout

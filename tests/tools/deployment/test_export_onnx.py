import re

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.apis import OnnxModel

pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

SCRIPT = 'deployment/export_onnx'
CONFIG = '''
pipeline = [dict(type='NormalizeSkeleton', layout='nturgb+d'), dict(type='PackActionInputs')]
test_dataloader = dict(dataset=dict(type='SyntheticSkeletonDataset', pipeline=pipeline))
model = dict(
    type='RecognizerGCN', data_preprocessor=dict(type='SkeletonPreprocessor', stream='bone'),
    backbone=dict(type='HiCoEncoder', num_frames=8, hidden_channels=8, num_granularities=1,
                  s2s=dict(type='S2SGRU')),
    cls_head=dict(type='LinearHead', num_classes=2, in_channels=16))
'''


@pytest.fixture
def files(tmp_path):
    """A config and a checkpoint of it; and where to export to."""
    (tmp_path / 'task.py').write_text(CONFIG)
    model = MODELS.build(Config.fromfile(tmp_path / 'task.py').model)
    torch.save(dict(meta=dict(dataset_meta=dict(classes=['sit', 'stand'])),
                    state_dict=model.state_dict()), tmp_path / 'task.pth')
    return tmp_path / 'task.py', tmp_path / 'task.pth', tmp_path / 'new/task.onnx'


def test_export_and_what_it_prints(call, files):
    first, *latency = call(SCRIPT, *files, '--latency', '2', '--clock', 'cpu').splitlines()
    encoder = OnnxModel(files[2], num_joints=25)
    assert encoder(np.ones((3, 2, 8, 25, 3), np.float32)).shape == (3, 2)
    assert (encoder.spec.classes, encoder.spec.stream) == (['sit', 'stand'], 'bone')
    assert re.fullmatch(
        rf'{files[2]}: 0\.\d MiB, cls_score from \(N, 2, 8, 25, 3\), bone stream; largest deviation '
        r'from PyTorch \d\.\de-\d\d of the largest value', first)
    assert latency[0].startswith('One sequence on one CPU core, 2 rounds in turns, cpu time')
    for name, line in zip(('PyTorch', 'onnxruntime'), latency[1:3], strict=True):
        numbers = re.fullmatch(
            rf'{name} [\d.]+\S*: (\d+\.\d\d) ms \((\d+\.\d\d) to (\d+\.\d\d)\)', line).groups()
        middle, low, high = map(float, numbers)
        assert low <= middle <= high
    assert re.fullmatch(r'onnxruntime / PyTorch: \d+\.\d+ \(\d+\.\d+ to \d+\.\d+\)', latency[3])
    assert len(latency) == 4


def test_latency_is_that_of_one_thread(script, files, monkeypatch):
    model, spec = script.load_for_export(Config.fromfile(files[0]), str(files[1]))
    script.export_onnx(model, spec, str(files[2]))
    threads = []

    def one_round(forms, rounds, clock):
        threads.append(torch.get_num_threads())
        for form in forms.values():
            form()
        return {name: [seconds] * rounds for name, seconds in zip(forms, (0.004, 0.001), strict=True)}

    monkeypatch.setattr(script, 'time_interleaved', one_round)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        lines = list(script.measure_latency(model, spec, str(files[2]), 5))
        assert (threads, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)
    assert [line.split(': ')[1] for line in lines] == [
        '4.00 ms (4.00 to 4.00)', '1.00 ms (1.00 to 1.00)', '0.250 (0.250 to 0.250)']


def test_features_of_a_model_with_a_head_and_options(call, files):
    printed = call(SCRIPT, files[0], 'none', files[2], '--features', '--cfg-options',
                   'model.data_preprocessor.stream=motion')
    spec = OnnxModel(files[2]).spec
    assert (spec.output, spec.stream, spec.classes) == ('feature', 'motion', [])
    assert 'One sequence' not in printed


@pytest.mark.parametrize('arguments, message', [
    (('task.py', 'absent.pth', 'x.onnx'), 'error: Checkpoint absent.pth does not exist'),
    (('task.py', 'none', 'task.py/x.onnx'), 'error: .* cannot be made or written'),
    (('task.py', 'none', 'x.onnx', '--features', '--sizes', '2', '8', '17', '3'),
     'error: .* num_joints=25 but the data have 17|error: sequence .* 17 joints, but the parent list'),
    (('c.py', 'none', 'model.pth'), 'model.pth: the file has to end in .onnx'),
    (('c.py', 'none', 'x.onnx', '--latency', '-1'), '--latency -1: the number of rounds has to be')])
def test_what_does_not_fit_is_refused(fail, files, capsys, arguments, message):
    assert re.search(message, f'{fail(SCRIPT, *arguments)} {capsys.readouterr().err}')

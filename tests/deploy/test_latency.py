import re

import pytest
import torch

from hico_mm.deploy import latency
from hico_mm.deploy.contract import CLS_SCORE
from hico_mm.deploy.export import export_onnx

pytest.importorskip('onnx')
onnxruntime = pytest.importorskip('onnxruntime')


@pytest.fixture
def measure(small, tmp_path):
    model, contract = small.build(head=True), small.describe(CLS_SCORE)
    path = str(tmp_path / 'model.onnx')
    export_onnx(model, contract, path)
    return lambda rounds, clock: list(latency.measure_latency(model, contract, path, rounds, clock))


@pytest.mark.parametrize('clock', ['wall', 'cpu'])
def test_lines(measure, clock):
    lines = measure(3, clock)
    names = [f'PyTorch {torch.__version__}', f'onnxruntime {onnxruntime.__version__}']
    for name, line in zip(names, lines, strict=False):
        numbers = re.fullmatch(
            rf'{re.escape(name)}: (\d+\.\d\d) ms \((\d+\.\d\d) to (\d+\.\d\d)\)', line).groups()
        middle, low, high = map(float, numbers)
        assert low <= middle <= high
    assert re.fullmatch(r'onnxruntime / PyTorch: \d+\.\d+ \(\d+\.\d+ to \d+\.\d+\)', lines[2])
    assert len(lines) == 3


def test_one_thread_of_pytorch_and_as_many_as_before_afterwards(measure, monkeypatch):
    threads = []

    def one_round(forms, rounds, clock):
        threads.append(torch.get_num_threads())
        for form in forms.values():
            form()
        return {name: [seconds] * rounds for name, seconds in zip(forms, (0.004, 0.001), strict=True)}

    monkeypatch.setattr(latency, 'time_interleaved', one_round)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        lines = measure(5, 'wall')
        assert (threads, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)
    assert lines[0].endswith(': 4.00 ms (4.00 to 4.00)')
    assert lines[1].endswith(': 1.00 ms (1.00 to 1.00)')
    assert lines[2] == 'onnxruntime / PyTorch: 0.250 (0.250 to 0.250)'

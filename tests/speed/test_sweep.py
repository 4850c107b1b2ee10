from hico_mm.speed import sweep
from hico_mm.speed.interleaved import Ratio
from hico_mm.speed.step import StepRow, StepSize
from hico_mm.speed.sweep import sweep_steps, sweep_workers


def test_steps_over_their_size(monkeypatch):
    asked = []

    def measured(encoder, precisions, size, device, rounds):
        asked.append((encoder, precisions, device, rounds))
        same = Ratio(1, 1, 1)
        return [StepRow(encoder, 'bfloat16', form, size, same, same, seconds * size.batch_size, 1)
                for form, seconds in (('plain', 0.5), ('ours', 0.25))]

    monkeypatch.setattr(sweep, 'measure_step', measured)
    sizes = {number: StepSize(batch_size=number) for number in (8, 16)}

    assert sweep_steps('GRU', sizes, 'bfloat16', 'cpu', 2) == dict(
        plain={8: 2, 16: 2}, ours={8: 4, 16: 4})
    assert asked == [('GRU', ['bfloat16'], 'cpu', 2)] * 2


class Loader:
    batch_size = 4

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return self.batches

    def __iter__(self):
        return iter(range(self.batches))


def test_workers(monkeypatch):
    monkeypatch.setattr(sweep, 'build_loaders', lambda ann_file, num_workers, forms: {
        form: Loader(10 + num_workers) for form in forms})
    monkeypatch.setattr(sweep, 'time_interleaved', lambda forms, rounds: {
        key: [2.0, 9.0, 4.0][:rounds] for key in forms})

    assert sweep_workers('random.pkl', [0, 2]) == dict(
        ours={0: 10, 2: 12}, plain={0: 10, 2: 12})

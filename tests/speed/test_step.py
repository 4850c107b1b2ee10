import pytest
import torch

from hico_mm.speed import step as module
from hico_mm.speed.interleaved import Ratio
from hico_mm.speed.step import StepRow, StepSize, build_models, make_step, measure_step

SMALL = StepSize(batch_size=2, hidden_channels=16, queue_length=8, num_granularities=2)
CHANGES = ['granularities', 'queues', 'momentum']


def test_default_size_is_that_of_the_paper():
    models = build_models('LSTM')

    assert list(models) == ['ours', 'plain']
    for model in models.values():
        assert (model.backbone.hidden_channels, model.backbone.num_granularities) == (512, 4)
        assert model.queues['clip'].features.shape == (4 * 2048, 128)
    assert StepSize().batch_size == 64


@pytest.mark.parametrize('encoder', ['Transformer', 'GRU', 'LSTM'])
def test_all_forms_take_the_same_step(encoder):
    models = build_models(encoder, SMALL, changes=CHANGES)
    before = {name: value.clone() for name, value in models['ours'].state_dict().items()}
    for model in models.values():
        for part in model.modules():  # dropout draws in another order
            if isinstance(getattr(part, 'dropout', None), float):
                part.dropout = 0.0
            elif isinstance(part, torch.nn.Dropout):
                part.p = 0.0
        torch.manual_seed(0)
        make_step(model, SMALL, 'float32', 'cpu')()

    assert list(models) == ['ours', 'plain', *(f'plain+{change}' for change in CHANGES)]
    expected = models['ours'].state_dict()
    assert not torch.equal(expected['neck.layers.clip.0.weight'],
                           before['neck.layers.clip.0.weight'])
    for form, model in models.items():
        for name, value in model.state_dict().items():
            torch.testing.assert_close(value, expected[name], msg=f'{form} {name}')


@pytest.mark.parametrize('change, method', [
    ('granularities', '_project'), ('queues', 'contrast'), ('momentum', '_update_momentum_encoder')])
def test_a_change_takes_one_part_of_our_step(monkeypatch, change, method):
    model = build_models('GRU', SMALL, changes=CHANGES)[f'plain+{change}']
    owner = type(model.contrast) if method == 'contrast' else module.PlainMoCoRecognizer.__base__
    name, calls = 'forward' if method == 'contrast' else method, []
    original = getattr(owner, name)

    def record(*args, **kwargs):
        calls.append(name)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, staticmethod(record) if method == '_project' else record)
    make_step(model, SMALL, 'float32', 'cpu')()
    used = len(calls)
    model.changes = tuple(each for each in CHANGES if each != change)
    make_step(model, SMALL, 'float32', 'cpu')()

    assert used == len(calls) == (2 if method == '_project' else 1)  # query and key


@pytest.mark.parametrize('precision, expected', [
    ('float32', 'highest'), ('float32-high', 'high'), ('float32-medium', 'medium'),
    ('bfloat16', 'highest')])
def test_precision_of_matrices_is_set_for_each_step(precision, expected):
    step = make_step(build_models('GRU', SMALL)['ours'], SMALL, precision, 'cpu')
    torch.set_float32_matmul_precision('high' if expected == 'highest' else 'highest')

    step()

    assert torch.get_float32_matmul_precision() == expected
    torch.set_float32_matmul_precision('highest')


def test_bfloat16_is_autocast(monkeypatch):
    model = build_models('Transformer', SMALL)['ours']
    seen = []
    model.neck.layers['clip'].register_forward_hook(lambda part, x, y: seen.append(y.dtype))

    make_step(model, SMALL, 'float32', 'cpu')()
    make_step(model, SMALL, 'bfloat16', 'cpu')()

    assert seen == [torch.float32, torch.bfloat16]


def test_rows_compare_with_plain_and_with_the_first_precision(monkeypatch):
    times = {('float32', 'ours'): [2.0, 3.0, 4.0], ('float32', 'plain'): [4.0, 4.0, 4.0],
             ('bfloat16', 'ours'): [1.0, 1.0, 1.0], ('bfloat16', 'plain'): [2.0, 1.0, 5.0]}
    given = []
    monkeypatch.setattr(module, 'time_interleaved', lambda steps, rounds, clock, wait: (
        given.append((list(steps), rounds, clock)) or times))
    monkeypatch.setattr(module, 'peak_mebibytes', lambda make_step, device: 7.0)

    rows = measure_step('GRU', ['float32', 'bfloat16'], SMALL, 'cpu', 3, 'cpu')

    assert given == [(list(times), 3, 'cpu')]
    first, second = Ratio(0.75, 0.5, 1.0), Ratio(0.5, 0.2, 1.0)
    assert rows == [
        StepRow('GRU', 'float32', 'ours', SMALL, first, None, 3.0, 7.0),
        StepRow('GRU', 'float32', 'plain', SMALL, None, None, 4.0, 7.0),
        StepRow('GRU', 'bfloat16', 'ours', SMALL, second, Ratio(1 / 3, 0.25, 0.5), 1.0, 7.0),
        StepRow('GRU', 'bfloat16', 'plain', SMALL, None, Ratio(0.5, 0.25, 1.25), 2.0, 7.0)]


def test_row_as_text():
    row = StepRow('GRU', 'bfloat16', 'ours', StepSize(), Ratio(0.9, 0.8, 1.0), None, 2.0, 345.6)
    assert str(row) == ('GRU bfloat16 ours: 2.000 s, 32.0 samples/s, peak memory 346 MiB, '
                        'time over plain 0.900 (0.800 to 1.000)')
    assert ' samples/s, time over plain' in str(row._replace(peak_mebibytes=None))
    assert str(row._replace(over_plain=None, over_first=Ratio(0.5, 0.4, 0.6))).endswith(
        'peak memory 346 MiB, over the first precision 0.500 (0.400 to 0.600)')


def test_our_step_may_be_compiled(monkeypatch):
    compiled, measured = [], []
    monkeypatch.setattr(module, 'peak_mebibytes', lambda make_step, device: measured.append(make_step))
    monkeypatch.setattr(torch, 'compile',
                        lambda function, mode: compiled.append((function.__self__, mode)) or function)

    rows = measure_step('GRU', ['float32'], SMALL, rounds=1, compile_mode='reduce-overhead')

    assert [(type(model).__name__, mode) for model, mode in compiled] == [
        ('MoCoRecognizer', 'reduce-overhead')]
    assert [row.form for row in rows] == ['ours', 'plain']
    assert all(row.seconds > 0 for row in rows)
    compiled.clear()
    measured[0]()()  # of memory, a step of its own that is compiled, too
    assert len(compiled) == 1

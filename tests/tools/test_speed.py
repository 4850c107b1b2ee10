"""tools/analysis/speed.py, whose plain formulations do the same as the package."""
import importlib
import itertools
import pickle
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from hico_mm.benchmark import cost
from hico_mm.datasets.transforms.spatial import transform_joints
from hico_mm.datasets.transforms.temporal import resize_frames

NUMBER = r'\d+\.\d+'
RATIO = rf'{NUMBER} \({NUMBER} to {NUMBER}\)'
SMALL = ('--device', 'cpu', '--batch-size', '2', '--hidden-channels', '16', '--queue-length', '8',
         '--num-granularities', '2', '--rounds', '1')
CHANGES = ['granularities', 'contrast', 'momentum']


@pytest.fixture
def script(monkeypatch):
    """The script as a module that another process finds, too."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / 'tools/analysis')
    return importlib.import_module('speed')


@pytest.fixture
def small(script):
    """Reads the config of a method by its name, or of an encoder of HiCo, in small sizes."""
    return lambda name: script.read_config(name, script.StepSize(2, 16, 8, 2))


@pytest.fixture
def run(script, monkeypatch, capsys):
    monkeypatch.setattr(script.signal, 'signal', lambda *_: None)  # pytest's own stay

    def run(*args):
        monkeypatch.setattr(sys, 'argv', ['speed.py', *args])
        script.main()
        return capsys.readouterr().out.splitlines()
    return run


def test_step_prints_a_row_for_each_encoder_precision_and_form(script, run, monkeypatch):
    def peak(make_step, device):  # which is given to another process
        pickle.loads(pickle.dumps(make_step))()()
        return 6.6

    monkeypatch.setattr(script, 'peak_mebibytes', peak)
    head, *lines = run('step', *SMALL, '--encoder', 'Transformer', '--changes', 'momentum', '--profile')

    assert head.startswith(
        'batch size 2, hidden channels 16, queue length 8, num granularities 2; cpu (')
    rows, profile = lines[:6], '\n'.join(lines[6:])
    for row, (precision, form) in zip(rows, itertools.product(
            ('float32', 'bfloat16'), ('ours', 'plain', 'plain+momentum')), strict=True):
        pattern = (re.escape(f'Transformer {precision} {form}: ')
                   + rf'{NUMBER} s, {NUMBER} samples/s, peak memory 7 MiB'
                   + (f', time over plain {RATIO}' if form != 'plain' else '')
                   + (f', over the first precision {RATIO}' if precision == 'bfloat16' else ''))
        assert re.fullmatch(pattern, row), row
    assert profile.count('Self CPU time total') == 2 and 'aten::addmm' in profile


def test_rows_compare_with_plain_and_with_the_first_precision(script, small, monkeypatch):
    times = {('float32', 'ours'): [2.0, 3.0, 4.0], ('float32', 'plain'): [4.0, 4.0, 4.0],
             ('bfloat16', 'ours'): [1.0, 1.0, 1.0], ('bfloat16', 'plain'): [2.0, 1.0, 5.0]}
    given = []
    monkeypatch.setattr(script, 'time_interleaved', lambda steps, rounds, clock, wait: (
        given.append((list(steps), rounds, clock)) or times))
    monkeypatch.setattr(script, 'peak_mebibytes', lambda make_step, device: None)

    args = script.parse_args(['step', '--device', 'cpu', '--rounds', '3', '--clock', 'cpu'])
    assert list(script.measure_step('GRU', small('GRU'), args)) == [
        'GRU float32 ours: 3.000 s, 0.7 samples/s, time over plain 0.750 (0.500 to 1.000)',
        'GRU float32 plain: 4.000 s, 0.5 samples/s',
        'GRU bfloat16 ours: 1.000 s, 2.0 samples/s, time over plain 0.500 (0.200 to 1.000), '
        'over the first precision 0.333 (0.250 to 0.500)',
        'GRU bfloat16 plain: 2.000 s, 1.0 samples/s, over the first precision 0.500 (0.250 to 1.250)']
    assert given == [(list(times), 3, 'cpu')]


@pytest.mark.parametrize('name, batch_size, queue_length, terms', [
    ('GRU', 64, 2048, 5), ('skeletonclr', 128, 32768, 1), ('crossclr', 128, 32768, 6),
    ('aimclr', 128, 32768, 3), ('isc', 64, 16384, 2), ('ascal', 32, 16384, 1)])
def test_sizes_are_those_of_the_config_in_its_second_stage(
        script, name, batch_size, queue_length, terms):
    cfg = script.read_config(name, script.StepSize())
    contrast = script.MODELS.build(cfg.model.contrast)
    assert (cfg.train_dataloader.batch_size, cfg.model.queue.length, len(contrast.terms),
            ) == (batch_size, queue_length, terms)
    assert all(term.is_active(0) for term in contrast.terms)


@pytest.mark.parametrize('name', [
    'Transformer', 'LSTM', 'skeletonclr', 'crossclr', 'aimclr', 'isc', 'ascal'])
def test_all_forms_take_the_same_step(script, small, name):
    hico = name in script.ENCODERS
    models = script.build_models(name, small(name), changes=CHANGES if hico else ())
    before = {key: weight.clone() for key, weight in models['ours'].backbone.named_parameters()}
    losses = {}
    for form, model in models.items():
        for part in model.modules():  # dropout draws in another order
            if isinstance(getattr(part, 'dropout', None), float):
                part.dropout = 0.0
            elif isinstance(part, torch.nn.Dropout):
                part.p = 0.0
        torch.manual_seed(0)
        step = script.make_step(model, small(name), 'float32')
        # HiCo's queues turn round after 4 steps.
        losses[form] = torch.stack([step()['loss'] for _ in range(5 if hico else 1)])

    assert list(models) == ['ours', 'plain', *(f'plain+{change}' for change in CHANGES if hico)]
    expected = models['ours'].state_dict()
    if hico:
        assert expected['queues.clip.features'].shape == (2 * 8, 128)
        assert models['plain'].backbone.hidden_channels == 16
    for key, weight in models['ours'].backbone.named_parameters():
        assert not torch.equal(weight, before[key]), key
    for form, model in models.items():
        torch.testing.assert_close(losses[form], losses['ours'], msg=form)
        for key, value in model.state_dict().items():
            torch.testing.assert_close(value, expected[key], msg=lambda x, k=(form, key): f'{k} {x}')


@pytest.mark.parametrize('precision, of_matrices, of_features', [
    ('float32', 'highest', torch.float32), ('float32-high', 'high', torch.float32),
    ('float32-medium', 'medium', torch.float32), ('bfloat16', 'highest', torch.bfloat16)])
def test_precision(script, small, precision, of_matrices, of_features):
    cfg = small('GRU')
    model = script.build_models('GRU', cfg)['ours']
    step, seen = script.make_step(model, cfg, precision), []
    model.neck.layers['clip'].register_forward_hook(lambda part, x, y: seen.append(y.dtype))
    torch.set_float32_matmul_precision('high' if of_matrices == 'highest' else 'highest')

    step()

    assert (torch.get_float32_matmul_precision(), seen) == (of_matrices, [of_features])
    torch.set_float32_matmul_precision('highest')


def test_our_step_may_be_compiled(script, small, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, 'compile',
                        lambda function, mode: compiled.append((function.__self__, mode)) or function)
    script.make_steps('float32', 'GRU', small('GRU'), 'cpu', (), 'reduce-overhead')
    assert [(type(model).__name__, mode) for model, mode in compiled] == [
        ('MoCoRecognizer', 'reduce-overhead')]


@pytest.fixture
def keypoints():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(persons, frames, 25, 3)).astype(np.float32)
            for persons, frames in ((1, 70), (2, 40), (1, 310))]


def as_keypoint(array):
    """(C, T, V, M) -> (M, T, V, C)."""
    return array.transpose(3, 1, 2, 0)


def test_sequences_stand_in_an_array_and_are_resized_and_multiplied_as_by_us(script, keypoints):
    feeder = script.PlainFeeder(keypoints)
    assert feeder.arrays.shape == (3, 3, 310, 25, 2)  # 300 frames unless one is longer
    assert script.PlainFeeder(keypoints[:2]).arrays.shape == (2, 3, 300, 25, 2)
    feeder.min_ratio = 1
    matrix = np.arange(9, dtype=np.float32).reshape(3, 3)
    for array, keypoint in zip(feeder.arrays, keypoints, strict=True):
        persons, frames = keypoint.shape[:2]
        np.testing.assert_array_equal(as_keypoint(array)[:persons, :frames], keypoint)
        assert not array[..., persons:].any() and not array[:, frames:].any()
        resized = as_keypoint(feeder._crop(array[:, :frames]))[:persons]
        np.testing.assert_allclose(resized, resize_frames(keypoint, 64), atol=1e-5)
        multiplied = as_keypoint(script.multiply_channels(keypoint.transpose(3, 1, 2, 0), matrix))
        np.testing.assert_allclose(multiplied, transform_joints(keypoint, matrix), atol=1e-5)


def test_views_are_augmented_one_by_one(script, keypoints):
    feeder = script.PlainFeeder(keypoints)
    views = np.stack([feeder[0] for _ in range(60)]).reshape(120, 3, 64, 25, 2)
    assert views.dtype == np.float32
    zeros = (views[..., 0] == 0).all(axis=(1, 2)).sum(axis=1)  # joints of each view
    assert set(zeros.tolist()) == {0, 15}
    assert 0.1 < (zeros == 15).mean() < 0.4  # a quarter
    assert len({view.tobytes() for view in views}) == 120
    assert feeder.arrays[0].any(axis=(0, 2, 3)).sum() == 70  # the sequence itself is as it was


def test_loaders_give_batches_of_one_size(script, tmp_path):
    path = str(tmp_path / 'random.pkl')
    script.write_random_sequences(path, 11, (70, 75), 1)
    shapes = [x['keypoint'].shape for x in script.read_annotation_file(path)['annotations']]
    assert len(shapes) == 11 and {shape[0] for shape in shapes} == {1}
    assert {shape[1] for shape in shapes} <= set(range(70, 76))

    batches = {form: list(loader) for form, loader in script.build_loaders(path, 4).items()}
    assert {form: len(batch) for form, batch in batches.items()} == dict(plain=2, ours=2, stock=2)
    assert batches['plain'][0].shape == (4, 2, 3, 64, 25, 2)
    assert batches['ours'][0]['inputs'].shape == (4, 2, 2, 64, 25, 3)
    assert [x.shape for x in batches['stock'][0]['inputs']] == [(1, 2, 100, 25, 3)] * 4
    assert batches['plain'][0].dtype == batches['ours'][0]['inputs'].dtype == torch.float32


def test_data_compares_whole_epochs(script, monkeypatch):
    now = [0.0]

    class Loader:
        """Five batches of four that take some time."""
        batch_size = 4

        def __init__(self, seconds):
            self.seconds = seconds

        def __len__(self):
            return 5

        def __iter__(self):
            yield from range(5)
            now[0] += self.seconds

    monkeypatch.setitem(cost.CLOCKS, 'cpu', lambda: now[0])
    loaders = dict(plain=Loader(3), ours=Loader(2), stock=Loader(6))
    assert list(script.measure_data(loaders, 2, 'cpu')) == [
        'plain: over plain 1.000 (1.000 to 1.000), 7 two-view samples/s',
        'ours: over plain 0.667 (0.667 to 0.667), 10 two-view samples/s',
        'stock: over plain 2.000 (2.000 to 2.000), 3 single-view samples/s']


def test_data_prints_a_row_for_each_form_and_a_profile(run):
    head, *rows = [line for line in run(
        'data', '--sequences', '9', '--frames', '30', '33', '--persons', '2', '--batch-size', '4',
        '--rounds', '1', '--profile') if 'mmengine - INFO' not in line]
    assert head == ('9 sequences of 30 to 33 frames and 2 persons, batch 4, one core, 1 rounds, cpu '
                    'time; median (range of the rounds)')
    assert [row.partition(':')[0] for row in rows[:3]] == ['plain', 'ours', 'stock']
    assert any('normalize.py' in row for row in rows[3:])


@pytest.mark.parametrize('args, message', [
    (['step', '--rounds', '0'], "'0' is no positive number"),
    (['step', '--device', 'abacus'], "'abacus' cannot be used: "),
    (['data', '--frames', '30', '-1'], 'frames')])
def test_bad_arguments_are_refused(script, capsys, args, message):
    with pytest.raises(SystemExit):
        script.parse_args(args)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('args, message', [
    (['step', *SMALL, '--precision', 'float16'], '--precision float16 needs a GPU; a CPU has bfloat16.'),
    (['data', '--sequences', '3'], '--sequences is 3, but a batch has 64.'),
    (['data', '--frames', '20', '10'], '--frames is 20 10; give the least first.'),
])
def test_what_cannot_be_measured_is_refused_before(run, args, message):
    with pytest.raises((SystemExit, ValueError), match=message):
        run(*args)

import json
import re
import sys
from pathlib import Path

import pytest

REFUSED = (SystemExit, ValueError)  # a script that is not __main__ raises what it would print
NUMBER = r'\d+\.\d+'
RATIO = rf'{NUMBER} \({NUMBER} to {NUMBER}\)'
SMALL = ('--device', 'cpu', '--batch-size', '2', '--hidden-channels', '16', '--queue-length', '8',
         '--num-granularities', '2', '--rounds', '2')


@pytest.fixture(scope='module')
def script(load_script):
    return load_script('analysis/speed')


@pytest.fixture
def run(script, monkeypatch, capsys):
    monkeypatch.setattr(script.signal, 'signal', lambda *_: None)  # pytest's own stay

    def run(*args):
        monkeypatch.setattr(sys, 'argv', ['speed.py', *args])
        script.main()
        return capsys.readouterr().out
    return run


@pytest.mark.skipif(not Path('/proc/self/clear_refs').exists(), reason='memory is read from Linux')
def test_step_prints_a_row_for_each_encoder_precision_and_form(run):
    lines = run('step', *SMALL, '--encoder', 'GRU', 'LSTM', '--changes', 'momentum').splitlines()

    assert lines[0].startswith(
        'batch size 2, hidden channels 16, queue length 8, num granularities 2; cpu (')
    expected = []
    for encoder in ('GRU', 'LSTM'):
        for precision in ('float32', 'bfloat16'):
            for form in ('ours', 'plain', 'plain+momentum'):
                expected.append(re.escape(f'{encoder} {precision} {form}: ')
                                + rf'{NUMBER} s, {NUMBER} samples/s, peak memory \d+ MiB'
                                + (f', time over plain {RATIO}' if form != 'plain' else '')
                                + (f', over the first precision {RATIO}'
                                   if precision == 'bfloat16' else ''))
    for line, pattern in zip(lines[1:], expected, strict=True):
        assert re.fullmatch(pattern, line), line


@pytest.mark.skipif(not Path('/proc/self/clear_refs').exists(), reason='memory is read from Linux')
def test_profile_of_our_step(run):
    text = run('step', *SMALL, '--encoder', 'Transformer', '--precision', 'float32', '--profile')

    assert 'Self CPU time total' in text
    assert 'aten::addmm' in text


def test_data_prints_a_row_for_each_form(run):
    lines = run('data', '--sequences', '9', '--frames', '30', '33', '--persons', '2', '--batch-size',
                '4', '--rounds', '2').splitlines()
    head, *rows = [line for line in lines if 'mmengine - INFO' not in line]

    assert head == ('9 sequences of 30 to 33 frames and 2 persons, batch 4, one core, 2 rounds, cpu '
                    'time; median (range of the rounds)')
    for form, row, views in zip(('plain', 'ours', 'stock'), rows, ('two', 'two', 'single'), strict=True):
        assert re.fullmatch(rf'{form}: over plain {RATIO}, \d+ {views}-view samples/s', row), row


def test_run_compares_what_is_asked_for(script, run, monkeypatch):
    asked = {}

    def compare_runs(load_config, rounds, **options):
        asked.update(options, rounds=rounds, max_epochs=load_config().train_cfg.max_epochs)
        yield 'ours', 'step 99 %'
        yield 'ours/plain', '0.9'

    monkeypatch.setattr(script, 'compare_runs', compare_runs)
    config = str(Path(__file__).parents[2] / 'configs/hico_demo.py')
    text = run('run', config, '--sequences', '70', '--frames', '30', '40', '--rounds', '3', '--no-plain',
               '--cfg-options', 'train_cfg.max_epochs=7')

    assert text.splitlines() == ['ours: step 99 %', 'ours/plain: 0.9']
    assert asked == dict(rounds=3, with_plain=False, num_sequences=70, epochs=2, num_frames=(30, 40),
                         schedule_sequences=40091, max_epochs=7)


@pytest.mark.skipif(not Path('/proc/self/clear_refs').exists(), reason='memory is read from Linux')
def test_chart_has_the_numbers_beside_it(run, tmp_path):
    out = tmp_path / 'speed.png'
    text = run('chart', '--device', 'cpu', '--encoder', 'GRU', '--hidden-channels', '8', '--rounds', '1',
               '--sequences', '64', '--frames', '30', '33', '--batch-sizes', '2', '4', '--granularities',
               '1', '--workers', '0', '--out', str(out))

    assert text.splitlines()[-1] == f'{out}: samples/s of the GRU, float32, D = 8, on cpu'
    assert out.read_bytes().startswith(b'\x89PNG')
    sweeps = json.loads((tmp_path / 'speed.json').read_text())
    assert {varied: list(sweep['ours']) for varied, sweep in sweeps.items()} == {
        'batch size': ['2', '4'], 'granularities': ['1'], 'workers (data path alone)': ['0']}
    for sweep in sweeps.values():
        assert sweep.keys() == {'ours', 'plain'}
        assert all(rate > 0 for rates in sweep.values() for rate in rates.values())


def test_chart_refuses_another_format_before_it_measures(script, run, monkeypatch):
    with pytest.raises(SystemExit, match=r"error: --out speed.gif has to end in one of"):
        run('chart', '--out', 'speed.gif')


@pytest.mark.parametrize('args, message', [
    (['step', '--encoder', 'RNN'], "invalid choice: 'RNN'"),
    (['step', '--changes', 'all'], "invalid choice: 'all'"),
    (['data', '--sequences', '0'], "'0' is no positive number"),
    (['data', '--frames', '30', '-1'], 'frames'),
    (['data', '--persons', '3'], 'invalid choice: 3'),
    (['step', '--rounds', '0'], "'0' is no positive number"),
    (['step', '--batch-size', '0'], "'0' is no positive number"),
    (['step', '--device', 'abacus'], "'abacus' cannot be used: "),
    (['step', '--compile', 'fast'], "invalid choice: 'fast'"),
    (['chart', '--workers', '-1'], 'workers'),
])
def test_bad_arguments_are_refused(script, capsys, args, message):
    with pytest.raises(SystemExit):
        script.parse_args(args)
    assert message in capsys.readouterr().err


def test_float16_needs_a_gpu(run):
    for args in (['step', *SMALL], ['chart', '--device', 'cpu', '--out', 'speed.png']):
        with pytest.raises(REFUSED, match='--precision float16 needs a GPU; a CPU has bfloat16.'):
            run(*args, '--precision', 'float16')


@pytest.mark.parametrize('args, message', [
    (['data', '--sequences', '3'], '--sequences is 3, but a batch has 64.'),
    (['data', '--frames', '20', '10'], '--frames is 20 10; give the least first.'),
    (['run', str(Path(__file__).parents[2] / 'configs/hico_demo.py'), '--sequences', '5'],
     '--sequences is 5, but a batch has 64.'),
    (['run', str(Path(__file__).parents[2] / 'configs/hico_ntu60_instance.py')],
     r'levels .*instance.*, but the plain formulation knows all of .* Measure without it: --no-plain'),
])
def test_what_cannot_be_measured_is_refused_before(run, args, message):
    with pytest.raises(REFUSED, match=message):
        run(*args)


def test_interrupted(script, run, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(script, 'build_loaders', interrupted)
    with pytest.raises(SystemExit, match='^130$'):
        run('data', '--sequences', '64')


def test_a_mode_must_be_chosen(script, capsys):
    with pytest.raises(SystemExit):
        script.parse_args([])
    assert 'required: mode' in capsys.readouterr().err

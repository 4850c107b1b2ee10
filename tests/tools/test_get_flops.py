import re

import pytest

from hico_mm.paths import CONFIGS


def test_prints_shape_parameters_multiply_adds_and_unit(call):
    text = call('analysis/get_flops', 'hico_demo', 'supervised_stgcn_demo',
                '--cfg-options', 'model.data_preprocessor.stream=bone')

    assert text.splitlines()[:11] == [
        'hico_demo: HiCoEncoder',
        'Input shape (N, M, T, V, C): (1, 2, 64, 25, 3)',
        'Parameters: 122,112',
        'Multiply-adds: 12,325,312 (0.012 G)',
        'Not counted: unflatten 24 times, amax 8 times, max_pool1d 6 times, add 4 times',
        '',
        'supervised_stgcn_demo: STGCN',
        'Input shape (N, M, T, V, C): (1, 2, 64, 25, 3)',
        'Parameters: 71,802',
        'Multiply-adds: 55,392,000 (0.055 G)',
        'Not counted: add 8 times, dropout_ 7 times, mul 3 times']
    assert 'One multiply-add is half of what others call FLOPs' in text.splitlines()[-1]


def test_table_of_modules_and_settings(call):
    text = call('analysis/get_flops', 'hico_demo', '--table', '--cfg-options',
                'model.backbone.branches=temporal', 'model.backbone.s2s.type=S2SGRU')
    lines = [line.split('|')[1:-1] for line in text.splitlines() if line.startswith('|')]
    cells = {name.strip(): (parameters.strip(), count.strip()) for name, parameters, count in lines}
    assert cells['module'] == ('#parameters', '#flops')
    # 64 + 32 + 16 + 8 tokens; 3 gates of 32 units in 2 directions, which read 64 channels.
    assert 120 * 3 * 32 * (64 + 32) * 2 == 2_211_840
    assert cells['s2s.rnn'] == ('18.816K', '2.212M')
    assert 'temporal' in cells


@pytest.mark.parametrize('name, message', [
    ('_base_/loaders', r'loaders\.py has no model\.backbone\. Name the config of a recognizer'),
    ('_base_/models/hico', r'hico\.py has no pipeline in train_dataloader')])
def test_configs_that_cannot_be_counted_are_refused(fail, name, message):
    assert re.search(message, fail('analysis/get_flops', CONFIGS / f'{name}.py'))

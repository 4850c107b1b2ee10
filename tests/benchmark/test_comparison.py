"""Encoders side by side."""
import pytest

from hico_mm.benchmark.comparison import compare, comparison_table, task_column


def row(config, task, mean, encoder='pretrained', **changes):
    return dict(dict(config=config, task=task, labels=None, encoder=encoder, mean=mean, std=None,
                     values=[mean], smoke=False), **changes)


ROWS = [
    row('gcn', 'supervised', 91.0, 'supervised', std=0.5, values=[90.5, 91.5]),
    row('hico', 'pretrain', 99.0),
    row('hico', 'linear', 80.0, std=1.25, values=[79.0, 81.0]),
    row('hico', 'linear', 85.004, 'untrained'),
    row('hico', 'semi', 70.0, labels=0.1), row('hico', 'semi', 50.0, labels=0.01),
    row('hico', 'knn', 60.0), row('hico', 'knn', 60.0, 'untrained'),
    row('small', 'linear', 70.0), row('small', 'semi', 75.0, labels=0.1),
    row('hico+small', 'fusion', 82.0)]
COSTS = dict(
    hico=dict(parameters=2_345_678, multiply_adds=1_234_000_000, training_samples_per_second=812.3,
              inference_samples_per_second=4000.4, training_memory_mib=98.76, settings=dict(rounds=5)),
    gcn=dict(parameters=41_234, multiply_adds=98_760_000, training_samples_per_second=1234.5,
             inference_samples_per_second=2000.0, training_memory_mib=None, settings=dict(rounds=5)))


def test_one_row_for_each_config_and_encoder():
    fused, hico, small, gcn = compare(ROWS[:3] + ROWS[4:7] + ROWS[8:], COSTS)
    assert hico == dict(
        config='hico', encoder='pretrained', smoke=False,
        accuracy={'linear': dict(mean=80.0, std=1.25, n=2), 'semi_0.1': dict(mean=70.0, std=None, n=1),
                  'semi_0.01': dict(mean=50.0, std=None, n=1), 'knn': dict(mean=60.0, std=None, n=1)},
        cost={name: value for name, value in COSTS['hico'].items() if name != 'settings'})
    assert fused['accuracy'] == dict(linear=dict(mean=82.0, std=None, n=1)) and fused['cost'] == {}
    assert small['cost'] == {} and gcn['encoder'] == 'supervised'


def test_an_untrained_encoder_has_no_costs_of_training():
    untrained = compare(ROWS, COSTS)[0]
    assert (untrained['encoder'], untrained['cost']) == ('untrained', dict(
        parameters=2_345_678, multiply_adds=1_234_000_000, inference_samples_per_second=4000.4))


HEADER = (
    '| config | encoder | linear (%) | kNN (%) | semi 0.01 (%) | semi 0.1 (%) | supervised (%) | '
    'parameters (M) | multiply-adds (M) | training (samples/s) | inference (samples/s) | '
    'training memory (MiB) |\n'
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n')


def test_whole_table():
    assert comparison_table(compare(ROWS, COSTS)).markdown() == (
        HEADER +
        '| hico | untrained; from scratch | **85.00** | 60.00 |  |  |  | 2.35 | 1234 |  | **4000** |  '
        '|\n'
        '| hico+small | pretrained | 82.00 |  |  |  |  |  |  |  |  |  |\n'
        '| hico | pretrained | 80.00 ± 1.25 | 60.00 | 50.00 | 70.00 |  | 2.35 | 1234 | 812 | **4000** | '
        '98.8 |\n'
        '| small | pretrained | 70.00 |  |  | **75.00** |  |  |  |  |  |  |\n'
        '| gcn | supervised |  |  |  |  | 91.00 ± 0.50 | **0.0412** | **98.8** | **1234** | 2000 |  |\n')


def test_columns_without_a_value_are_left_out():
    assert comparison_table(compare([row('a_b', 'knn', 50.0, smoke=True)], {})).latex() == (
        '\\begin{tabular}{llr}\n\\toprule\nconfig & encoder & kNN (\\%) \\\\\n\\midrule\n'
        'a\\_b (smoke) & pretrained & 50.00 \\\\\n\\bottomrule\n\\end{tabular}\n')
    assert comparison_table(compare([], {})).markdown() == '| config | encoder |\n| --- | --- |\n'


@pytest.mark.parametrize('multiply_adds, title, text', [
    ((1.5e9, 2e10), 'multiply-adds (G)', ['1.50', '20.0']),
    ((5e8, 2e10), 'multiply-adds (M)', ['500', '20000']),
])
def test_the_unit_fits_the_smallest(multiply_adds, title, text):
    rows = [row('a', 'knn', 2.0), row('b', 'knn', 1.0)]
    costs = {name: dict(multiply_adds=count) for name, count in zip('ab', multiply_adds, strict=True)}
    table = comparison_table(compare(rows, costs))
    assert table.columns[-1].title == title and [line[-1].text for line in table.lines] == text


@pytest.mark.parametrize('sort, order', [
    (None, 'hico0 hico+small1 hico1 small1 gcn2'),
    ('config', 'gcn2 hico0 hico1 hico+small1 small1'),
    ('knn', 'hico0 hico1 hico+small1 small1 gcn2'),
    ('semi_0.1', 'small1 hico1 hico0 hico+small1 gcn2'),
    ('supervised', 'gcn2 hico0 hico+small1 hico1 small1'),
    ('parameters', 'gcn2 hico0 hico1 hico+small1 small1'),
    ('training_samples_per_second', 'gcn2 hico1 hico0 hico+small1 small1'),
    ('training_memory_mib', 'hico1 hico0 hico+small1 small1 gcn2'),
])
def test_order(sort, order):
    numbers = dict(untrained=0, pretrained=1, supervised=2)
    assert ' '.join(f"{x['config']}{numbers[x['encoder']]}" for x in compare(ROWS, COSTS, sort)) == order


@pytest.mark.parametrize('task, labels, name', [
    ('knn', None, 'knn'), ('semi', 0.01, 'semi_0.01'), ('semi', 1.0, 'semi_1'),
    ('fusion', None, 'linear')])
def test_name_of_a_column(task, labels, name):
    assert task_column(task, labels) == name

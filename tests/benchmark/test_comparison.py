"""From results of jobs to rows, and encoders side by side."""
import pytest

from hico_mm.benchmark.comparison import compare, make_rows
from hico_mm.benchmark.jobs import Job
from hico_mm.benchmark.tables import comparison_table, to_latex, to_markdown


def result(value, **changes):
    return dict(dict(value=value, last_epoch=80, best=dict(value=value + 1, epoch=70), seconds=10.0,
                     samples_per_second=100.0, commit='abc1234', smoke=False), **changes)


def test_mean_and_sample_standard_deviation_over_seeds_and_draws():
    finished = {
        Job('hico_ntu60', 1, 'semi', labels=0.01, draw=0): result(
            59.0, best=dict(value=61.0, epoch=55), samples_per_second=400.0, commit='def5678'),
        Job('hico_ntu60', 0, 'semi', labels=0.1, draw=0): result(70.0),
        Job('hico_ntu60', 0, 'semi', labels=0.01, draw=0): result(50.0, seconds=20.0),
        Job('hico_ntu60', 0, 'semi', labels=0.01, draw=1): result(53.0),
    }
    one_percent, ten_percent = make_rows(finished)
    assert one_percent == dict(
        config='hico_ntu60', task='semi', labels=0.01, encoder='pretrained', data='', metric='acc/top1',
        values=[50.0, 53.0, 59.0], runs=[[0, 0], [0, 1], [1, 0]], mean=54.0,
        std=pytest.approx(21**0.5), encoders=2, last_epoch=80,
        best=dict(mean=pytest.approx(166 / 3), epoch=[70, 70, 55]), paper=54.4, smoke=False,
        commit='abc1234, def5678', seconds=pytest.approx(40 / 3), samples_per_second=200.0)
    assert (ten_percent['values'], ten_percent['std'], ten_percent['paper']) == ([70.0], None, 73.0)


def test_the_papers_number_is_that_of_the_pretrained_encoder():
    for smoke, numbers in ((False, [68.3, None]), (True, [None, None])):
        rows = make_rows({Job('hico_ntu60', 0, 'knn', encoder): result(1.0, smoke=smoke)
                          for encoder in ('pretrained', 'untrained')})
        assert [row['paper'] for row in rows] == numbers
        assert [(row['metric'], row['smoke']) for row in rows] == [('knn/top1', smoke)] * 2


def test_unknown_values_stay_unknown():
    unknown = dict(last_epoch=None, best=None, seconds=None, samples_per_second=None)
    row, = make_rows({Job('c', seed, 'knn'): result(1.0, **unknown) for seed in range(2)})
    assert unknown.items() <= row.items()
    row, = make_rows({Job('c', 0, 'knn'): result(1.0), Job('c', 1, 'knn'): result(1.0, best=None)})
    assert row['best'] is None, 'if one is unknown'


def test_rows_are_in_the_order_of_the_tasks():
    tasks = ['pretrain', 'linear', 'knn', 'semi', 'finetune', 'fusion']
    jobs = {Job('c', 0, task, encoder): result(1.0, config='c')
             for task in reversed(tasks) for encoder in ('untrained', 'pretrained')}
    assert [(row['task'], row['encoder']) for row in make_rows(jobs)] == [
        (task, encoder) for task in tasks for encoder in ('pretrained', 'untrained')]
    jobs = {Job('c', 0, 'semi', labels=labels): result(1.0) for labels in (0.5, 0.1, 1.0)}
    assert [row['labels'] for row in make_rows(jobs)] == [0.1, 0.5, 1.0]


def test_a_pretraining_is_named_after_the_config_that_evaluated_it():
    row, = make_rows({Job('hico_pku1', 0, 'pretrain'): result(1.0, config='hico_pku1_to_pku2')})
    assert row['config'] == 'hico_pku1_to_pku2'


def row(config, task, mean, encoder='pretrained', **changes):
    new = dict(dict(config=config, task=task, labels=None, encoder=encoder, mean=mean, std=None,
                    values=[mean], smoke=False), **changes)
    number = len(new['values'])
    return dict(dict(runs=[[seed, 0] for seed in range(number)], encoders=number), **new)


ROWS = [
    row('gcn', 'supervised', 91.0, 'supervised', std=0.5, values=[90.5, 91.5]),
    row('hico', 'pretrain', 99.0),
    row('hico', 'linear', 80.0, std=1.25, values=[79.0, 81.0], encoders=1),
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
    untrained, fused, hico, small, gcn = compare(ROWS, COSTS)
    assert hico == dict(
        config='hico', encoder='pretrained', smoke=False,
        accuracy={'linear': dict(mean=80.0, std=1.25, n=2, encoders=1),
                  **{name: dict(mean=mean, std=None, n=1, encoders=1)
                     for name, mean in (('semi_0.1', 70.0), ('semi_0.01', 50.0), ('knn', 60.0))}},
        cost={name: value for name, value in COSTS['hico'].items() if name != 'settings'})
    assert fused['accuracy'] == dict(linear=dict(mean=82.0, std=None, n=1, encoders=1))
    assert fused['cost'] == small['cost'] == {} and gcn['encoder'] == 'supervised'
    # Nothing was measured of its training.
    assert (untrained['encoder'], untrained['cost']) == ('untrained', dict(
        parameters=2_345_678, multiply_adds=1_234_000_000, inference_samples_per_second=4000.4))


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


def test_whole_table():
    assert to_markdown(comparison_table(compare(ROWS, COSTS))) == (
        '| config | encoder | linear (%) | kNN (%) | semi 0.01 (%) | semi 0.1 (%) | supervised (%) | '
        'parameters (M) | multiply-adds (M) | training (samples/s) | inference (samples/s) | '
        'training memory (MiB) |\n'
        '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n'
        '| hico | untrained | **85.00** | 60.00 |  |  |  | 2.35 | 1234 |  | **4000** |  '
        '|\n'
        '| hico+small | pretrained | 82.00 |  |  |  |  |  |  |  |  |  |\n'
        '| hico | pretrained | 80.00 ± 1.25 (n = 2 of 1 encoder) | 60.00 | 50.00 | 70.00 |  | 2.35 | '
        '1234 | 812 | **4000** | 98.8 |\n'
        '| small | pretrained | 70.00 |  |  | **75.00** |  |  |  |  |  |  |\n'
        '| gcn | supervised |  |  |  |  | 91.00 ± 0.50 (n = 2) | **0.0412** | **98.8** | **1234** | '
        '2000 |  |\n')


def test_test_sets_have_columns_of_their_own_and_a_mean():
    rows = [row('a@x', 'knn', 60.0, data='x', values=[50.0, 70.0]),
            row('a@y', 'knn', 30.0, data='y', values=[40.0, 20.0]),
            row('a@y', 'semi', 9.0, data='y', labels=5),
            row('b', 'knn', 90.0, data='y', values=[90.0]), row('c@x', 'knn', 50.0, data='x'),
            row('a', 'pretrain', 1.0, data='z')]
    compared = compare(rows, dict(a=dict(parameters=2e6)))
    assert compared[0]['accuracy']['knn@mean'] == dict(mean=45.0, std=0.0, n=2, encoders=2)
    assert to_markdown(comparison_table(compared)) == (
        '| config | encoder | kNN, x (%) | kNN, y (%) | kNN, mean (%) | semi 5 per class, y (%) | '
        'parameters (M) |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n'
        '| a | pretrained | **60.00** | 30.00 | 45.00 ± 0.00 (n = 2) | 9.00 | 2.00 |\n'
        '| c | pretrained | 50.00 |  |  |  |  |\n'
        '| b | pretrained |  | **90.00** |  |  |  |\n')
    assert [x['config'] for x in compare(rows, {}, 'knn@y')] == ['b', 'a', 'c']
    # The mean over both sets is above that of a.
    rows[4] = row('c@x', 'knn', 50.0, data='x', values=[50.0, 50.0])
    rows += [row('c@y', 'knn', 50.0, data='y', values=[50.0, 50.0])]
    assert [x['config'] for x in compare(rows, {})] == ['c', 'a', 'b']


def test_the_mean_over_test_sets_is_of_the_same_seeds_and_draws():
    x = row('a@x', 'knn', 2.0, data='x', values=[1.0, 3.0], runs=[[0, 0], [1, 0]])
    paired = dict(mean=4.0, std=pytest.approx(8**0.5), n=2, encoders=2)
    for runs, means in (([[1, 0], [0, 0]], paired), ([[0, 0], [2, 0]], None), ([[0, 0], [0, 1]], None)):
        y = row('a@y', 'knn', 6.0, data='y', values=[9.0, 3.0], runs=runs)
        assert compare([x, y], {})[0]['accuracy'].get('knn@mean') == means


def test_a_single_test_set_is_named_with_the_config():
    rows = [row(config, task, mean, encoder, data='kard') for config, task, mean, encoder in (
        ('a@kard', 'linear', 9.0, 'pretrained'), ('b@kard', 'finetune', 8.0, 'untrained'),
        ('a@kard+b@kard (2 : 1)', 'fusion', 7.0, 'pretrained'))]
    table = comparison_table(compare(rows, dict(a=dict(parameters=2e6))))
    assert table['config'] == ['a@kard', 'a@kard+b@kard (2 : 1)', 'b@kard']
    assert table['encoder'] == ['pretrained', 'pretrained', 'untrained; from scratch']
    assert table['linear (%)'] == ['**9.00**', '7.00', '']
    assert table['parameters (M)'] == ['2.00', '', '']
    several = compare([*rows, row('c@x', 'linear', 5.0, data='x')], {})
    assert [x['config'] for x in several] == ['a', 'a+b (2 : 1)', 'c', 'b']


def test_how_many_encoders_there_are():
    for encoder, hashes, number in (('pretrained', 'aaa', 1), ('pretrained', 'abc', 3),
                                    ('untrained', [None] * 3, 3), ('coordinates', [None] * 3, 1)):
        found, = make_rows({Job('c', seed, 'linear', encoder): result(1.0, encoder=x)
                            for seed, x in enumerate(hashes)})
        assert found['encoders'] == number


def test_columns_without_a_value_are_left_out():
    assert to_latex(comparison_table(compare([row('a_b', 'knn', 50.0, smoke=True)], {}))) == (
        '\\begin{tabular}{llr}\n\\toprule\nconfig & encoder & kNN (\\%) \\\\\n\\midrule\n'
        'a\\_b (smoke) & pretrained & 50.00 \\\\\n\\bottomrule\n\\end{tabular}\n')


@pytest.mark.parametrize('multiply_adds, title, texts', [
    ((1.5e9, 2e10), 'multiply-adds (G)', ['**1.50**', '20.0']),
    ((5e8, 2e10), 'multiply-adds (M)', ['**500**', '20000']),
])
def test_the_unit_fits_the_smallest(multiply_adds, title, texts):
    rows = [row('a', 'knn', 2.0), row('b', 'knn', 1.0)]
    costs = {name: dict(multiply_adds=count) for name, count in zip('ab', multiply_adds, strict=True)}
    assert comparison_table(compare(rows, costs))[title] == texts

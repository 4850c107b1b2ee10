"""The detailed table."""
import pytest

from hico_mm.benchmark.details import details_table

ROW = dict(
    config='hico_ntu60', task='semi', labels=0.01, encoder='pretrained', values=[54.0, 55.0],
    mean=54.5, std=0.7071, last_epoch=80, best=dict(mean=55.25, epoch=[70, 61]), paper=54.4,
    smoke=False, commit='abc1234', seconds=3723.4, samples_per_second=99.6)


def cells(**changes):
    return details_table([dict(ROW, **changes)]).markdown().splitlines()[2].strip('| ').split(' | ')


def test_whole_table():
    assert details_table([ROW]).markdown() == (
        '| config | task | labels | encoder | result (%) | last epoch | best (epoch) | paper | commit | '
        'time | samples/s |\n'
        '| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: |\n'
        '| hico_ntu60 | semi | 1 % | pretrained | 54.50 ± 0.71 (n = 2) | 80 | 55.25 (61-70) | 54.4 | '
        'abc1234 | 1:02:03 | 100 |\n')


@pytest.mark.parametrize('changes, column, expected', [
    (dict(std=None, values=[54.5]), 4, '54.50 (n = 1)'),
    (dict(best=dict(mean=55.25, epoch=[70, 70])), 6, '55.25 (70)'),
    (dict(best=None), 6, ''),
    (dict(labels=None), 2, ''),
    (dict(last_epoch=None), 5, ''),
    (dict(paper=None), 7, ''),
    (dict(seconds=None), 9, ''),
    (dict(seconds=59.6), 9, '0:01:00'),
    (dict(smoke=True), 0, 'hico_ntu60 (smoke)'),
    (dict(labels=0.125), 2, '12.5 %'),
])
def test_cells(changes, column, expected):
    assert cells(**changes)[column] == expected

"""The files of results."""
import json

import pytest

from hico_mm.benchmark.jobs import Job
from hico_mm.benchmark.records import write_result
from hico_mm.benchmark.tables import Cell, Column, Table, details_table, write_results

ROW = dict(
    config='hico_ntu60', task='semi', labels=0.01, encoder='pretrained', values=[54.0, 55.0],
    mean=54.5, std=0.7071, last_epoch=80, best=dict(mean=55.25, epoch=[70, 61]), paper=54.4,
    smoke=False, commit='abc1234', seconds=3723.4, samples_per_second=99.6)


def test_details():
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
def test_cells_of_the_details(changes, column, expected):
    line = details_table([dict(ROW, **changes)]).markdown().splitlines()[2]
    assert line.strip('| ').split(' | ')[column] == expected


def test_markdown_and_latex():
    table = Table(
        [Column('config'), Column('semi 0.1 (%)', True)],
        [[Cell('hico_a & b#1'), Cell('54.50 ± 0.71', best=True)], [Cell(), Cell()]])
    assert table.markdown() == (
        '| config | semi 0.1 (%) |\n'
        '| --- | ---: |\n'
        '| hico_a & b#1 | **54.50 ± 0.71** |\n'
        '|  |  |\n')
    assert table.latex() == (
        '\\begin{tabular}{lr}\n'
        '\\toprule\n'
        'config & semi 0.1 (\\%) \\\\\n'
        '\\midrule\n'
        'hico\\_a \\& b\\#1 & \\textbf{54.50 $\\pm$ 0.71} \\\\\n'
        ' &  \\\\\n'
        '\\bottomrule\n'
        '\\end{tabular}\n')


def test_all_that_ever_finished_is_in_the_files(tmp_path):
    for job in (Job('c', 0, 'semi', labels=0.1), *(Job('c', seed, 'knn') for seed in (2, 0, 1))):
        write_result(tmp_path / job.folder, job, dict(
            value=10.0 + job.seed, last_epoch=80, best=None, seconds=10.0, samples_per_second=100.0,
            commit='abc1234', smoke=False))
    rows = write_results(tmp_path, dict(seeds=1), pending=3)
    assert [(row['config'], row['task'], row['values']) for row in rows] == [
        ('c', 'knn', [10.0, 11.0, 12.0]), ('c', 'semi', [10.0])]
    written = json.loads((tmp_path / 'results.json').read_text())
    assert written['rows'] == rows and written['asked'] == dict(seeds=1) and written['pending'] == 3
    assert {'python', 'torch', 'mmcv', 'mmengine', 'mmaction', 'hico_mm'} <= written['versions'].keys()
    assert written['device'] and written['comparison'][0]['accuracy'].keys() == {'knn', 'semi_0.1'}
    for name in ('results.md', 'comparison.md'):
        first, empty, header, *_ = (tmp_path / name).read_text().splitlines()
        assert (first, empty) == ('Unfinished: 3 jobs are still to come.', '')
        assert header.startswith('| config |')
    write_results(tmp_path, {})
    assert (tmp_path / 'comparison.md').read_text().startswith('| config |')
    assert (tmp_path / 'comparison.tex').read_text().startswith('\\begin{tabular}')

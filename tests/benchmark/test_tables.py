"""The files of results."""
import json

import pytest

from hico_mm.benchmark.jobs import Job
from hico_mm.benchmark.records import write_result
from hico_mm.benchmark.tables import details_table, to_latex, to_markdown, write_results

ROW = dict(
    config='hico_ntu60', task='semi', labels=0.01, encoder='pretrained', values=[54.0, 55.0],
    runs=[[0, 0], [1, 0]], mean=54.5, std=0.7071, encoders=2, last_epoch=80,
    best=dict(mean=55.25, epoch=[70, 61]), paper=54.4, smoke=False, commit='abc1234',
    seconds=3723.4, samples_per_second=99.6)


def test_details():
    assert to_markdown(details_table([ROW])) == (
        '| config | task | labels | encoder | result (%) | last epoch | best (epoch) | paper | commit | '
        'time | samples/s |\n'
        '| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: |\n'
        '| hico_ntu60 | semi | 1 % | pretrained | 54.50 ± 0.71 (n = 2) | 80 | 55.25 (61-70) | 54.4 | '
        'abc1234 | 1:02:03 | 100 |\n')


@pytest.mark.parametrize('changes, column, expected', [
    (dict(std=None, values=[54.5]), 'result (%)', '54.50'),
    (dict(best=dict(mean=55.25, epoch=[70, 70])), 'best (epoch)', '55.25 (70)'),
    (dict(best=None), 'best (epoch)', ''),
    (dict(labels=None), 'labels', ''),
    (dict(labels=0.125), 'labels', '12.5 %'),
    (dict(labels=5), 'labels', '5 per class'),
    (dict(encoders=1), 'result (%)', '54.50 ± 0.71 (n = 2 of 1 encoder)'),
    (dict(last_epoch=None), 'last epoch', ''),
    (dict(paper=None), 'paper', ''),
    (dict(seconds=None), 'time', ''),
    (dict(seconds=59.6), 'time', '0:01:00'),
    (dict(seconds=90061.0), 'time', '25:01:01'),
    (dict(smoke=True), 'config', 'hico_ntu60 (smoke)'),
])
def test_cells_of_the_details(changes, column, expected):
    assert details_table([dict(ROW, **changes)])[column] == [expected]


def test_latex():
    table = {'config': ['hico_a & b#1', ''], 'semi 0.1 (%)': ['**54.50 ± 0.71**', '']}
    assert to_latex(table) == (
        '\\begin{tabular}{lr}\n\\toprule\nconfig & semi 0.1 (\\%) \\\\\n\\midrule\n'
        'hico\\_a \\& b\\#1 & \\textbf{54.50 $\\pm$ 0.71} \\\\\n &  \\\\\n'
        '\\bottomrule\n\\end{tabular}\n')


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
        assert (tmp_path / name).read_text().startswith(
            'Unfinished: 3 jobs are still to come.\n\n| config |')
    write_results(tmp_path, {})
    assert (tmp_path / 'comparison.md').read_text().startswith('| config |')
    assert (tmp_path / 'comparison.tex').read_text().startswith('\\begin{tabular}')

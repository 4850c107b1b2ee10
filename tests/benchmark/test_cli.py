"""tools/analysis/benchmark.py."""
import json
import sys
from pathlib import Path

import pytest

from hico_mm.benchmark import cost
from hico_mm.benchmark.benchmark import Benchmark
from hico_mm.benchmark.comparison import COSTS
from hico_mm.benchmark.paper_numbers import PAPER_NUMBERS, tasks_of_the_paper
from hico_mm.utils import list_configs

ROOT = Path(__file__).parents[2]
DEMO = ROOT / 'configs/hico_demo.py'


@pytest.fixture(scope='module')
def script(load_script):
    return load_script('analysis/benchmark')


@pytest.fixture
def main(script, monkeypatch, capsys):
    """Run the script in this process; returns what it printed."""
    def main(*arguments):
        monkeypatch.setattr(sys, 'argv', ['benchmark.py', *map(str, arguments)])
        script.main()
        return capsys.readouterr().out

    return main


def test_a_table_of_the_demo(main, tmp_path, monkeypatch):
    monkeypatch.setattr(cost, 'peak_mebibytes', lambda *_: 12.0)  # without another process
    arguments = (DEMO, '--smoke', '--tasks', 'knn', '--out', tmp_path / 'out',
                 '--cfg-options', 'model.momentum=0.5')
    printed = main(*arguments, '--sort', 'knn')
    table = (tmp_path / 'out/results.md').read_text()
    assert table in printed
    assert [line.split(' | ')[:4] for line in table.splitlines()[2:]] == [
        ['| hico_demo (smoke)', task, '', encoder] for task, encoder in (
            ('pretrain', 'pretrained'), ('knn', 'pretrained'), ('knn', 'untrained'))]
    assert f"Results: {tmp_path / 'out/results.json'}" in printed
    results = json.loads((tmp_path / 'out/results.json').read_text())
    assert results['asked']['cfg_options'] == {'model.momentum': 0.5}
    assert results['costs'].keys() == {'hico_demo'}
    trained, untrained = (next(row for row in results['comparison'] if row['encoder'] == encoder)
                          for encoder in ('pretrained', 'untrained'))
    assert trained['cost'] == {name: results['costs']['hico_demo'][name] for name in COSTS}
    assert trained['cost']['parameters'] == untrained['cost']['parameters'] > 1000
    assert (tmp_path / 'out/comparison.md').read_text() in printed
    assert '\nhico\\_demo (smoke) & pretrained & ' in (tmp_path / 'out/comparison.tex').read_text()
    # Costs are measured once, and the order may change.
    again = main(*arguments, '--sort', 'config', '--no-costs')
    assert 'Measuring what 1 configs cost' in printed and 'Measuring' not in again
    assert json.loads((tmp_path / 'out/results.json').read_text())['costs'] == results['costs']
    settings = json.loads((tmp_path / 'out/hico_demo/seed_0/pretrain/settings.json').read_text())
    assert settings['model']['momentum'] == 0.5


@pytest.mark.parametrize('names', [
    ('hico_ntu60_released', 'hico_ntu60_to_pku2', 'hico_four_sets_lstm', 'hico_utd_mhad'),
    pytest.param((), marks=pytest.mark.slow)], ids=['families', 'all'])
def test_smoke_runs_configs_and_leaves_nothing_behind(main, names, tmp_path, monkeypatch):
    noted, run = [], Benchmark.run
    monkeypatch.setattr(Benchmark, 'run', lambda *args: noted.append(run(*args)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    printed = main(*names, '--smoke', '--no-costs', *(['--no-untrained'] if names else []))
    assert '| hico_utd_mhad (smoke) | knn |' in printed and 'Results:' not in printed
    assert list(tmp_path.iterdir()) == []
    rows = noted[-1]
    assert all(row['smoke'] and row['paper'] is None for row in rows)
    expected = {(name, task) for name in names or list_configs() for task in (
        ['supervised'] if name.startswith('supervised_') else tasks_of_the_paper(name))}
    if not names:
        expected.add(('hico_ntu60+hico_ntu60_motion+hico_ntu60_bone', 'fusion'))
    assert {(row['config'], row['task']) for row in rows if row['task'] != 'pretrain'} == expected
    if not names:
        measured = [(row['config'], row['task'], row['labels']) for row in rows
                    if row['encoder'] == 'pretrained' and row['task'] != 'pretrain']
        assert PAPER_NUMBERS.keys() <= set(measured), 'each number of the paper has been measured'
        untrained = [row for row in rows if row['encoder'] == 'untrained']
        assert len(untrained) == len(measured), 'and each beside an untrained encoder'


@pytest.mark.parametrize('arguments, expected', [
    (['c.py'], dict(tasks=None, labels=[0.01, 0.1], seeds=1, draws=5, checkpoint=[], fuse=None,
                    encoders=['pretrained', 'untrained'], evaluate=None, variants=None, no_costs=False,
                    sort=None)),
    (['c.py', '--no-untrained', '--evaluate'], dict(encoders=['pretrained'], evaluate=[])),
    (['c.py', '--smoke'], dict(draws=1)),
    (['c.py', '--smoke', '--draws', '3'], dict(draws=3)),
    (['a.py', 'b.py', '--fuse'], dict(configs=['a.py', 'b.py'], fuse=[])),
    (['a.py', 'b.py', '--fuse', '0.6', '0.4'], dict(fuse=[0.6, 0.4])),
])
def test_arguments(script, arguments, expected):
    assert vars(script.parse_args(arguments)).items() >= expected.items()


@pytest.mark.parametrize('arguments, message', [
    ([], 'name at least one config, or add --smoke'),
    (['c.py', '--tasks', 'nap'], "invalid choice: 'nap' (choose from"),
    (['c.py', '--smoke', '--checkpoint', 'a.pth'], '--checkpoint does not fit the small models'),
])
def test_refuses_arguments(script, capsys, arguments, message):
    with pytest.raises(SystemExit, match='2'):
        script.parse_args(arguments)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('arguments, message', [
    (['nowhere.py'], 'error: Config file nowhere.py does not exist'),
    ([DEMO, DEMO], "there is another config or data set 'hico_demo'. Name each once"),
    (['hico_utd_mhad'], 'error: Annotation file not found'),
    ([DEMO, '--tasks', 'knn', '--fuse'], 'error: --fuse fuses streams, but got the one config'),
    ([DEMO, '--cfg-options', 'modell.momentum=1'], "has no 'modell'"),
    ([DEMO, '--cfg-options', 'tasks.nap.seed=1'], 'error: --cfg-options tasks.nap.seed names no task'),
])
def test_a_users_error_is_one_line(main, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        main(*arguments)
    assert message in str(error.value) and '\n' not in str(error.value)
    assert not list(tmp_path.rglob('*.pth'))

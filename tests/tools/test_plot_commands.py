"""tools/visualization: from files of results, logs and features to figures."""
import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plot(monkeypatch, capsys, tmp_path):
    """Run a script in the test's folder; return what it printed."""
    def run(name, *argv):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, 'argv', [name, *argv])
        runpy.run_path(str(ROOT / f'tools/visualization/{name}.py'), run_name='__main__')
        return capsys.readouterr().out

    return run


@pytest.fixture(autouse=True)
def files(tmp_path):
    """Results without a fusion, a log of two epochs, features of two granularities."""
    configs = ['hico_a', 'hico_a_motion', 'hico_a_bone', 'hico_a_1g', 'hico_a_2g', 'hico_a_3g']
    rows = [dict(config=config, task='linear', encoder='pretrained', mean=70., std=None, values=[70.])
            for config in configs]
    (tmp_path / 'results.json').write_text(json.dumps(dict(rows=rows)))
    log = tmp_path / 'run/20250101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text('\n'.join(json.dumps(record) for record in [
        {'knn/top1': 0.2, 'step': 0}, dict(loss_clip=3., epoch=1, iter=5, step=5),
        dict(loss_clip=2., epoch=2, iter=10, step=10), {'knn/top1': 0.3, 'step': 2}]))
    np.savez(tmp_path / 'features.npz', feature=np.random.randn(12, 8).astype(np.float32),
             label=np.arange(12) % 3, granularity=['clip_1', 'part_1'])


@pytest.mark.parametrize('name, argv, printed', [
    ('plot_results', ['results.json', '--figure', '4'], 'Figure 4 of hico_a'),
    ('plot_curves', ['run'], 'curves of run'),
    ('plot_curves', ['run', 'run', '--keys', 'loss_clip'], 'curves of run'),
    ('plot_tsne', ['features.npz', '--perplexity', '3', '--classes', '2', '--seed', '1'],
     '8 sequences, 2 classes, clip_1, part_1, instance'),
])
def test_figures_are_written(plot, tmp_path, name, argv, printed):
    assert plot(name, *argv, '--out', 'sub/figure.png').startswith(f'sub/figure.png: {printed}')
    assert (tmp_path / 'sub/figure.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize('name, argv, message', [
    ('plot_results', ['results.json', '--figure', '3'],
     r"missing: \['hico_a\+hico_a_bone\+hico_a_motion'\]. Run, .* --fuse"),
    ('plot_results', ['gone.json', '--figure', '3'], 'gone.json does not exist'),
    ('plot_curves', ['gone'], r'gone has no \*/vis_data/scalars.json'),
    ('plot_curves', ['run', '--keys', 'loss_part'], r"run logged no \['loss_part'\]"),
    ('plot_tsne', ['features.npz'], 'perplexity=30.0 has to be above 0 and below the 12 sequences'),
    ('plot_tsne', ['gone.npz'], 'gone.npz does not exist'),
])
def test_errors_are_one_line(plot, tmp_path, name, argv, message):
    with pytest.raises(SystemExit, match=f'^error: .*{message}') as error:
        plot(name, *argv, '--out', 'figure.png')
    assert '\n' not in str(error.value)
    assert not (tmp_path / 'figure.png').exists()


@pytest.mark.parametrize('name, argv', [
    ('plot_results', ['gone.json', '--figure', '4']), ('plot_curves', ['gone']),
    ('plot_tsne', ['gone'])])
def test_the_ending_is_checked_first(plot, name, argv):
    with pytest.raises(SystemExit, match='error: --out figure.gif has to end in one of'):
        plot(name, *argv, '--out', 'figure.gif')

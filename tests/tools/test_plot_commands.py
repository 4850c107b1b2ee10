"""tools/visualization: from files of results, logs and features to figures."""
import json
import pickle
import re

import numpy as np
import pytest
import torch

RETRIEVAL = ['tiny.py', 'val.npz', 'train.npz']


@pytest.fixture(autouse=True)
def files(tmp_path):
    """Results without a fusion, a log of two epochs, features, class scores, a small config."""
    configs = ['hico_a', 'hico_a_motion', 'hico_a_bone', 'hico_a_1g', 'hico_a_2g', 'hico_a_3g']
    rows = [dict(config=config, task='linear', encoder='pretrained', mean=70., std=None, values=[70.])
            for config in configs]
    comparison = [dict(config='hico_a', encoder='pretrained', smoke=False, cost=dict(parameters=9),
                       accuracy=dict(knn=dict(mean=70., std=1., n=2)))]
    (tmp_path / 'results.json').write_text(json.dumps(dict(rows=rows, comparison=comparison)))
    log = tmp_path / 'run/20250101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text('\n'.join(json.dumps(record) for record in [
        {'knn/top1': 0.2, 'step': 0}, dict(loss_clip=3., epoch=1, iter=5, step=5),
        dict(loss_clip=2., epoch=2, iter=10, step=10), {'knn/top1': 0.3, 'step': 2}]))
    np.savez(tmp_path / 'features.npz', feature=np.random.randn(12, 8).astype(np.float32),
             label=np.arange(12) % 3, granularity=['clip_1', 'part_1'])
    for split, count in dict(train=6, val=4).items():
        np.savez(tmp_path / f'{split}.npz', feature=np.eye(3, 8, dtype=np.float32)[np.arange(count) % 3],
                 label=np.arange(count) % 3, frame_dir=[f'{split}_{i:06d}' for i in range(count)])
    scores = [dict(pred_score=torch.eye(3)[[1, 1, 2, 0][i]], gt_label=torch.tensor([i % 3]))
              for i in range(4)]
    (tmp_path / 'scores.pkl').write_bytes(pickle.dumps(scores))
    (tmp_path / 'names.txt').write_text('sit\nrun\njump\n')
    (tmp_path / 'tiny.py').write_text("""
_base_ = 'hico_mm::hico_demo.py'
few = dict(num_classes=3)
view = [dict(type='RandomCropResize', clip_len=4)]
views = dict(type='Views', transforms=[view, view])
pipeline = [*_base_.prepare, views, *_base_.pack]
train_dataloader = dict(dataset=dict(dataset=dict(num_sequences=4, pipeline=pipeline, **few)))
test_dataloader = dict(dataset=dict(num_sequences=4, **few))
test_cfg = dict(gallery_dataloader=dict(dataset=dict(num_sequences=6, **few)))
""")


@pytest.mark.parametrize('name, argv, printed', [
    ('plot_results', ['results.json', '--figure', '4'], 'Figure 4 of hico_a'),
    ('plot_costs', ['results.json', '--y', 'knn', '--x', 'parameters'],
     'kNN (%) over parameters of 1 encoders'),
    ('plot_curves', ['run', 'run', '--keys', 'loss_clip'], 'curves of run, run'),
    ('plot_tsne', ['features.npz', '--perplexity', '3', '--classes', '2', '--seed', '1',
                   '--class-names', 'names.txt'],
     '8 sequences, 2 classes, clip_1, part_1, instance'),
    ('plot_views', ['tiny.py', '--index', '3', '--frames', '2', '--seed', '5'],
     'train_000003, swing_stand; '),
    ('plot_confusion', ['scores.pkl', '--class-names', 'names.txt'],
     'top-1 75.0 % of 4 sequences, 3 classes. Most often confused:\n  sit taken for run: 50 %\n'),
    ('plot_confusion', ['val.npz', '--gallery', 'train.npz', '--k', '2', '--class-names', 'tiny.py'],
     'top-1 100.0 % of 4 sequences, 3 classes. No class is taken for another.\n'),
    ('plot_retrieval', [*RETRIEVAL, '--k', '3', '--queries', '1'],
     '1 queries, 2 of 3 neighbours of the right class'),
    ('plot_retrieval', [*RETRIEVAL, '--k', '1', '--index', '1'],
     '1 queries, 1 of 1 neighbours of the right class'),
])
def test_figures_are_written(call, tmp_path, name, argv, printed):
    text = call(f'visualization/{name}', *argv, '--out', 'sub/figure.svg')
    assert text.startswith(f'sub/figure.svg: {printed}')
    assert (tmp_path / 'sub/figure.svg').read_bytes().startswith(b'<?xml')


NO_FORMAT = '--out figure.gif has to end in one of'


@pytest.mark.parametrize('name, argv, message', [
    ('plot_results', ['gone.json', '--figure', '3'], 'gone.json does not exist .*Name the results.json'),
    ('plot_costs', ['results.json'], "accuracy 'linear' and the cost 'multiply_adds'. Its .*knn"),
    ('plot_curves', ['gone'], r'gone has no \*/vis_data/scalars.json'),
    ('plot_tsne', ['features.npz', '--classes', '0'], 'num_classes=0 must be a positive integer'),
    ('plot_views', ['tiny.py', '--frames', '0'], '--frames=0 must be a positive integer'),
    ('plot_confusion', ['val.npz'], r'Features \(QUERIES.npz\) need --gallery .* and --gallery None'),
    ('plot_confusion', ['scores.pkl', '--gallery', 'train.npz'], 'class scores .* have none; got'),
    ('plot_retrieval', ['tiny.py', 'val.npz', 'features.npz'], 'features.npz needs the arr.*frame_dir'),
    ('plot_retrieval', [*RETRIEVAL, '--queries', '0'], '--queries=0 must be a positive integer'),
    ('plot_retrieval', [*RETRIEVAL, '--index', '0', '4'],
     '--index 4 is out of range: there are 4 queries, 0 to 3'),
    ('plot_retrieval', [*RETRIEVAL, '--cfg-options', 'model.data_preprocessor.parents=coco'],
     'have 25 joints, but .* has 17'),
    # The ending is checked before anything is read.
    ('plot_results', ['gone.json', '--figure', '4', '--out', 'figure.gif'], NO_FORMAT),
    *[(name, ['gone', '--out', 'figure.gif'], NO_FORMAT)
      for name in ('plot_costs', 'plot_curves', 'plot_tsne', 'plot_confusion')],
    ('plot_retrieval', ['gone', 'gone', 'gone', '--out', 'figure.gif'], NO_FORMAT),
])
def test_what_does_not_fit_is_refused(fail, tmp_path, name, argv, message):
    told = fail(f'visualization/{name}', '--out', 'figure.png', *argv)
    assert re.match(f'error: .*{message}', told)
    assert not (tmp_path / 'figure.png').exists()


def test_views_may_move(call, tmp_path):
    printed = call('visualization/plot_views', 'tiny.py', '--out', 'views.gif', '--cfg-options',
                   'model.data_preprocessor.stream=motion')
    assert printed.endswith('; joints as the network gets them, before its motion stream is derived\n')
    assert (tmp_path / 'views.gif').read_bytes().startswith(b'GIF89a')

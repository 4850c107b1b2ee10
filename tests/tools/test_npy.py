"""The config that tools/data/npy.py writes for one's own sequences."""
import re
from pathlib import Path

import numpy as np
import pytest
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.runner import Runner

from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.utils import find_config
from hico_mm.utils.tasks import make_task_config

BASE, SCRIPT = find_config('hico_demo'), 'data/npy'


@pytest.fixture
def write(script):
    """Writes a config."""
    def write_config(path='own.py', base=BASE, classes=('walk', 'wave'), num_joints=25,
                     num_sequences=None):
        ann_file = Path(path).with_suffix('.pkl').as_posix()
        script.write_config(path, base, ann_file, classes, num_joints, num_sequences)
        return Config.fromfile(path)

    return write_config


def build_loader(config):
    return Runner.build_dataloader({**config, 'num_workers': 0, 'persistent_workers': False})


def test_tasks_and_retrieval_are_on_own_sequences(write):
    sequences = make_sequences(4, num_classes=2)
    write_annotation_file('data/own.pkl', dict(train=sequences[:3], val=sequences[3:]))
    cfg, demo = write('data/own.py', 'hico_demo'), Config.fromfile(BASE)
    assert cfg.model == demo.model and cfg.train_dataloader == demo.train_dataloader
    for loader, split in ((cfg.val_dataloader, 'val'), (cfg.test_dataloader, 'val'),
                          (cfg.val_cfg.gallery_dataloader, 'train'),
                          (cfg.test_cfg.gallery_dataloader, 'train')):
        dataset = loader.dataset
        assert (dataset.type, dataset.split, dataset.num_classes) == ('SkeletonDataset', split, 2)
        assert dataset.pipeline == demo.evaluate_pipeline and dataset.test_mode
        assert 'num_sequences' not in dataset
    assert Path('data/own.py').read_text().startswith(
        '# The encoder of hico_demo.py on data/own.pkl; written by tools/data/npy.py.')
    task = make_task_config(cfg, 'finetune')
    assert task.load_from == 'work_dirs/hico_demo/epoch_24.pth'
    assert task.work_dir == 'work_dirs/own_finetune'
    assert task.model.cls_head.num_classes == 2
    dataset = build_loader(task.test_dataloader).dataset
    assert len(dataset) == 1 and dataset.metainfo['classes'] == ['walk', 'wave']
    np.testing.assert_array_equal(dataset[0]['data_samples'].gt_label, [sequences[3]['label']])


@pytest.mark.parametrize('base, arguments, message', [
    (BASE, dict(classes=[]), r'have the classes \[\], but at least two .* by train.py --no-validate'),
    (BASE, dict(classes=['a']), r'have the classes \[.a.\], but at least two'),
    (BASE, dict(num_joints=17),
     r'have 17 joints, but the encoder of .*hico_demo.py takes 25 \(nturgb\+d\). '
     r"Layouts with 17 joints are \['coco', 'h36m'\]: .* by --from and --to of tools/data/npy.py"),
    (BASE, dict(num_sequences=15), 'are 15 sequences to pre-train on, but at least 16 are'),
    ('mirrored.py', {}, 'mirrored.py turns or scales .* Name the config'),
    ('hico_four_sets@kard', {}, 'hico_four_sets@kard does not exist'),
    ('supervised_stgcn_demo', {}, 'trains a classifier. Name a pre-training config'),
    ('plain.py', {}, 'is no pre-training config: it has no evaluate_pipeline, finetune'),
])
def test_bases_and_sequences_that_do_not_fit(write, base, arguments, message):
    Path('plain.py').write_text('model = dict()')
    Path('mirrored.py').write_text(
        "_base_ = 'hico_mm::four_sets/hico_four_sets.py'\n"
        'first = [_base_.unmirror, *_base_.evaluate_pipeline]\n'
        'test_dataloader = dict(dataset=dict(pipeline=first))')
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        write(base=base, **arguments)
    assert not Path('own.py').exists()


def test_a_base_is_found_through_links_by_a_neighbour_of_the_checkout(script, tmp_path, monkeypatch):
    """MMEngine takes .. out of a path before it looks for links."""
    base = tmp_path / 'checkout/configs/base.py'
    base.parent.mkdir(parents=True)
    (tmp_path / 'work/far/away').mkdir(parents=True)
    (tmp_path / 'work/data').symlink_to('far/away')
    base.write_text(f'_base_ = {BASE!r}')
    monkeypatch.chdir(tmp_path / 'work')
    for path in ('own.py', 'data/own.py'):
        script.write_config(path, '../checkout/configs/base.py', 'own.pkl', ['walk', 'wave'], 25)
        for found_by in (path, Path(path).resolve()):
            assert Config.fromfile(found_by).work_dir == 'work_dirs/base'
    assert "_base_ = '../checkout/configs/base.py'" in Path('own.py').read_text()


def test_another_config_is_kept(write):
    path = Path('own.py')
    for _ in range(2):
        write()
    assert not Path('own.py.old').exists()
    edited = path.read_text() + 'edited = True\n'
    path.write_text(edited)
    write(classes=['walk', 'bow'])
    assert Path('own.py.old').read_text() == edited
    assert "['walk', 'bow']" in path.read_text() and 'edited' not in path.read_text()
    write(classes=['bow', 'walk'])
    assert Path('own.py.old').read_text() == edited
    assert "['walk', 'bow']" in Path('own.py.old2').read_text()


def test_one_step_of_pretraining_on_own_sequences(write):
    write_annotation_file('own.pkl', dict(train=make_sequences(17, num_classes=2),
                                          val=make_sequences(2, 'val', num_classes=2)))
    Path('small.py').write_text(
        f'_base_ = {BASE!r}\nmodel = dict(backbone=dict(hidden_channels=8, num_granularities=2))')
    cfg = write(base='small.py', num_sequences=17)
    assert cfg.work_dir == 'work_dirs/own'
    assert make_task_config(cfg, 'linear').load_from == 'work_dirs/own/epoch_888.pth'
    loader = build_loader(cfg.train_dataloader)
    assert len(loader.dataset) == 17 and len(loader) == 4
    loader.dataset.set_epoch(0, 0)
    model = MODELS.build(cfg.model)
    losses = model.loss(**model.data_preprocessor(next(iter(loader)), training=True))
    assert losses['loss_instance'].isfinite()
    assert model.queues['instance'].pointer.item() == 4 and len(model.queues['instance'].features) == 8


@pytest.mark.parametrize('base, num_views', [('aimclr_demo', 3), ('ascal_demo', 2)])
def test_views_are_those_of_the_method(write, base, num_views):
    cfg = write(base=base, num_sequences=17)
    pipeline = cfg.train_dataloader.dataset.dataset.pipeline
    assert pipeline == Config.fromfile(find_config(base)).train_dataloader.dataset.dataset.pipeline
    assert [len(step.transforms) for step in pipeline if step.type == 'Views'] == [num_views]


def test_own_sequences_take_the_place_of_several_sets(write):
    cfg = write(base='hico_four_sets', num_sequences=500)
    assert cfg.work_dir == 'work_dirs/own'
    assert cfg.train_dataloader.batch_size == 64 and cfg.model.queue.length == 128
    assert cfg.train_dataloader.drop_last and cfg.train_dataloader.dataset == dict(
        type='SeededDataset', dataset=dict(
            type='SkeletonDataset', ann_file='own.pkl', split='train', num_classes=2, num_joints=25,
            num_coords=3, metainfo=dict(classes=['walk', 'wave']), pipeline=cfg.pretrain_pipeline))


@pytest.mark.parametrize('num_sequences, factor', [(17, 37), (500, 21), (9472, 1), (30000, 1)])
def test_a_small_set_is_trained_for_more_epochs(write, num_sequences, factor):
    cfg = write(base='hico_seven_sets', num_sequences=num_sequences)
    assert cfg.train_cfg.max_epochs * (num_sequences // cfg.train_dataloader.batch_size) >= 3500
    assert cfg.train_cfg.max_epochs == 24 * factor and cfg.param_scheduler.milestones == [20 * factor]
    assert cfg.train_cfg.val_interval == cfg.default_hooks.checkpoint.interval == 6 * factor
    text = Path('own.py').read_text()
    assert (f'{factor} times the epochs of hico_seven_sets.py' in text) == (factor > 1)


@pytest.mark.parametrize('base, changes', [
    ('aimclr_demo', ''), ('crossclr_demo', ''),  # terms of the contrast that begin later
    ('hico_demo', 'param_scheduler = dict(_delete_=True, type="CosineAnnealingLR", T_max=24)'),
    ('hico_demo', 'param_scheduler = dict(by_epoch=False)'), ('hico_demo', 'param_scheduler = None'),
    ('hico_demo', 'param_scheduler = dict(end=9)')])
def test_a_schedule_that_counts_in_other_ways_stays(write, base, changes, told):
    Path('base.py').write_text(f'_base_ = {find_config(base)!r}\n{changes}')
    cfg = write(base='base.py', num_sequences=17)
    assert cfg.train_cfg.max_epochs == Config.fromfile('base.py').train_cfg.max_epochs
    assert 'Set its length' in told[0]


def test_iterations_are_not_multiplied(write):
    Path('base.py').write_text(f'_base_ = {BASE!r}\ntrain_cfg = dict(_delete_=True, '
                               "type='IterBasedTrainLoop', max_iters=50)")
    assert write(base='base.py', num_sequences=17).train_cfg == dict(
        type='IterBasedTrainLoop', max_iters=50)


def test_persons_that_are_left_out_are_told(script, told):
    for base in ('hico_demo', 'hico_seven_sets', 'crossclr_seven_sets'):
        script.write_config(f'{base}.py', base, 'own.pkl', ['walk', 'wave'], 25, num_persons=2)
    for base, message in zip(('hico_seven_sets', 'crossclr_seven_sets'), told, strict=True):
        assert re.search(fr'of 2 persons, but the encoder of .*{base}\.py takes 1', message)
    assert Config.fromfile('hico_seven_sets.py').evaluate_on == {}


def test_sizes_fit_the_sequences(script):
    cfg = Config.fromfile(BASE)
    for num_sequences, sizes in ((16, (4, 8)), (31, (4, 8)), (32, (8, 16)), (255, (32, 64)),
                                 (1000, (64, 256)), (10**6, (64, 256))):
        assert script.pretraining_sizes(cfg, num_sequences) == sizes

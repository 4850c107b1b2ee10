from pathlib import Path

import numpy as np
import pytest
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.runner import Runner

from hico_mm.benchmark import make_task_config
from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.inference.own_config import config_path, pretraining_sizes, write_own_config
from hico_mm.utils import find_config

BASE = '../../configs/hico_demo.py'


@pytest.fixture
def base(request):
    return str(request.path.parent / BASE)


def test_tasks_and_retrieval_are_on_own_sequences(base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sequences = make_sequences(4, num_classes=2)
    write_annotation_file('data/own.pkl', dict(train=sequences[:3], val=sequences[3:]))
    path = config_path('data/own.pkl')
    assert path == 'data/own.py'
    write_own_config(path, base, 'data/own.pkl', ['walk', 'wave'], 25)
    cfg, demo = Config.fromfile(path), Config.fromfile(base)
    assert cfg.model == demo.model and cfg.train_dataloader == demo.train_dataloader
    for loader, split in ((cfg.val_dataloader, 'val'), (cfg.test_dataloader, 'val'),
                          (cfg.val_cfg.gallery_dataloader, 'train'),
                          (cfg.test_cfg.gallery_dataloader, 'train')):
        dataset = loader.dataset
        assert (dataset.type, dataset.split, dataset.num_classes) == ('SkeletonDataset', split, 2)
        assert dataset.pipeline == demo.evaluate_pipeline and dataset.test_mode
        assert 'num_sequences' not in dataset
    task = make_task_config(cfg, 'finetune')
    assert task.load_from == 'work_dirs/hico_demo/epoch_24.pth'
    assert task.work_dir == 'work_dirs/own_finetune'
    assert task.model.cls_head.num_classes == 2
    dataset = Runner.build_dataloader({**task.test_dataloader, 'num_workers': 0,
                                       'persistent_workers': False}).dataset
    assert len(dataset) == 1 and dataset.metainfo['classes'] == ['walk', 'wave']
    np.testing.assert_array_equal(dataset[0]['data_samples'].gt_label, [sequences[3]['label']])


@pytest.mark.parametrize('classes, num_joints, message', [
    ([], 25, 'sequences have no classes, so there is nothing to train'),
    (['a'], 17, r'have 17 joints, but the encoder of .*hico_demo.py takes 25 \(nturgb\+d\). '
     r"Layouts with 17 joints are \['coco', 'h36m'\]: .* by --from and --to of tools/data/npy.py"),
])
def test_sequences_that_do_not_fit(base, tmp_path, classes, num_joints, message):
    with pytest.raises(ValueError, match=message):
        write_own_config(str(tmp_path / 'own.py'), base, 'own.pkl', classes, num_joints)
    assert not (tmp_path / 'own.py').exists()


def test_a_pipeline_that_mirrors_its_own_data_is_refused(base, tmp_path):
    with pytest.raises(ValueError, match='hico_four_sets_to_kard.py turns or scales .* Name the config'):
        write_own_config(str(tmp_path / 'own.py'), base.replace('demo', 'four_sets_to_kard'), 'own.pkl',
                         ['a'], 25)


def test_other_configs_are_refused(small, tmp_path):
    with pytest.raises(ValueError, match='task.py is no pre-training config: it has no tasks. Name one'):
        write_own_config(str(tmp_path / 'own.py'), small.task, 'own.pkl', ['a'], 25)
    with pytest.raises(FileNotFoundError, match='Config file gone.py does not exist'):
        write_own_config(str(tmp_path / 'own.py'), 'gone.py', 'own.pkl', ['a'], 25)


def test_a_base_is_found_through_links_by_a_neighbour_of_the_checkout(tmp_path, monkeypatch):
    """MMEngine takes .. out of a path before it looks for links."""
    base = tmp_path / 'checkout/configs/base.py'
    base.parent.mkdir(parents=True)
    (tmp_path / 'work/far/away').mkdir(parents=True)
    (tmp_path / 'work/data').symlink_to('far/away')
    base.write_text(f"_base_ = {find_config('hico_demo')!r}")
    monkeypatch.chdir(tmp_path / 'work')
    for path in ('own.py', 'data/own.py'):
        write_own_config(path, '../checkout/configs/base.py', 'own.pkl', ['walk'], 25)
        for found_by in (path, Path(path).resolve()):
            assert Config.fromfile(found_by).work_dir == 'work_dirs/base'
    assert "_base_ = '../checkout/configs/base.py'" in Path('own.py').read_text()


def test_a_base_is_found_by_its_name(base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_own_config('data/own.py', 'hico_demo', 'data/own.pkl', ['walk'], 25)
    monkeypatch.chdir('/')
    assert Config.fromfile(str(tmp_path / 'data/own.py')).model == Config.fromfile(base).model
    title, comment, *_ = (tmp_path / 'data/own.py').read_text().splitlines()
    assert title == '# The encoder of hico_demo.py on data/own.pkl; written by tools/data/npy.py.'
    assert comment.endswith('from this file, ann_file and work_dir from the working directory.')


def test_another_config_is_kept(base, tmp_path):
    path = tmp_path / 'own.py'
    write_own_config(str(path), base, 'own.pkl', ['walk'], 25)
    write_own_config(str(path), base, 'own.pkl', ['walk'], 25)
    assert not (tmp_path / 'own.py.old').exists()
    edited = path.read_text() + 'edited = True\n'
    path.write_text(edited)
    write_own_config(str(path), base, 'own.pkl', ['walk', 'wave'], 25)
    assert (tmp_path / 'own.py.old').read_text() == edited
    assert "['walk', 'wave']" in path.read_text() and 'edited' not in path.read_text()
    write_own_config(str(path), base, 'own.pkl', ['bow'], 25)
    assert (tmp_path / 'own.py.old').read_text() == edited
    assert "['walk', 'wave']" in (tmp_path / 'own.py.old2').read_text()


def test_one_step_of_pretraining_on_own_sequences(base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_annotation_file('own.pkl', dict(train=make_sequences(17, num_classes=2),
                                          val=make_sequences(2, 'val', num_classes=2)))
    (tmp_path / 'small.py').write_text(
        f'_base_ = {base!r}\nmodel = dict(backbone=dict(hidden_channels=8, num_granularities=2))')
    write_own_config('own.py', 'small.py', 'own.pkl', ['walk', 'wave'], 25, 17)
    cfg = Config.fromfile('own.py')
    assert cfg.work_dir == 'work_dirs/own'
    assert make_task_config(cfg, 'linear').load_from == 'work_dirs/own/epoch_24.pth'
    loader = Runner.build_dataloader({**cfg.train_dataloader, 'num_workers': 0,
                                      'persistent_workers': False})
    assert len(loader.dataset) == 17 and len(loader) == 4
    loader.dataset.set_epoch(0, 0)
    model = MODELS.build(cfg.model)
    losses = model.loss(**model.data_preprocessor(next(iter(loader)), training=True))
    assert losses['loss_instance'].isfinite()
    assert model.queues['instance'].pointer.item() == 4 and len(model.queues['instance'].features) == 8


@pytest.mark.parametrize('name', ['hico_four_sets', 'hico_four_sets_to_uiprmd'])
def test_own_sequences_take_the_place_of_several_sets(tmp_path, name):
    write_own_config(str(tmp_path / 'own.py'), name, 'data/own.pkl', ['walk', 'wave'], 25, 500)
    cfg = Config.fromfile(str(tmp_path / 'own.py'))
    assert cfg.work_dir == 'work_dirs/own'
    assert cfg.train_dataloader.batch_size == 64 and cfg.model.queue.length == 128
    assert cfg.train_dataloader.drop_last and cfg.train_dataloader.dataset == dict(
        type='SeededDataset', dataset=dict(
            type='SkeletonDataset', ann_file='data/own.pkl', split='train', num_classes=2, num_joints=25,
            num_coords=3, metainfo=dict(classes=['walk', 'wave']), pipeline=cfg.pretrain_pipeline))


@pytest.mark.parametrize('num_sequences, sizes', [
    (16, (4, 8)), (31, (4, 8)), (32, (8, 16)), (255, (32, 64)), (1000, (64, 256)), (10**6, (64, 256))])
def test_sizes_fit_the_sequences(base, num_sequences, sizes):
    assert pretraining_sizes(Config.fromfile(base), num_sequences) == sizes


def test_too_few_sequences_to_pretrain_on(base, tmp_path):
    with pytest.raises(ValueError, match='There are 15 sequences to pre-train on, but at least 16 are'):
        write_own_config(str(tmp_path / 'own.py'), base, 'own.pkl', ['a'], 25, 15)
    assert not (tmp_path / 'own.py').exists()

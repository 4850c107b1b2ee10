"""Small versions of experiments."""
import copy
import pickle
from pathlib import Path

import pytest
from mmengine.config import Config

from hico_mm.benchmark.smoke import shrink, unformatted

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.fixture
def cfg():
    return Config.fromfile(CONFIGS / 'hico_ntu120_xset.py')


def test_what_makes_the_experiment_stays(cfg, tmp_path):
    small = shrink(dict(ntu=cfg), tmp_path)['ntu']
    views, expected = (x.train_dataloader.dataset.dataset.pipeline for x in (small, cfg))
    assert views == expected
    assert small.model.contrast == cfg.model.contrast
    assert small.model.backbone == {**cfg.model.backbone, 'hidden_channels': 16}
    assert small.val_dataloader.dataset.num_classes == 120
    assert small.tasks.linear.optim_wrapper == cfg.tasks.linear.optim_wrapper


def test_the_config_is_not_changed(cfg, tmp_path):
    before = copy.deepcopy(cfg.to_dict())
    shrink(dict(ntu=cfg), tmp_path)
    assert cfg.to_dict() == before


def test_everything_is_short(cfg, tmp_path):
    small = shrink(dict(ntu=cfg), tmp_path)['ntu']
    for train_cfg in (small.train_cfg, *(task.train_cfg for task in small.tasks.values())):
        assert (train_cfg.max_epochs, train_cfg.val_interval) == (2, 1)
    loaders = (small.train_dataloader, small.val_dataloader, small.test_cfg.gallery_dataloader)
    assert [(loader.batch_size, loader.num_workers) for loader in loaders] == [(4, 0)] * 3
    assert small.tasks.linear.train_dataloader.batch_size == 4


def test_annotations_have_the_layout_and_splits_that_configs_expect(tmp_path):
    cfgs = {name: Config.fromfile(CONFIGS / f'{name}.py')
            for name in ('hico_ntu60', 'hico_ntu60_xview', 'hico_utd_mhad')}
    small = shrink(cfgs, tmp_path)
    path = Path(small['hico_ntu60'].val_dataloader.dataset.ann_file)
    assert path == tmp_path / 'ntu60_3d.pkl'
    assert str(path) == small['hico_ntu60_xview'].test_cfg.gallery_dataloader.dataset.ann_file
    content = pickle.loads(path.read_bytes())
    assert {name: len(split) for name, split in content['split'].items()} == dict(
        xsub_train=8, xsub_val=8, xview_train=8, xview_val=8)
    kinect = pickle.loads((tmp_path / 'utd_mhad.pkl').read_bytes())
    assert {x['keypoint'].shape[2:] for x in kinect['annotations']} == {(20, 3)}
    assert {x['keypoint'].shape[2:] for x in content['annotations']} == {(25, 3)}
    assert {x['label'] for x in content['annotations']} == {0, 19, 39, 59}


def test_unformatted_is_the_same_config(cfg):
    plain = unformatted(cfg)
    assert plain.to_dict() == cfg.to_dict() and plain.filename == cfg.filename
    assert plain.pretty_text != cfg.pretty_text


@pytest.mark.parametrize('name, key, width, channels', [
    ('supervised_hico_ntu60', 'hidden_channels', 16, 128),
    ('supervised_stgcn_ntu60', 'base_channels', 8, 128),
    ('supervised_stgcn_demo', 'base_channels', 8, 64),
])
def test_the_head_of_a_supervised_config_fits_the_small_network(tmp_path, name, key, width, channels):
    model = shrink({name: Config.fromfile(CONFIGS / f'{name}.py')}, tmp_path)[name].model
    assert (model.backbone[key], model.cls_head.in_channels) == (width, channels)
    assert 'queue' not in model

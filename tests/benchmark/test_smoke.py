"""Small versions of experiments."""
import copy
import pickle

import pytest

from hico_mm.benchmark.smoke import shrink, shrink_configs
from hico_mm.utils import load_config
from hico_mm.utils.tasks import make_task_config


def test_what_makes_the_experiment_stays_and_everything_is_short():
    cfg = load_config('hico_ntu120_xset')
    before = copy.deepcopy(cfg.to_dict())
    small = shrink(cfg)
    assert cfg.to_dict() == before
    assert small.filename == cfg.filename
    views, expected = (x.train_dataloader.dataset.dataset.pipeline for x in (small, cfg))
    assert views == expected
    assert small.model.contrast == cfg.model.contrast
    assert small.model.backbone == {**cfg.model.backbone, 'hidden_channels': 16}
    assert small.val_dataloader.dataset.num_classes == 120
    assert small.optim_wrapper == cfg.optim_wrapper
    for config in (small, shrink(make_task_config(small, 'linear'))):
        assert (config.train_cfg.max_epochs, config.train_cfg.val_interval) == (2, 1)
        loaders = (config.train_dataloader, config.val_dataloader)
        assert [(loader.batch_size, loader.num_workers) for loader in loaders] == [(4, 0)] * 2
    assert small.test_cfg.gallery_dataloader.batch_size == 4
    assert small.model.queue.length == 16


def test_samples_by_number_are_none_of_the_small_data():
    cfg = load_config('hico_seven_sets')
    datasets = cfg.train_dataloader.dataset.dataset.datasets
    datasets[0].indices = [0, 300]
    assert 'indices' not in shrink(cfg).train_dataloader.dataset.dataset.datasets[0]


def test_both_stages_of_a_contrast_are_reached():
    terms = shrink(load_config('aimclr_ntu60')).model.contrast.terms
    assert [(term.get('begin', 0), term.get('end')) for term in terms] == [
        (0, 1), (1, None), (0, None), (0, None)]


def test_annotations_have_the_layout_and_splits_that_configs_expect(tmp_path):
    cfgs = {name: load_config(name) for name in ('hico_ntu60', 'hico_ntu60_xview', 'hico_utd_mhad')}
    small = shrink_configs(cfgs, tmp_path)
    path = small['hico_ntu60'].val_dataloader.dataset.ann_file
    assert path == small['hico_ntu60_xview'].test_cfg.gallery_dataloader.dataset.ann_file
    assert cfgs['hico_ntu60'].val_dataloader.dataset.ann_file == 'data/skeleton/ntu60_3d.pkl'
    assert path == str(tmp_path / 'ntu60_3d.pkl')
    ntu, kinect = (pickle.loads((tmp_path / f'{name}.pkl').read_bytes())
                   for name in ('ntu60_3d', 'utd_mhad'))
    assert {name: len(split) for name, split in ntu['split'].items()} == dict(
        xsub_train=8, xsub_val=8, xview_train=8, xview_val=8)
    assert {x['keypoint'].shape[2:] for x in ntu['annotations']} == {(25, 3)}
    assert {x['keypoint'].shape[2:] for x in kinect['annotations']} == {(20, 3)}
    assert {x['label'] for x in ntu['annotations']} == {0, 19, 39, 59}


@pytest.mark.parametrize('name, width, channels', [
    ('skeletonclr_demo', 8, None), ('skeletonclr_ntu60_2sagcn', 8, None),
    ('supervised_hico_ntu60', 16, None), ('supervised_stgcn_demo', 8, 64),
    ('supervised_stgcn_ntu60', [4, 4, 4, 4, 8, 8, 8, 16, 16, 64], 64),
])
def test_a_head_fits_the_small_network(name, width, channels):
    model = shrink(load_config(name)).model
    assert shrink(shrink(load_config(name))).model == model  # as of a task of a small pre-training
    network = model.backbone.get('network', model.backbone)
    sizes = [network[key] for key in ('hidden_channels', 'base_channels', 'widths') if key in network]
    assert sizes == [width]
    head = model.get('cls_head', {})
    assert head.get('in_channels') == channels
    if 'encoder' in head:
        assert head.encoder.hidden_channels == width

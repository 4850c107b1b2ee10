from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from torch import nn

from hico_mm.speed.synthetic_batch import make_samples

CONFIGS = Path(__file__).parents[2] / 'configs'


def stock_config(layout, first):
    """A config as MMAction2's own: one view, image coordinates with a score or three-dimensional."""
    pipeline = [
        dict(type=first), dict(type='GenSkeFeat', dataset=layout, feats=['b']),
        dict(type='UniformSampleFrames', clip_len=40), dict(type='PoseDecode'),
        dict(type='FormatGCNInput', num_person=3), dict(type='PackActionInputs')]
    dataset = dict(type='PoseDataset', ann_file='missing.pkl', pipeline=pipeline)
    return Config(dict(
        model=dict(backbone=dict(
            type='STGCN', graph_cfg=dict(layout=layout, mode='spatial'), num_stages=1)),
        train_dataloader=dict(dataset=dict(type='RepeatDataset', times=5, dataset=dataset))))


@pytest.mark.parametrize('cfg, shape', [
    ('hico_utd_mhad', (2, 1, 64, 20, 3)), ('hico_four_sets', (2, 1, 64, 25, 3)),
    (stock_config('coco', 'PreNormalize2D'), (1, 3, 40, 17, 3)),
    (stock_config('nturgb+d', 'PreNormalize3D'), (1, 3, 40, 25, 3))])
def test_samples_have_the_shape_of_the_training_data(cfg, shape):
    if isinstance(cfg, str):
        cfg = Config.fromfile(CONFIGS / f'{cfg}.py')
    samples = make_samples(cfg, MODELS.build(cfg.model.backbone), 2)

    assert [tuple(sample['inputs'].shape) for sample in samples] == [shape] * 2
    assert all(sample['inputs'].dtype == torch.float32 for sample in samples)
    assert not torch.equal(samples[0]['inputs'], samples[1]['inputs'])
    assert [int(sample['data_samples'].gt_label) for sample in samples] == [0, 0]


def test_score_becomes_the_third_coordinate():
    cfg = stock_config('coco', 'PreNormalize2D')
    cfg.train_dataloader.dataset.dataset.pipeline[1].feats = ['j']
    sample, = make_samples(cfg, MODELS.build(cfg.model.backbone), 1)
    assert (sample['inputs'][0, :2, ..., 2] == 1).all()
    assert (sample['inputs'][0, 2] == 0).all()  # a third person is missing


def test_an_encoder_of_images_is_refused():
    with pytest.raises(ValueError, match='Linear does not say how many joints it takes: it has neither'):
        make_samples(stock_config('coco', 'PreNormalize2D'), nn.Linear(1, 1), 1)


@pytest.mark.parametrize('loader', [None, dict(dataset=dict(type='PoseDataset'))])
def test_a_config_without_pipeline_is_refused(loader):
    cfg = stock_config('coco', 'PreNormalize2D')
    backbone = MODELS.build(cfg.model.backbone)
    cfg.train_dataloader = loader
    with pytest.raises(ValueError, match='has no pipeline in train_dataloader, .* Give a config'):
        make_samples(cfg, backbone, 1)

"""Whole pipelines, with MMAction2's own data set and transforms around and inside ours."""
import pickle

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS
from mmengine.config import Config
from mmengine.dataset import Compose

from hico_mm.datasets import (
    PackedSkeletonDataset,
    SkeletonDataset,
    transforms,
    write_annotation_file,
    write_packed_store,
)
from hico_mm.datasets.layouts import get_layout
from hico_mm.datasets.seeded import seed_generators
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.datasets.transforms.normalize import normalize_skeleton
from hico_mm.datasets.transforms.temporal import resize_frames
from hico_mm.paths import CONFIGS


@pytest.mark.parametrize('name, layout, num_joints', [
    ('utd_mhad', 'kinect_v1', 20), ('utd_mhad_ntu25', 'nturgb+d', 25)])
def test_real_sequences(data_dir, pipelines, name, layout, num_joints):
    train, evaluate = (DATASETS.build(dict(
        type='PoseDataset', ann_file=str(data_dir / f'{name}.pkl'), split='xsub_train',
        serialize_data=False, pipeline=[
            dict(x, layout=layout) if x['type'] == 'NormalizeSkeleton' else x for x in pipeline],
        )) for pipeline in (pipelines.pretrain_pipeline, pipelines.evaluate_pipeline))
    for index in range(0, len(train), 60):
        np.random.seed(index)
        inputs = train[index]['inputs']
        assert inputs.shape == (2, 2, 64, num_joints, 3)  # (views, M, T, V, C)
        assert inputs.dtype == torch.float32 and inputs.isfinite().all()
        assert inputs[:, 0].abs().amax(dim=(1, 2, 3)).min() > 0
        assert not inputs[:, 1].any()
        assert not inputs[0].equal(inputs[1])
        np.random.seed(index)
        assert train[index]['inputs'].equal(inputs)

        packed = evaluate[index]
        inputs = packed['inputs']
        assert inputs.shape == (1, 2, 64, num_joints, 3) and inputs.isfinite().all()
        still = ~inputs[0, 0].any(dim=2).any(dim=0)  # (V, )
        assert still.nonzero().tolist() == [[get_layout(layout).center]]
        assert packed['data_samples'].gt_label.item() == evaluate.get_data_info(index)['label']


@pytest.mark.parametrize('num_person', [1, 2, 3])
def test_values_of_evaluation(num_person, keypoint_of, pipelines):
    raw = keypoint_of(num_person, 80).astype(np.float16)
    raw *= np.array([1, 2, 3])[:num_person, None, None, None].astype(np.float16)
    raw[0, 70:] = 0
    packed = Compose(pipelines.evaluate_pipeline)(dict(keypoint=raw, total_frames=80, label=3))
    kept = {1: [0], 2: [0, 1], 3: [2, 1]}[num_person]
    expected = normalize_skeleton(raw[kept], 1, (0, 1), (8, 4))
    expected = resize_frames(expected[:, 2:78], 64)  # (80 - 76) / 2 frames at either end
    np.testing.assert_array_equal(packed['inputs'][0, :len(kept)], expected)
    assert not packed['inputs'][0, len(kept):].any()


def test_pickle_in_the_format_of_ntu(tmp_path, keypoint_of, pipelines):
    """Half precision, per-sequence lengths, one or two persons, empty frames."""
    annotations = []
    for index, (num_person, num_frames) in enumerate([(1, 30), (2, 103), (2, 300), (1, 64)]):
        keypoint = keypoint_of(num_person, num_frames)
        keypoint[-1, :5] = 0
        keypoint[0, 20:25] = 0
        annotations.append(dict(frame_dir=f'S001C001P001R001A{index:03d}', label=index,
                                img_shape=(1080, 1920), original_shape=(1080, 1920),
                                total_frames=num_frames, keypoint=keypoint))
    path = tmp_path / 'ntu60_3d.pkl'
    write_annotation_file(str(path), dict(xsub_train=annotations))
    for pipeline, num_clips in (pipelines.pretrain_pipeline, 2), (pipelines.evaluate_pipeline, 1):
        dataset = DATASETS.build(dict(
            type='PoseDataset', ann_file=str(path), split='xsub_train', pipeline=pipeline,
            serialize_data=False))
        for index, annotation in enumerate(annotations):
            inputs = dataset[index]['inputs']
            assert inputs.shape == (num_clips, 2, 64, 25, 3)
            assert inputs.isfinite().all()
            there = inputs.abs().amax(dim=(0, 2, 3, 4)) > 0  # (M, )
            assert there.sum() == len(annotation['keypoint'])


PIPELINES = [*CONFIGS.glob('_base_/pipelines/*.py'), CONFIGS / 'ntu60/hico_ntu60_stock_pipeline.py']


@pytest.mark.parametrize('path', PIPELINES, ids=lambda path: path.stem)
def test_keys_of_transforms_in_an_annotation_change_nothing(tmp_path, keypoint_of, path):
    config = Config.fromfile(path)
    pipelines = {key: config[key] for key in config if key.endswith('_pipeline')}
    keypoint = keypoint_of(num_frames=64, num_joints=20 if 'kinect20' in path.stem else 25)
    plain = dict(frame_dir='a', label=0, total_frames=64, keypoint=keypoint)
    keys = dict(keypoint_score=np.ones(keypoint.shape[:3], np.float16), num_clips=10, clip_len=3,
                frame_inds=np.arange(5), offset=70, imgs=np.zeros(3), img_shape=(9, 9), modality='RGB')
    for name, annotation in (('plain', plain), ('more', {**plain, **keys})):
        (tmp_path / f'{name}.pkl').write_bytes(pickle.dumps([annotation]))
    write_packed_store(tmp_path / 'store', [({**plain, **keys}, [])])
    for pipeline in pipelines.values():
        samples = []
        for dataset in (SkeletonDataset(str(tmp_path / 'plain.pkl'), pipeline),
                        SkeletonDataset(str(tmp_path / 'more.pkl'), pipeline),
                        PackedSkeletonDataset(str(tmp_path / 'store'), pipeline)):
            seed_generators(0)
            samples.append(dataset[0]['inputs'])
        assert samples[1].equal(samples[0]) and samples[2].equal(samples[0])


def test_two_views_of_the_stock_pipeline(tmp_path):
    """MMAction2's transforms around and inside Views: a view has frames of the sequence in order."""
    sequences = make_sequences(3)
    write_annotation_file(str(tmp_path / 'ntu.pkl'), dict(train=sequences), 'float32')
    around = [dict(type='PreNormalize3D'), dict(type='GenSkeFeat', dataset='nturgb+d', feats=['j'])]
    inside = [dict(type='UniformSampleFrames', clip_len=48), dict(type='PoseDecode')]
    config = dict(type='SeededDataset', dataset=dict(
        type='SkeletonDataset', ann_file=str(tmp_path / 'ntu.pkl'), split='train', num_joints=25,
        serialize_data=False, pipeline=[
            *around, dict(type='Views', transforms=[inside, inside]),
            dict(type='FormatGCNInput', num_person=2),
            dict(type='PackActionInputs')]))
    dataset, again = DATASETS.build(config), DATASETS.build(config)
    for index, sequence in enumerate(sequences):
        drawn = {}
        for epoch in (0, 1, 0):
            dataset.set_epoch(7, epoch)
            inputs = dataset[index]['inputs']
            assert inputs.shape == (2, 2, 48, 25, 3)  # (views, M, T, V, C)
            assert drawn.setdefault(epoch, inputs).equal(inputs)
        again.set_epoch(7, 1)
        assert again[index]['inputs'].equal(drawn[1])
        views = [*drawn[0], *drawn[1]]  # four draws, all different
        assert len({view.numpy().tobytes() for view in views}) == 4
        prepared = Compose(around)(dict(sequence))['keypoint'].astype(np.float32)  # (M, T, V, C)
        for view in views:
            same = (view[0].numpy()[:, None] == prepared[0]).all(axis=(2, 3))  # (48, T)
            assert same.any(axis=1).all()
            assert (np.diff(same.argmax(axis=1)) > 0).all()


@pytest.mark.parametrize('text', [
    "NormalizeSkeleton(layout='nturgb+d', center=20, zaxis=(0, 1), xaxis=(16, 12), upright=False)",
    "MapJoints(source='h36m', target='coco', axes=('right', 'down', 'away'), scale=0.001, "
    "target_axes=('right', 'down', 'away'), target_scale=1.0)",
    'KeepActivePersons(num_person=2)', 'JointCorruption(ratio=0.6)', 'PoseShear(amplitude=1.0)',
    'RandomCropResize(clip_len=64, min_ratio=0.1, max_ratio=1.0, min_frames=64)',
    'CentralCropResize(clip_len=64, ratio=0.95)'])
def test_representation_is_what_makes_the_transform(text):
    assert repr(eval(text, vars(transforms))) == text

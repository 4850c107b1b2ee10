import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.runner import Runner

from hico_mm.apis.inference import encoder_fingerprint
from hico_mm.models.backbones import HiCoEncoder

SCRIPT = 'analysis/extract_features'
CONFIG = '''
pipeline = [dict(type='NormalizeSkeleton', layout='nturgb+d'),
            dict(type='CentralCropResize', clip_len=16), dict(type='FormatGCNInput', num_person=2),
            dict(type='PackActionInputs')]
model = dict(type='MoCoRecognizer', queue=dict(length=8), backbone=dict(
    type='HiCoEncoder', num_frames=16, hidden_channels=8, num_granularities=2))
test_dataloader = dict(batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
                       dataset=dict(type='SyntheticSkeletonDataset', split='val', num_sequences=5,
                                    num_classes=3, pipeline=pipeline, test_mode=True))
'''


@pytest.fixture(autouse=True)
def _config(tmp_path):
    (tmp_path / 'small.py').write_text(CONFIG)


def command(checkpoint='none', split='train', out='sub/features.npz'):
    return SCRIPT, 'small.py', checkpoint, '--split', split, '--out', out


def test_features_are_those_of_the_checkpoint(call):
    torch.manual_seed(5)  # other weights than those of the untrained encoder
    model = MODELS.build(Config.fromstring(CONFIG, '.py').model).eval()
    torch.save(dict(state_dict={'module.' + name: tensor for name, tensor in
                                model.state_dict().items()}), 'model.pth')
    call(*command('model.pth'))
    arrays = dict(np.load('sub/features.npz'))
    assert sorted(arrays) == [
        'class_name', 'content', 'encoder', 'feature', 'frame_dir', 'granularity', 'label']
    assert arrays['encoder'] == encoder_fingerprint(model, Config.fromstring(CONFIG, '.py'))
    assert arrays['granularity'].tolist() == ['clip_1', 'clip_2', 'part_1', 'part_2']
    assert arrays['frame_dir'].tolist() == [f'train_{i:06d}' for i in range(5)]
    assert arrays['label'].tolist() == [0, 1, 2, 0, 1]
    assert arrays['class_name'].tolist() == [
        'swing_stand', 'lift_march', 'flap_squat', 'swing_stand', 'lift_march']
    call(*command())
    untrained = np.load('sub/features.npz')['feature']
    assert arrays['feature'].shape == untrained.shape == (5, 32)
    assert not np.allclose(arrays['feature'], untrained)


@pytest.mark.parametrize('branches, names', [
    (('temporal', 'spatial'), ['clip_1', 'clip_2', 'part_1', 'part_2']),
    ('spatial', ['part_1', 'part_2']),
])
def test_granularities_name_the_blocks_of_the_feature(script, branches, names):
    encoder = HiCoEncoder(num_frames=16, hidden_channels=8, num_granularities=2,
                          branches=branches).eval()
    features = encoder(torch.randn(3, 2, 16, 25, 3))
    assert script.granularities(encoder) == names
    for name, block in zip(names, features['instance'].chunk(len(names), dim=1), strict=True):
        level, number = name.split('_')
        torch.testing.assert_close(block, features[level][:, int(number) - 1])


class FirstFrame(torch.nn.Module):
    """An encoder without granularities."""

    def forward(self, x):
        return dict(instance=x[:, 0, 0].flatten(1))  # (N, V * C)


def test_other_encoders_have_no_granularities_and_sequences_perhaps_no_label(script, monkeypatch):
    config = Config.fromstring(CONFIG, '.py')
    model = MODELS.build(config.model)
    model.backbone = FirstFrame()
    config.test_dataloader.dataset.split = 'train'
    loader = Runner.build_dataloader(config.test_dataloader)
    infos = [loader.dataset.get_data_info(index) for index in range(5)]
    del infos[3]['label']
    monkeypatch.setattr(loader.dataset, 'get_data_info', lambda index: dict(infos[index]))
    arrays = script.extract_features(model, loader)
    assert sorted(arrays) == ['class_name', 'content', 'feature', 'frame_dir', 'label']
    assert arrays['label'].tolist() == [0, 1, 2, -1, 1] and arrays['class_name'][3] == ''
    assert arrays['feature'].shape == (5, 75)


@pytest.mark.parametrize('arguments, message', [
    (dict(checkpoint='small.py'), 'small.py is corrupt or no checkpoint'),
    (dict(split='test'), "split='test' is unknown"),
    (dict(checkpoint='gone.pth', out='small.py/features.npz'), 'cannot be made or written')])
def test_errors_are_told_before_any_work(fail, arguments, message):
    assert message in fail(*command(**arguments))

import hashlib
import re
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config

from hico_mm.version import __version__

SCRIPT = 'deployment/publish_model'
CONFIG = '''
model = dict(type='MoCoRecognizer', queue=dict(length=8), backbone=dict(
    type='HiCoEncoder', num_frames=8, hidden_channels=8, num_granularities=1))
'''


@pytest.fixture
def model():
    return MODELS.build(Config.fromstring(CONFIG, '.py').model)


@pytest.fixture
def checkpoint(model, tmp_path):
    """A checkpoint as a training leaves it."""
    def save(wrapper='', **changes):
        torch.save(dict(
            meta=dict(cfg=CONFIG, epoch=3, dataset_meta=dict(classes=['sit', 'stand'])),
            state_dict={wrapper + name: value for name, value in model.state_dict().items()},
            optimizer=dict(state={}), param_schedulers=[{}], message_hub=dict(log_scalars={})) | changes,
            tmp_path / 'epoch_3.pth')
        return tmp_path / 'epoch_3.pth'
    return save


@pytest.fixture
def publish(call, tmp_path):
    """Publishes a checkpoint; returns the file that this makes."""
    return lambda path, *options: Path(
        call(SCRIPT, path, tmp_path / 'out/hico.pth', *options).partition(':')[0])


def test_only_meta_and_query_encoder_are_left(call, checkpoint, model):
    printed = call(SCRIPT, checkpoint('module.'), 'out/hico.pth')
    path, = Path('out').iterdir()
    published = torch.load(path, weights_only=True)

    assert sorted(published) == ['meta', 'state_dict']
    assert published['meta'] == dict(cfg=CONFIG, epoch=3, hico_mm_version=__version__,
                                     dataset_meta=dict(classes=['sit', 'stand']))
    kept = {name for name in model.state_dict() if name.split('.')[0] in ('backbone', 'neck')}
    assert set(published['state_dict']) == kept
    for name in kept:
        assert torch.equal(published['state_dict'][name], model.state_dict()[name])
    number = len(model.state_dict())
    assert printed.startswith(f'{path}: {len(kept)} of {number} tensors, 0.')

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.name == f'hico-{digest[:8]}.pth'
    assert torch.hub.HASH_REGEX.search(path.name).group(1) == digest[:8]
    for source in (checkpoint(), path):  # the same weights get the same name
        call(SCRIPT, source, 'out/hico.pth')
    assert [*path.parent.iterdir()] == [path]


def test_a_model_can_be_built_from_it_alone(publish, checkpoint, model):
    published = torch.load(publish(checkpoint()), weights_only=True)
    again = MODELS.build(Config.fromstring(published['meta']['cfg'], '.py').model)
    result = again.load_state_dict(published['state_dict'], strict=False)
    assert not result.unexpected_keys and {name.split('.')[0] for name in result.missing_keys} == {
        'queues'}
    for name, value in again.momentum_encoder.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), 'the key encoder starts as a copy'


def test_heads_of_tasks_stay_and_a_config_may_be_given(publish, checkpoint, tmp_path):
    (tmp_path / 'other.py').write_text('a = 1')
    state = {'backbone.x': torch.zeros(1), 'cls_head.fc.weight': torch.ones(2)}
    path = publish(checkpoint(state_dict=state, meta=dict(epoch=3)), '--config', tmp_path / 'other.py')
    published = torch.load(path, weights_only=True)
    assert list(published['state_dict']) == list(state)
    assert Config.fromstring(published['meta']['cfg'], '.py').a == 1


@pytest.mark.parametrize('changes, message', [
    (dict(meta=None), 'does not hold the config of its model. Name it by --config.'),
    (dict(state_dict={'conv1.weight': torch.zeros(1)}), r'no state_dict with an encoder \(backbone.*'),
])
def test_checkpoints_that_cannot_be_published(fail, checkpoint, changes, message):
    told = fail(SCRIPT, checkpoint(**changes), 'out/hico.pth')
    assert re.match(f'error: .*epoch_3.pth .*{message}', told) and not [*Path('out').iterdir()]

"""Several encoders side by side: streams, names, and which of them run."""
import pytest
import torch
from mmaction.registry import MODELS

SIZES = dict(num_joints=3, num_persons=2, num_frames=8, in_channels=2)
MEMBER = dict(type='RecurrentEncoder', hidden_channels=2, num_layers=1, **SIZES)
PARENTS = (0, 0, 1)


def build(encoders, **kwargs):
    return MODELS.build(dict(type='EncoderGroup', encoders=encoders, parents=PARENTS, **kwargs))


def test_each_member_gets_its_stream():
    group = build(dict(joint=MEMBER, motion=MEMBER, bone=dict(MEMBER, hidden_channels=3), other=MEMBER))
    x = torch.randn(2, 2, 8, 3, 2)
    motion = torch.zeros_like(x)
    motion[:, :, :-1] = x[:, :, 1:] - x[:, :, :-1]
    bone = x - x[:, :, :, list(PARENTS)]

    features = group(x)

    for name, stream in (('joint', x), ('motion', motion), ('bone', bone), ('other', x)):
        assert torch.equal(features[name], getattr(group, name)(stream)['instance'])
    assert torch.equal(features['instance'], torch.cat(
        [features[name] for name in ('joint', 'motion', 'bone', 'other')], 1))
    assert group.feature_channels == dict(joint=4, motion=4, bone=6, other=4, instance=18)


def test_only_members_of_the_instance_feature_run_and_learn_outside_of_pretraining():
    frozen = dict(MEMBER, frozen=True)
    group = build(dict(sequence=MEMBER, graph=MEMBER, other=frozen), instance=['sequence'])
    x = torch.randn(2, 2, 8, 3, 2)

    def learning():
        return {name.partition('.')[0] for name, weight in group.named_parameters()
                if weight.requires_grad}

    for mode in (True, False):
        features = group.train(mode)(x)
        assert set(features) == {'sequence', 'instance'}
        assert torch.equal(features['instance'], features['sequence'])
    assert group.instance_parts == [4] and learning() == {'sequence'}

    group.pretrain()
    assert set(group(x)) == {'sequence', 'instance'} and learning() == {'sequence', 'graph'}
    assert set(group.train()(x)) == {'sequence', 'graph', 'other', 'instance'}


@pytest.mark.parametrize('encoders, kwargs, message', [
    ({}, {}, r'encoders \[\] take inputs of \[\]'),
    (dict(a=MEMBER, b=dict(MEMBER, num_frames=9)), {}, r"\['a', 'b'\] take inputs of .*9.* same sizes"),
    (dict(a=MEMBER), dict(instance=['b']), r"instance=\['b'\]: expected some of .* \['a'\], each once"),
    (dict(a=MEMBER), dict(instance=['a', 'a']), 'each once'),
    (dict(encode=MEMBER), {}, r"cannot be named \['encode'\]"),
])
def test_groups_that_cannot_work_are_refused(encoders, kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(encoders, **kwargs)

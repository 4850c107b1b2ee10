import copy

import pytest
import torch

from hico_mm.deploy.contract import CLS_SCORE, FEATURE
from hico_mm.deploy.graph import DeployGraph, OneByOne, encode_one_by_one
from hico_mm.models.data_preprocessors import stream_of


@pytest.mark.parametrize('stream', ['joint', 'bone', 'motion'])
def test_streams_equal_those_of_the_preprocessor(small, stream):
    model = small.build(stream=stream).eval()
    joints = torch.randn(3, 2, 8, 5, 3)
    expected, _ = model.data_preprocessor.preprocess(joints, [dict()] * 3)
    seen = []
    model.backbone.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    DeployGraph(model, FEATURE)(joints)
    assert torch.equal(seen[0], expected)
    assert stream_of(model) == stream


def test_output_is_scores_or_instance_feature(small):
    model = small.build(head=True)
    joints = torch.randn(3, 2, 8, 5, 3)
    feature = model.backbone(joints)['instance']
    assert torch.equal(DeployGraph(model, FEATURE)(joints), feature)
    assert torch.equal(DeployGraph(model, CLS_SCORE)(joints), model.cls_head.fc(feature))


def test_dropout_is_off(small):
    graph = DeployGraph(small.build().train(), FEATURE)
    joints = torch.randn(1, 2, 8, 5, 3)
    assert torch.equal(graph(joints), graph(joints))


@pytest.mark.parametrize('s2s', ['S2SGRU', 'S2SLSTM', 'S2STransformer'])
def test_granularities_one_by_one_give_the_same(small, s2s):
    model = small.build(s2s=dict(type=s2s))
    joints = torch.randn(3, 1, 2, 8, 5, 3)
    changed = encode_one_by_one(copy.deepcopy(model))
    assert isinstance(changed.backbone.temporal.s2s, OneByOne)
    assert not hasattr(changed.backbone.spatial.s2s, 'forward_granularities')
    expected, got = (m.extract_feat(joints)[0]['instance'] for m in (model, changed))
    torch.testing.assert_close(got, expected, rtol=0, atol=2e-5)

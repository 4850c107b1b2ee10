"""What HiCoEncoder refuses: configs that make no sense and data that do not fit the config."""
import pytest
import torch
from small_models import build_encoder, skeletons


@pytest.mark.parametrize('kwargs, message', [
    (dict(branches='frequency'), r"branches='frequency' is unknown.*\('temporal', 'spatial'\)"),
    (dict(branches=['temporal', 'x']), r"branches=\['temporal', 'x'\] is unknown"),
    (dict(branches=[]), r'branches=\[\] is unknown'),
    (dict(variant='author'), "variant='author' is unknown"),
    (dict(num_joints=0), 'num_joints=0 must be a positive integer'),
    (dict(num_persons=-1), 'num_persons=-1 must be a positive integer'),
    (dict(num_frames=64.0), r'num_frames=64\.0 must be a positive integer'),
    (dict(in_channels='3'), "in_channels='3' must be a positive integer"),
    (dict(hidden_channels=0), 'hidden_channels=0 must be a positive integer'),
    (dict(num_granularities=0), 'num_granularities=0 must be a positive integer'),
    (dict(num_granularities=5, num_joints=25),
     'num_granularities=5 is too many for the temporal branch: '
     'its 8 tokens cannot be pooled by 2 4 times'),
    (dict(num_granularities=4),
     'num_granularities=4 is too many for the spatial branch: '
     'its 6 tokens cannot be pooled by 2 3 times'),
    (dict(hidden_channels=7), 'channels=7 must be even'),
])
def test_bad_config_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build_encoder(**kwargs)


def test_most_granularities_that_the_tokens_allow():
    x = skeletons()

    assert build_encoder(3)(x)['part'].shape == (2, 3, 8)  # 6, 3, 1 parts
    assert build_encoder(4, branches='temporal')(x)['clip'].shape == (2, 4, 8)  # 8, 4, 2, 1 clips


def test_unknown_s2s_encoder_is_refused():
    with pytest.raises(KeyError, match="s2s=.*'S2SMamba'.* names no registered S2S encoder"):
        build_encoder(s2s='S2SMamba')


@pytest.mark.parametrize('shape, message', [
    ((2, 2, 8, 25, 2), r'\(2, 2, 8, 25, 2\) does not fit .*num_joints=3 but the data have 25'),
    ((2, 2, 8, 3, 3), 'in_channels=2 but the data have 3'),
    ((2, 1, 8, 3, 2), 'num_persons=2 but the data have 1'),
    ((2, 2, 9, 3, 2), 'num_frames=8 but the data have 9'),
    ((2, 2, 9, 4, 2), 'num_frames=8 but the data have 9; num_joints=3 but the data have 4'),
    ((2, 8, 3, 2), r'expects \(N, M, T, V, C\), but got \(2, 8, 3, 2\) with 4 axes'),
    ((2, 1, 2, 8, 3, 2), 'with 6 axes. End the pipeline with FormatGCNInput'),
])
def test_unfit_input_is_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        build_encoder()(torch.zeros(shape))

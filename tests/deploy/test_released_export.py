"""An exported file against numbers recorded from the authors' code, with no PyTorch in between."""

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS

from hico_mm.deploy.contract import FEATURE
from hico_mm.deploy.export import export_onnx
from hico_mm.deploy.onnx_encoder import OnnxEncoder

pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')


@pytest.fixture(scope='module')
def converter(load_script):
    return load_script('convert/released_checkpoint')


@pytest.mark.parametrize('encoder', ['gru', 'lstm', 'transformer', 'transformer_g2'])
def test_features_of_the_released_code(golden_dir, small, converter, tmp_path, encoder):
    recorded = torch.load(golden_dir / f'pretrain_{encoder}.pt', weights_only=True)
    state = converter.convert_state(recorded['init_state'])
    model = MODELS.build(converter.infer_model(state, num_persons=2, in_channels=3))
    model.load_state_dict(state)
    sizes = dict(num_persons=2, num_frames=64, num_joints=25, in_channels=3)
    export_onnx(model, small.describe(FEATURE, **sizes), tmp_path / 'released.onnx')

    step = recorded['steps'][0]
    expected = np.concatenate([
        step[name].flatten(1).numpy() for name in ('clip_features', 'part_features')], axis=1)
    features = OnnxEncoder(tmp_path / 'released.onnx')(step['query'].numpy())
    # 1e-4 of the largest value, as for PyTorch; seen: below 5e-7 of it.
    assert features.shape == expected.shape
    np.testing.assert_allclose(features, expected, rtol=0, atol=1e-4 * np.abs(expected).max())

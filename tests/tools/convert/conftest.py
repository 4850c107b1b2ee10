"""The converter as a module, and checkpoints as the authors' code writes them."""
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS

EPOCH = 12


@pytest.fixture(scope='session')
def script_path() -> Path:
    return Path(__file__).parents[3] / 'tools/convert/released_checkpoint.py'


@pytest.fixture(scope='session')
def script(load_script):
    return load_script('convert/released_checkpoint')


@pytest.fixture
def recording(golden_dir):
    """Loads numbers recorded from the authors' code by the name of the encoder."""
    return lambda encoder: torch.load(golden_dir / f'pretrain_{encoder}.pt', weights_only=True)


@pytest.fixture(params=['gru', 'lstm', 'transformer', 'transformer_g2'])
def recorded(request, recording):
    return recording(request.param)


@pytest.fixture
def gru(recording):
    return recording('gru')


def released_optimizer(state, query_only=False):
    """State dict of an SGD over the parameters of a released model after a step.

    Only the query parameters, which come first, had a gradient.
    """
    names = [name for name in state if name.startswith('encoder_q.' if query_only else 'encoder_')]
    parameters = [torch.nn.Parameter(state[name].clone()) for name in names]
    optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-4)
    for name, parameter in zip(names, parameters, strict=True):
        if name.startswith('encoder_q.'):
            parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    return optimizer.state_dict()


@pytest.fixture
def released_checkpoint():
    """Makes a checkpoint of the authors' code out of its state dict."""
    return lambda state, query_only=False: dict(
        epoch=EPOCH, state_dict=state, optimizer=released_optimizer(state, query_only))


@pytest.fixture
def build(script):
    """Builds the pre-training model of a converted checkpoint, without dropout."""
    def build_model(converted, momentum):
        config = script.infer_model(converted['state_dict'], num_persons=2, in_channels=3)
        config['momentum'] = momentum
        if config['backbone']['s2s']['type'] == 'S2STransformer':
            config['backbone']['s2s']['dropout'] = 0.0
        model = MODELS.build(config)
        model.load_state_dict(converted['state_dict'])
        return model
    return build_model

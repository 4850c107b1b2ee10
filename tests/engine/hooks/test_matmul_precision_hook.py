import pytest
import torch
from mmengine.hooks import Hook

from hico_mm.engine.hooks.matmul_precision_hook import MatmulPrecisionHook


class Seen(Hook):
    """Remembers the precision of each iteration."""

    def __init__(self):
        self.precisions = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.precisions.append(torch.get_float32_matmul_precision())


@pytest.fixture(autouse=True)
def _precision():
    before = torch.get_float32_matmul_precision()
    yield
    torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize('config, expected', [
    ({}, 'high'), (dict(precision='medium'), 'medium'), (dict(precision='highest'), 'highest')])
@pytest.mark.parametrize('before', ['highest', 'high'])
def test_a_run_has_the_precision_of_its_config(toy_runner, config, expected, before):
    torch.set_float32_matmul_precision(before)
    runner = toy_runner(custom_hooks=[dict(type='MatmulPrecisionHook', **config)])
    seen = Seen()
    runner.register_hook(seen)
    assert torch.get_float32_matmul_precision() == before  # built, but not yet run

    runner.train()

    assert seen.precisions == [expected] * 6  # two epochs of three batches
    assert torch.get_float32_matmul_precision() == before


@pytest.mark.parametrize('precision', ['tf32', 'High', None])
def test_unknown_precision_is_refused(precision):
    with pytest.raises(ValueError, match=rf"got precision={precision!r}, which must be one of "
                       r"\('highest', 'high', 'medium'\)."):
        MatmulPrecisionHook(precision)

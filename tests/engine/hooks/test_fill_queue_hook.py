import torch
from mmengine.hooks import Hook


class KeepWeights(Hook):
    """Keeps the weight at the start and after each epoch."""

    def __init__(self):
        self.weights = []

    def before_train(self, runner):
        self.weights.append(runner.model.backbone.weight.detach().clone())

    def after_train_epoch(self, runner):
        self.before_train(runner)


def test_no_weight_moves_in_the_first_epochs(toy_runner):
    runner = toy_runner(
        train_cfg=dict(by_epoch=True, max_epochs=4), custom_hooks=[dict(type='FillQueueHook', epochs=2)])
    keep = KeepWeights()
    runner.register_hook(keep)
    runner.train()

    start, first, second, third, fourth = keep.weights
    assert torch.equal(start, first) and torch.equal(start, second)
    assert not torch.equal(second, third) and not torch.equal(third, fourth)
    assert runner.message_hub.get_scalar('train/loss').current() > 0
    assert 'update_params' not in vars(runner.optim_wrapper)

# Levels and encoders of the method, and less data, of hico_seven_sets.py alone: the rows of
# ../../does_pretraining_pay.md, for --variants.
_base_ = 'search.py'

sizes = [431, 270, 100, 1000, 1001, 3038, 3655]  # windows of each set


def part(n):
    """Options for every nth window of each set, for about as many steps."""
    indices = {f'train_dataloader.dataset.dataset.datasets.{i}.indices': list(range(0, size, n))
               for i, size in enumerate(sizes)}
    return {**indices, 'train_cfg.max_epochs': 24 * n, 'train_cfg.val_interval': 6 * n,
            'param_scheduler.milestones': [20 * n], 'default_hooks.checkpoint.interval': 6 * n}


instance = dict(instance=1.0, domain=0.0, clip=0.0, part=0.0)
variants = dict(
    _delete_=True,
    chosen={},
    paper={**_base_.variants.slow, 'model.queue.length': 2048},
    instance={'model.contrast.weights': instance},
    domain={'model.contrast.weights': dict(instance, domain=1.0)},
    released={'model.backbone.variant': 'released'},
    gru={'model.backbone.s2s.type': 'S2SGRU'},
    lstm={'model.backbone.s2s.type': 'S2SLSTM'},
    third=part(3),
    ninth=part(9))

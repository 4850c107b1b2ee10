"""A linear probe that runs its frozen encoder once, not in every epoch."""
import torch
from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class CachedFeatures(Dataset):
    """Instance features in the place of skeletons, in the order of the data set they come from.

    Args:
        features (Tensor): (N, D), on the CPU.
        data_samples (list): N samples with their labels.
        metainfo (dict): Meta information of the data set.
    """

    def __init__(self, features: Tensor, data_samples: list, metainfo: dict) -> None:
        self.features, self.data_samples, self.metainfo = features, data_samples, metainfo

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, idx: int) -> dict:
        # As a clip of its own, (1, D), and with a sample that the model may write into.
        return dict(inputs=self.features[idx, None], data_samples=self.data_samples[idx].clone())


@HOOKS.register_module()
class CacheFeaturesHook(Hook):
    """Replaces skeletons by their features while a head is trained on a frozen encoder.

    The encoder is deterministic in eval mode and so are the pipelines of linear evaluation, hence
    nothing changes but the time: an epoch costs the head alone. (Augmentation would be drawn once and
    frozen; a ``SeededDataset``, its usual sign, is refused.) Sampling, head, loss, metric and
    checkpoints stay those of the config. Features can differ in the last bits from those of an
    uncached run, because matrix products round differently for batches of another size.
    """

    def before_train(self, runner: Runner) -> None:
        """Extract the features of training and validation data.

        Raises:
            ValueError: If the encoder is not frozen or the training data are a ``SeededDataset``.
        """
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        if not getattr(model.backbone, 'frozen', False):
            raise ValueError('CacheFeaturesHook needs an encoder that does not change, but the '
                             'backbone is not frozen. Set model.backbone.frozen=True or drop the '
                             'hook.')
        if hasattr(runner.train_dataloader.dataset, 'set_epoch'):
            raise ValueError('CacheFeaturesHook needs the same training data in every epoch, but '
                             'they are a SeededDataset, made for augmentation. Drop one of both.')
        model.eval()
        for loop in (runner.train_loop, runner.val_loop):
            if loop is not None:
                loop.dataloader = _cached(model, loop.dataloader)
        # On the instance: the module, its weights and its place in checkpoints stay.
        model.backbone.forward = _as_instance_feature

    def after_train(self, runner: Runner) -> None:
        """Let the encoder take skeletons again."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        del model.backbone.forward


def _as_instance_feature(feature: Tensor) -> dict[str, Tensor]:
    """Stand in for ``HiCoEncoder.forward``, (N, D) -> instance (N, D)."""
    return dict(instance=feature)


@torch.no_grad()
def _cached(model: nn.Module, loader: DataLoader) -> DataLoader:
    """Return a loader of the features, with the sampler and the batches of the given one."""
    features, data_samples = [], []
    in_order = DataLoader(loader.dataset, loader.batch_size, collate_fn=loader.collate_fn,
                          num_workers=loader.num_workers)
    for batch in in_order:
        data_samples += [sample.clone() for sample in batch['data_samples']]
        inputs = model.data_preprocessor(batch)['inputs']
        features.append(model.extract_feat(inputs)[0]['instance'].float().cpu())
    dataset = CachedFeatures(torch.cat(features), data_samples, loader.dataset.metainfo)
    return DataLoader(dataset, loader.batch_size, sampler=loader.sampler,
                      drop_last=loader.drop_last, collate_fn=loader.collate_fn)

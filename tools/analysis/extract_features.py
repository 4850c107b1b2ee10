"""Write the instance features of a split to an .npz file: feature, label, frame_dir, granularity."""
import argparse
import os

import numpy as np
import torch
from mmaction.registry import MODELS
from mmengine.config import DictAction
from mmengine.device import get_device
from mmengine.registry import init_default_scope
from mmengine.runner import Runner, set_random_seed
from torch.utils.data import DataLoader

from hico_mm.compat import load_checkpoint_file
from hico_mm.evaluation.functional import NO_LABEL
from hico_mm.inference.loading import encoder_fingerprint
from hico_mm.models.backbones.hico_encoder import LEVELS, HiCoEncoder
from hico_mm.utils import atomic_write, check_fit, preflight, strip_module
from hico_mm.utils.errors import readable_errors
from hico_mm.utils.launch import allow_no_workers


@torch.no_grad()
def extract_features(model: torch.nn.Module, dataloader: DataLoader) -> dict[str, np.ndarray]:
    """Run an encoder over a data set.

    Args:
        model: A recognizer whose backbone gives the feature ``instance``, as ``HiCoEncoder`` does.
        dataloader: Single views in a fixed order.

    Returns:
        dict[str, np.ndarray]: ``feature`` (N, D) float32, ``label`` (N, ) int64, -1 without,
        ``frame_dir`` (N, ) strings and, of a ``HiCoEncoder``, ``granularity``: the names of the
        equally wide blocks of columns that make up ``feature``.
    """
    model.eval()
    features, labels = [], []
    for batch in dataloader:
        batch = model.data_preprocessor(batch)
        features.append(model.extract_feat(batch['inputs'])[0]['instance'].float().cpu())
        labels += [int(x.get('gt_label', NO_LABEL)) for x in batch['data_samples']]
    dataset = dataloader.dataset
    names = [dataset.get_data_info(index)['frame_dir'] for index in range(len(dataset))]
    arrays = dict(feature=torch.cat(features).numpy(), label=np.array(labels, dtype=np.int64),
                  frame_dir=np.array(names))
    if isinstance(model.backbone, HiCoEncoder):
        arrays['granularity'] = np.array(granularities(model.backbone))
    return arrays


def granularities(encoder: HiCoEncoder) -> list[str]:
    """Name what the instance feature is composed of, in its order (Eq. 6 and 7).

    Args:
        encoder: The encoder.

    Returns:
        list[str]: 'clip_1', 'clip_2' and so on, then 'part_1' and so on, from the finest to the
        coarsest granularity.
    """
    return [f'{LEVELS[branch]}_{number}' for branch in encoder.branches
            for number in range(1, encoder.num_granularities + 1)]


def load_encoder(model: torch.nn.Module, path: str) -> None:
    """Load the encoder of a checkpoint into ``model.backbone``.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: It cannot be read or does not fit.
    """
    checkpoint = load_checkpoint_file(path)
    state = checkpoint.get('state_dict', checkpoint)
    check_fit(model.backbone.state_dict(), state, 'backbone.', path)
    model.backbone.load_state_dict({name.removeprefix('backbone.'): tensor
                                    for name, tensor in strip_module(state).items()
                                    if name.startswith('backbone.')})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config whose test data and encoder are used')
    parser.add_argument('checkpoint', help="checkpoint of pre-training or a probe; 'none' for the "
                        'untrained encoder')
    parser.add_argument('--split', required=True, help='split of the annotation file')
    parser.add_argument('--out', required=True, help='the .npz file to write')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction,
                        help='override settings of the config, key=value')
    args = parser.parse_args()

    with readable_errors():
        preflight.check_writable(os.path.dirname(os.path.abspath(args.out)), '--out')
        cfg = preflight.load_config(args.config, args.cfg_options)
        allow_no_workers(dict(cfg.items()))
        cfg.test_dataloader.dataset.split = args.split
        preflight.check_annotation_files(cfg.test_dataloader)
        init_default_scope(cfg.get('default_scope', 'mmaction'))
        set_random_seed(cfg.get('randomness', {}).get('seed') or 0)  # for the untrained encoder
        model = MODELS.build(cfg.model)
        if args.checkpoint != 'none':
            load_encoder(model, args.checkpoint)
        dataloader = Runner.build_dataloader(cfg.test_dataloader)
        arrays = extract_features(model.to(get_device()), dataloader)
        arrays['encoder'] = np.array(encoder_fingerprint(model, cfg))
    with atomic_write(args.out) as file:
        np.savez(file, **arrays)
    print(f"{args.out}: feature {arrays['feature'].shape}, label {arrays['label'].shape}, "
          f"{len(set(arrays['label'].tolist()))} classes")


if __name__ == '__main__':
    main()

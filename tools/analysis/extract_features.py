"""Write the instance features of a split to an .npz file, with names and classes of the sequences."""
import argparse
import os

import numpy as np
import torch
from mmengine.device import get_device
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from hico_mm.apis.inference import encode, encoder_fingerprint, load_recognizer
from hico_mm.datasets import check_annotation_files
from hico_mm.evaluation.functional import NO_LABEL, hash_joints, write_feature_file
from hico_mm.models.backbones.hico_encoder import BRANCHES, HiCoEncoder
from hico_mm.utils import OptionsAction, check_writable, load_config
from hico_mm.utils.class_names import name_class
from hico_mm.utils.errors import readable_errors
from hico_mm.utils.launch import allow_no_workers
from hico_mm.utils.progress import track


def extract_features(model: torch.nn.Module, dataloader: DataLoader) -> dict[str, np.ndarray]:
    """Encode single views, in a fixed order, to the arrays of ``write_feature_file``."""
    features = [encode(model.eval(), batch, with_scores=False)[0] for batch in track(dataloader)]
    dataset = dataloader.dataset
    infos = []
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        info['content'] = hash_joints(info.pop('keypoint'), info.get('total_frames'))
        infos.append(info)
    classes = dataset.metainfo.get('classes')
    class_names = [info.get('class_name') or name_class(info.get('label'), classes) for info in infos]
    arrays = dict(feature=torch.cat(features).numpy(),
                  label=np.array([info.get('label', NO_LABEL) for info in infos], dtype=np.int64),
                  frame_dir=np.array([info['frame_dir'] for info in infos]),
                  content=np.array([info['content'] for info in infos]),
                  class_name=np.array([name or '' for name in class_names]))
    if isinstance(model.backbone, HiCoEncoder):
        arrays['granularity'] = np.array(granularities(model.backbone))
    return arrays


def granularities(encoder: HiCoEncoder) -> list[str]:
    """Name the blocks of the instance feature in its order (Eq. 6 and 7), the finest granularity first.

    These are 'clip_1', 'clip_2' and so on, then 'part_1' and so on.
    """
    return [f'{BRANCHES[branch]}_{number}' for branch in encoder.branches
            for number in range(1, encoder.num_granularities + 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config whose test data and encoder are used')
    parser.add_argument('checkpoint', help="checkpoint of pre-training or a probe; 'none' for the "
                        'untrained encoder')
    parser.add_argument('--split', required=True, help='split of the annotation file')
    parser.add_argument('--out', required=True, help='the .npz file to write')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction,
                        help='override settings of the config, key=value')
    args = parser.parse_args()

    with readable_errors():
        check_writable(os.path.dirname(os.path.abspath(args.out)), '--out')
        cfg = load_config(args.config, args.cfg_options)
        allow_no_workers(dict(cfg.items()))
        cfg.test_dataloader.dataset.split = args.split
        check_annotation_files(cfg.test_dataloader)
        checkpoint = None if args.checkpoint == 'none' else args.checkpoint
        model, _ = load_recognizer(cfg, checkpoint, with_head=False)
        dataloader = Runner.build_dataloader(cfg.test_dataloader)
        arrays = extract_features(model.to(get_device()), dataloader)
        arrays['encoder'] = np.array(encoder_fingerprint(model, cfg))
    write_feature_file(args.out, **arrays)
    print(f"{args.out}: feature {arrays['feature'].shape}, label {arrays['label'].shape}, "
          f"{len(set(arrays['label'].tolist()))} classes")


if __name__ == '__main__':
    main()

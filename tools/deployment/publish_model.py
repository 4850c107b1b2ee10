"""Make a checkpoint ready to be shared: weights and config alone, the hash of the file in its name.

As MMAction2's tool of this name leaves out the optimiser, this one also leaves out what only
pre-training needs, the key encoder and the queues. The name ends in ``-SHA256[:8].pth``, by which
``torch.hub`` can check a download.
"""
import argparse
import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from mmengine.config import Config

from hico_mm.utils import atomic_write, check_writable, load_checkpoint_file, load_config, strip_module
from hico_mm.utils.errors import readable_errors
from hico_mm.version import __version__

# What the query encoder, `backbone.*` and `neck.*`, does not need.
LEFT_OUT = ('momentum_encoder.', 'queues.')


def strip(checkpoint: Mapping, source: str, cfg: Config | None = None) -> dict:
    """Keep ``meta``, with the config, and the ``state_dict`` without key encoder and queues.

    ``source`` is the path of the checkpoint; ``cfg`` takes the place of the config in it.
    """
    state = strip_module(checkpoint.get('state_dict', {}))
    if not any(name.startswith('backbone.') for name in state):
        raise ValueError(f'{source} has no state_dict with an encoder (backbone.*), but '
                         f'{list(checkpoint)[:5]}. Name a checkpoint of this project. One of the '
                         "authors' released code has to be converted first: python "
                         'tools/convert/released_checkpoint.py SRC DST')
    meta = dict(checkpoint.get('meta') or {})
    if cfg is not None:
        meta['cfg'] = cfg.pretty_text
    if not meta.get('cfg'):
        raise ValueError(f'{source} does not hold the config of its model. Name it by --config.')
    meta['hico_mm_version'] = __version__
    return dict(meta=meta, state_dict={
        name: tensor for name, tensor in state.items() if not name.startswith(LEFT_OUT)})


def publish(checkpoint: dict, out: str | os.PathLike) -> Path:
    """Write a checkpoint under a name that has its hash: ``NAME.pth`` becomes ``NAME-0123abcd.pth``."""
    buffer = io.BytesIO()  # into a file torch.save would also write its name
    torch.save(checkpoint, buffer)
    content = buffer.getvalue()
    digits = hashlib.sha256(content).hexdigest()[:8]
    path = Path(out).with_name(f'{Path(out).name.removesuffix(".pth")}-{digits}.pth')
    with atomic_write(path) as file:
        file.write(content)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('checkpoint', help='checkpoint of a pre-training or a task')
    parser.add_argument('out', help='the .pth file to write, whose name gets the hash')
    parser.add_argument('--config', help='its config, if it is not in the checkpoint')
    args = parser.parse_args()
    with readable_errors():
        check_writable(os.path.dirname(os.path.abspath(args.out)), 'OUT')
        cfg = load_config(args.config) if args.config else None
        checkpoint = load_checkpoint_file(args.checkpoint)
        stripped = strip(checkpoint, args.checkpoint, cfg)
        path = publish(stripped, args.out)
    before, after = (os.path.getsize(file) / 2**20 for file in (args.checkpoint, path))
    print(f"{path}: {len(stripped['state_dict'])} of {len(checkpoint['state_dict'])} tensors, "
          f'{after:.1f} of {before:.1f} MiB')


if __name__ == '__main__':
    main()

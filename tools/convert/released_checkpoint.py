"""Convert a checkpoint of the authors' released pre-training code.

The result holds the query encoder as ``backbone.*``, the key encoder and the queues. The tasks load it,
and ``tools/train.py CONFIG --resume DST`` resumes from it, with ``model.backbone.variant=released``.
"""
import argparse
import os
import re
from collections.abc import Mapping

import torch
from mmaction.registry import MODELS
from mmengine.registry import init_default_scope
from torch import Tensor

from hico_mm.utils import atomic_write, check_writable, load_checkpoint_file, strip_module
from hico_mm.utils.errors import check_positive, readable_errors
from hico_mm.version import __version__

# Released names -> ours, applied in this order to the names of one encoder.
RENAMES = (
    (r'^hi_encoder\.t_', 'backbone.temporal.'),
    (r'^hi_encoder\.s_', 'backbone.spatial.'),
    (r'\.downsample\.conv\.dw_conv\.', '.udm.conv.'),
    (r'\.downsample\.norm\.', '.udm.norm.'),
    (r'\.encoder\.layers\.', '.s2s.layers.'),
    (r'\.encoder\.(weight|bias)_', r'.s2s.rnn.\1_'),
    (r'^clip_proj\.', 'neck.layers.clip.'),
    (r'^part_proj\.', 'neck.layers.part.'),
    (r'^td_proj\.', 'neck.layers.temporal.'),
    (r'^sd_proj\.', 'neck.layers.spatial.'),
    (r'^instance_proj\.', 'neck.layers.instance.'),
)
ENCODERS = {'encoder_q.': '', 'encoder_k.': 'momentum_encoder.'}
QUEUES = dict(c='clip', p='part', t='temporal', s='spatial', i='instance')


def rename(name: str) -> str:
    """Our name of a tensor of the released state dict."""
    if queue := re.fullmatch(r'([cptsi])_queue(_ptr)?', name):
        return f"queues.{QUEUES[queue[1]]}.{'pointer' if queue[2] else 'features'}"
    for released, ours in ENCODERS.items():
        if name.startswith(released):
            rest = name.removeprefix(released)
            for pattern, replacement in RENAMES:
                rest = re.sub(pattern, replacement, rest)
            if rest.startswith(('backbone.', 'neck.')):
                return ours + rest
    raise ValueError(f'{name!r} is not a tensor of the released HiCo pre-training code. Expected '
                     'encoder_q.*, encoder_k.* and {c,p,t,s,i}_queue of its pre-training checkpoint.')


def convert_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Convert a released state dict to one of ``MoCoRecognizer``. A prefix ``module.`` is dropped."""
    # Queues are (D, K) there and (K, D) here.
    return {rename(name): tensor.T.contiguous() if name.endswith('_queue') else tensor
            for name, tensor in strip_module(state).items()}


def infer_model(state: Mapping[str, Tensor], num_persons: int, in_channels: int) -> dict:
    """Config of the model that a converted state dict belongs to, by the sizes of its tensors."""
    try:
        hidden, frame_size = state['backbone.temporal.embedding.0.weight'].shape
        trajectory_size = state['backbone.spatial.embedding.0.weight'].shape[1]
        out_channels, projector_hidden = state['neck.layers.clip.2.weight'].shape
        granularities = state['neck.layers.temporal.0.weight'].shape[1] // hidden
        queue_length = len(state['queues.instance.features'])
    except KeyError as error:
        raise ValueError(f'The checkpoint lacks {error}, so it is no complete pre-training checkpoint '
                         'of the released code.') from None

    def count(pattern: str) -> int:
        return sum(bool(re.fullmatch(rf'backbone\.temporal\.s2s\.{pattern}', name)) for name in state)

    rnn = state.get('backbone.temporal.s2s.rnn.weight_hh_l0')
    if rnn is None:
        s2s = dict(type='S2STransformer', num_layers=count(r'layers\.\d+\.linear1\.weight'))
    else:  # a GRU has 3 gates, an LSTM 4
        s2s = dict(type='S2SGRU' if rnn.shape[0] == 3 * rnn.shape[1] else 'S2SLSTM',
                   num_layers=count(r'rnn\.weight_hh_l\d+'))
    return dict(
        type='MoCoRecognizer',
        backbone=dict(
            type='HiCoEncoder', variant='released', num_persons=num_persons,
            in_channels=in_channels, num_joints=frame_size // (num_persons * in_channels),
            num_frames=trajectory_size // in_channels, hidden_channels=hidden,
            num_granularities=granularities, s2s=s2s),
        neck=dict(type='Projectors', hidden_channels=projector_hidden, out_channels=out_channels),
        queue=dict(type='FeatureQueue', length=queue_length))


def convert_optimizer(optimizer: dict, released_names: list[str], our_names: list[str]) -> dict:
    """Re-order the state of the released SGD, which goes by position, for our parameters.

    Both lists have our names, the first in the order of the released code.
    """
    group = dict(optimizer['param_groups'][0])
    count = sum(len(group['params']) for group in optimizer['param_groups'])
    if count > len(released_names):
        raise ValueError(f'The optimizer has {count} parameters, but the state dict only '
                         f'{len(released_names)}. Give a checkpoint whose parts are of one run.')
    position = {name: index for index, name in enumerate(our_names)}
    group['params'] = list(range(len(our_names)))
    state = {position[released_names[index]]: value for index, value in optimizer['state'].items()}
    return dict(state=state, param_groups=[group])


def convert(checkpoint: dict, iters_per_epoch: int, num_persons: int = 2,
            in_channels: int = 3) -> dict:
    """Convert a released checkpoint, whose optimizer may be missing, into one to resume from."""
    if not isinstance(checkpoint, Mapping) or not isinstance(checkpoint.get('state_dict'), Mapping):
        got = list(checkpoint)[:5] if isinstance(checkpoint, Mapping) else type(checkpoint).__name__
        raise ValueError(f'The checkpoint holds {got}, but a released one is dict(epoch, state_dict, '
                         'optimizer).')
    check_positive(num_persons=num_persons, in_channels=in_channels)
    state = convert_state(checkpoint['state_dict'])
    model = MODELS.build(infer_model(state, num_persons, in_channels))
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError('The checkpoint does not fit the model that its sizes describe: '
                         + ' '.join(str(error).split())) from error
    epoch = int(checkpoint.get('epoch') or 0)
    converted = dict(
        meta=dict(epoch=epoch, iter=epoch * iters_per_epoch, hico_mm_version=__version__),
        state_dict=dict(model.state_dict()),
        message_hub=dict(log_scalars={}, runtime_info={}, resumed_keys={}))
    if checkpoint.get('optimizer'):
        parameters = dict(model.named_parameters())
        converted['optimizer'] = convert_optimizer(
            checkpoint['optimizer'], [name for name in state if name in parameters],
            list(parameters))
        # Only what tells MultiStepLR where it is; milestones and gamma are those of the config.
        lr = converted['optimizer']['param_groups'][0]['lr']
        converted['param_schedulers'] = [dict(last_step=epoch, _global_step=epoch, _last_value=[lr])]
    return converted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('src', help='checkpoint of the released pre-training code')
    parser.add_argument('dst', help='where to write the converted checkpoint')
    parser.add_argument('--iters-per-epoch', type=int, default=626,
                        help='steps of an epoch, for resuming (default: 40,091 // 64, NTU-60 x-sub)')
    parser.add_argument('--num-persons', type=int, default=2, help='M (default: 2)')
    parser.add_argument('--in-channels', type=int, default=3, help='C (default: 3)')
    args = parser.parse_args()
    init_default_scope('mmaction')
    with readable_errors():
        check_writable(os.path.dirname(os.path.abspath(args.dst)), 'DST')
        converted = convert(load_checkpoint_file(args.src), args.iters_per_epoch, args.num_persons,
                            args.in_channels)
    with atomic_write(args.dst) as file:
        torch.save(converted, file)
    print(f"{args.src} -> {args.dst}: {len(converted['state_dict'])} tensors, "
          f"{converted['meta']['epoch']} epochs.")


if __name__ == '__main__':
    main()

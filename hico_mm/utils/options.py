"""Options of the command line, ``--cfg-options KEY=VALUE``: reading, checking and merging them."""
import argparse
import difflib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from mmengine.config import Config, DictAction
from mmengine.optim import OptimWrapper
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner, ValLoop
from mmengine.utils.dl_utils import set_multi_processing
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.utils.data import DataLoader

from .nodes import find_classes, iter_dicts, type_name

# What MMEngine reads from a config beside the arguments of its Runner.
RUNNER_OPTIONS = ('find_unused_parameters', 'model_wrapper_cfg', 'runner_type', 'sync_bn', 'compile')
# What tasks read of their pre-training config.
TASK_OPTIONS = ('evaluate_pipeline', 'finetune_pipeline', 'protocol')
# Entries of any dict that MMEngine takes out before it builds the rest.
COMMON = ('type', '_delete_', '_scope_', 'priority', 'constructor', 'paramwise_cfg',
          'convert_to_iter_based', 'num_batch_per_epoch', 'override')
# What reads a dict that names no type: functions and classes, or the keys themselves.
READERS = dict(
    train_cfg=(EpochBasedTrainLoop, IterBasedTrainLoop, 'by_epoch'), val_cfg=(ValLoop, ),
    test_cfg=(ValLoop, ), optim_wrapper=(OptimWrapper, ),
    clip_grad=(clip_grad_norm_, clip_grad_value_), randomness=(Runner.set_randomness, ),
    auto_scale_lr=('enable', 'base_batch_size'), mp_cfg=(set_multi_processing, ),
    env_cfg=('cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'),
    default_hooks=('runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint'))


class OptionsAction(DictAction):
    """Reads ``KEY=VALUE`` as MMEngine does, but keeps the blanks of a path."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any,
                 option_string: str | None = None) -> None:
        """Refuse what is no pair before MMEngine reads the rest."""
        for value in values:
            if '=' not in value:
                parser.error(f'{option_string} {value}: expected KEY=VALUE, a value with blanks in '
                             'quotes.')
        super().__call__(parser, namespace, values, option_string)

    @staticmethod
    def _parse_iterable(val: str) -> Any:
        if ',' in val and os.path.exists(val):
            return val
        # MMEngine takes all blanks out. Those beside a comma, or inside of a bracket's ends, may go.
        hidden = re.sub(r' *, *|(?<=[\[(]) +| +(?=[\])])', lambda found: found[0].strip(), val.strip())
        return _show_blanks(DictAction._parse_iterable(hidden.replace(' ', '\0')))


def _show_blanks(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_show_blanks, value))
    return value.replace('\0', ' ') if isinstance(value, str) else value


def merge_options(config: Config, options: dict, also: tuple[str, ...] = ()) -> None:
    """Merge options of the command line, value by dotted key, into a config, in place.

    ``ann_file`` becomes that of all data sets, and ``transforms.TYPE.ARGUMENT`` is set in all transforms
    of this type in the training data. An option that nothing would read is refused: MMEngine would add
    it and go on without a word. ``also`` are entries, by dotted key, that are read, too.
    """
    options = dict(options)
    if 'ann_file' in options:
        set_annotation_file(config, options.pop('ann_file'))
    for option in [option for option in options if option.startswith('transforms.')]:
        _set_transforms(config, option, options.pop(option))
    for option in options:
        _check_option(config, option, options, also)
    try:
        config.merge_from_dict(options)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'--cfg-options {options} does not fit into {config.filename}: '
                         f'{str(error)[:200]}. Use key=value with keys of the config.') from error


def set_annotation_file(config: Config, path: str) -> None:
    """Let all data sets of a config read this annotation file, in place."""
    nodes = list(iter_dicts(dict(config.items())))
    for node in nodes:
        files = {part.get('ann_file') for part in node.get('datasets') or ()}
        if len(files) > 1:
            raise ValueError(f'--cfg-options ann_file={path}: {config.filename} trains on several files '
                             f'together, {sorted(map(str, files))}. Set train_dataloader.dataset.'
                             'dataset.datasets.0.ann_file and so on, or write a config of your own.')
    nodes = [node for node in nodes if 'ann_file' in node]
    if not nodes:
        raise ValueError(f'--cfg-options ann_file={path}: no data set of {config.filename} reads an '
                         'annotation file. Name a config whose data sets do, such as hico_ntu60.')
    for node in (*nodes, config):
        if 'ann_file' in node:
            node['ann_file'] = path


def _set_transforms(config: Config, option: str, value: Any) -> None:
    """Set an argument of all transforms of a type in the training data, in place."""
    _, kind, key = [*option.split('.', 2), '', ''][:3]
    pipelines = [node.get('pipeline') for node in iter_dicts(config.get('train_dataloader'))]
    nodes = [node for node in iter_dicts(pipelines) if type_name(node)]
    transforms = [node for node in nodes if type_name(node) == kind]
    known, others = _arguments('', kind) if transforms else (set(), False)
    if not others and key not in known:
        raise ValueError(
            f'--cfg-options {option}: expected transforms.TYPE.ARGUMENT, with a transform of the '
            f'training data, one of {sorted({*map(type_name, nodes)})}, and an argument of it'
            + (f', one of {sorted(known - {*COMMON})}.' if known else '.'))
    for transform in transforms:
        transform[key] = value


def _check_option(config: Config, option: str, options: dict, also: tuple[str, ...]) -> None:
    """Raise a ValueError for an option that nothing reads or that does not fit."""
    node, seen = dict(config.items()), ''
    for key in option.split('.'):
        where = f'--cfg-options {option}: {seen or config.filename}'
        if isinstance(node, (list, tuple)):
            if not key.isdigit() or int(key) >= len(node):
                raise ValueError(f'{where} is a list of {len(node)}. Name an entry by its number, from '
                                 f'0 to {len(node) - 1}, instead of {key!r}.')
            node = node[int(key)]
        elif isinstance(node, dict):
            known, others = (_arguments(seen, options.get(f'{seen}.type', node.get('type'))) if seen
                             else (_top_level(), False))
            known |= {entry for outer, _, entry in (path.rpartition('.') for path in also)
                      if outer == seen}
            if not seen and key in node and key not in known:
                raise ValueError(f'--cfg-options {option}: {_advise(config, option, key)}')
            if key not in node and key not in known and f'{seen}.{key}.type' not in options:
                # Where any argument is taken, one letter more or less is a slip nevertheless.
                close = difflib.get_close_matches(
                    key, sorted({*known, *node}), n=3, cutoff=0.85 if others else 0.6)
                if close or not others:
                    own = sorted({*known, *node} - {*COMMON})
                    raise ValueError(f'{where} has no {key!r}. ' + (
                        f'Did you mean {close}?' if close else 'See its entries.' if not seen else
                        f'It has {own}.' if own else 'It takes no arguments.'))
            node = node.get(key)
        else:
            raise ValueError(f'{where} is {node!r}, which has no entries. Set it as a whole.')
        seen = f'{seen}.{key}' if seen else key
        node = {} if node is None else node  # what is below is new


def _advise(config: Config, option: str, variable: str) -> str:
    """Say why a variable of a config has no effect, and which entries to set."""
    value = dict(iter_entries(dict(config.items()))).get(option)
    read = {key: part for key, part in sorted(config.items()) if key in _top_level()}
    entries = [path for path, found in iter_entries(read)
               if path.split('.')[-1] == option.split('.')[-1] and found == value is not None]
    tasks = f' Tasks read {variable}: give it together with --task.' if variable in TASK_OPTIONS else ''
    instead = f'Set {", ".join(entries)}' if entries else 'Set what was made of it'
    return (f'{variable} is a variable that {config.filename} has already used while it was read, so a '
            f'change would do nothing. {instead}, or change it in a config of your own.{tasks}')


def iter_entries(node: Any, prefix: str = '') -> Iterator[tuple[str, Any]]:
    """Yield dotted key and value of all entries at any depth."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield f'{prefix}{key}', value
        if isinstance(value, (dict, list, tuple)):
            yield from iter_entries(value, f'{prefix}{key}.')


def leaves(node: Any) -> dict[str, Any]:
    """Entries by dotted key that are no dict or list, or an empty one."""
    return {path: value for path, value in iter_entries(node)
            if not value or not isinstance(value, (dict, list, tuple))}


def _top_level() -> set[str]:
    """The entries of a config that MMEngine reads."""
    return {*inspect.signature(Runner).parameters, *RUNNER_OPTIONS} - {'cfg'}


def _arguments(path: str, kind: Any) -> tuple[set[str], bool]:
    """The keys that a dict in a config may have, and whether it may have others that are not known."""
    readers = READERS.get(path.removeprefix('env_cfg.').removeprefix('optim_wrapper.'),
                          (DataLoader, ) if path.endswith('_dataloader') else ())
    if kind is not None and path != 'optim_wrapper.clip_grad':  # its type is none of a registry
        readers = find_classes(kind)
    keys, others = {*COMMON}, not readers
    for reader in readers:
        names, more = ({reader}, False) if isinstance(reader, str) else _parameters(reader)
        keys, others = keys | names, others or more
    return keys, others


def _parameters(function: Callable) -> tuple[set[str], bool]:
    """Names of the arguments of a function or class, and whether it takes others, too."""
    names = set()
    for kind in inspect.getmro(function) if inspect.isclass(function) else [function]:
        call = vars(kind).get('__init__') if inspect.isclass(kind) else kind
        if call is None:
            continue
        try:
            parameters, text = inspect.signature(call).parameters, inspect.getsource(call)
        except (TypeError, ValueError, OSError):  # written in C
            return names, kind is not object
        names |= parameters.keys() - {'self', 'args', 'kwargs'}
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters.values()):
            return names, False
        # Arguments that are only handed on are those of the next class.
        if text.count('kwargs') != 2 or not re.search(r'super\(.*?\)\.__init__\([^()]*\*\*kwargs', text):
            return names, True
    return names, False

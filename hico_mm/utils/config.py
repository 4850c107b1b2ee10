"""Config files: finding and reading them."""
import difflib
import os
import os.path as osp
from contextlib import suppress
from pathlib import Path

from mmengine.config import Config

from hico_mm.paths import CONFIGS

from .nodes import spell_types
from .options import merge_options


def list_configs() -> dict[str, str]:
    """Path by name of the project's own configs that pre-train or train with labels, tasks left out."""
    tasks = [path.stem for path in (CONFIGS / 'tasks').glob('*.py')]
    return {name: path for name, path in _own_configs().items()
            if not any(name == task or name.endswith(f'_{task}') for task in tasks)}


def _own_configs() -> dict[str, str]:
    return {path.stem: str(path) for path in sorted(CONFIGS.rglob('*.py')) if '_base_' not in path.parts}


def find_config(path: str) -> str:
    """Find a config file by its path, or else among the project's own by its name.

    That is ``hico_demo``, ``hico_demo.py`` or ``configs/hico_demo.py``, from any working directory.
    """
    if osp.isfile(path):
        return path
    own, name = _own_configs(), Path(path)
    if name.stem in own and name.suffix in ('', '.py') and (
            len(name.parts) == 1 or name.parts[0] == 'configs'):
        return own[name.stem]
    close = difflib.get_close_matches(name.stem, own)
    advice = f'Did you mean one of {close}?' if close else 'Name a file, or one of them as hico_demo.'
    raise FileNotFoundError(f'Config file {path} does not exist (looked for {osp.abspath(path)}, and '
                            f'among the configs of hico_mm). {advice}')


def load_config(path: str, options: dict | None = None, also: tuple[str, ...] = ()) -> Config:
    """Read a config file, found by :func:`find_config`, and merge options into it (``merge_options``).

    The environment variable ``PRETRAIN``, of which the files in ``configs/tasks`` take their base, may
    name a config in the same way. ``PATH@NAME`` is the config evaluated on another data set
    (:func:`evaluate_on`).
    """
    path, at, data = (path, '', '') if osp.isfile(path) or '@' not in path else path.rpartition('@')
    path = find_config(path)
    if pretraining := os.environ.get('PRETRAIN'):
        with suppress(FileNotFoundError):  # it may begin in configs/tasks, where MMEngine looks for it
            os.environ['PRETRAIN'] = osp.abspath(find_config(pretraining))
    try:
        config = Config.fromfile(path)
    except FileNotFoundError as error:
        if pretraining and osp.basename(pretraining) in str(error):
            raise FileNotFoundError(f'PRETRAIN={pretraining} names no config: {error}. Name a file, or '
                                    'one of the configs of hico_mm as hico_demo.') from error
        raise FileNotFoundError(f'Config file {path} is based on a file that is missing: {error}. '
                                'Correct its _base_.') from error
    except RecursionError as error:
        raise ValueError(f'{path} is based on itself, perhaps by PRETRAIN={pretraining}. Let PRETRAIN '
                         'name the config of a pre-training.') from error
    except (OSError, SyntaxError) as error:  # OSError is MMEngine's answer to an unknown ending
        raise ValueError(f'{path} is no config file: {error}') from error
    except (AssertionError, AttributeError, KeyError, ModuleNotFoundError, RuntimeError) as error:
        advice = ('Leave out the base whose entries another has' if 'Duplicate key' in str(error)
                  else 'For a task of a pure-Python config: train.py CONFIG --task NAME'
                  if pretraining and 'lazy_import' in str(error)
                  else 'Run: pip install "setuptools<81"' if 'pkg_resources' in str(error)
                  else 'Correct it, or what it is based on')
        raise ValueError(f'{path} cannot be read: {error}. {advice}.') from error
    spell_types(dict(config.items()))
    if at:
        config = evaluate_on(config, data)
    merge_options(config, options or {}, also)
    return config


def evaluate_on(config: Config, name: str) -> Config:
    """The same pre-training, evaluated on a data set that the entry ``evaluate_on`` of the config names.

    That is a dict of dicts by name: ``splits`` (training, test), ``first`` (transforms before those of
    the pipelines), both optional, and arguments of the data set. Tasks and retrieval follow from it.
    """
    sets = config.get('evaluate_on') or {}
    stem, ending = osp.splitext(config.filename)
    if name not in sets:
        has = f'names {[*sets]}. Name one of them, or add' if sets else 'names no data sets. Add'
        raise ValueError(f'{config.filename} cannot be evaluated on {name!r}: its entry evaluate_on '
                         f'{has} yours, as configs/_base_/datasets/four_sets.py does.')
    if '@' in osp.basename(stem) or 'gallery_dataloader' not in (config.get('val_cfg') or {}):
        raise ValueError(f'{config.filename}@{name}: only a pre-training config, with the data of its '
                         'own, can be evaluated on others. Name that one.')
    changes = dict(sets[name])
    first, splits = changes.pop('first', []), changes.pop('splits', (None, None))
    for key in ('finetune_pipeline', 'evaluate_pipeline', 'test_pipeline'):
        config[key] = [*first, *config[key]]
    for split, loaders in zip(splits, (
            [config.val_cfg.gallery_dataloader, config.test_cfg.gallery_dataloader],
            [config.val_dataloader, config.test_dataloader]), strict=True):
        for loader in loaders:
            loader.dataset.update(changes, pipeline=config.evaluate_pipeline)
            loader.dataset.split = split or loader.dataset.split
    config.work_dir = config.get('work_dir') or osp.join('work_dirs', osp.basename(stem))
    return Config(dict(config), cfg_text=config.text, filename=f'{stem}@{name}{ending}')

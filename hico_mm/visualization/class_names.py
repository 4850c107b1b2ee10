"""Names of classes."""
import os.path as osp
from collections.abc import Sequence

from mmaction.registry import DATASETS
from mmengine.config import Config

from hico_mm.utils import load_config


def load_class_names(path: str) -> list[str]:
    """Read the names of classes.

    Args:
        path (str): A text file with one name a line, the form of MMAction2's label maps; or a config
            whose test data name their classes (``metainfo``).

    Returns:
        list[str]: The names, in the order of the labels.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is neither of the two, or names no class.
    """
    if path.endswith('.py'):
        names = dataset_class_names(load_config(path))
        if names is None:
            raise ValueError(f'The test data of {path} do not name their classes. Add metainfo='
                             'dict(classes=[...]) to the data set, or name a text file with one '
                             'name a line.')
        return names
    if not osp.isfile(path):
        raise FileNotFoundError(f'--class-names {path} does not exist (looked for {osp.abspath(path)}). '
                                'Name a text file with one name a line, or a config.')
    try:
        with open(path, encoding='utf-8') as file:
            names = [line.strip() for line in file if line.strip()]
    except UnicodeDecodeError as error:
        raise ValueError(f'--class-names {path} is no text file. Write one name a line.') from error
    if not names:
        raise ValueError(f'--class-names {path} is empty. Write one name a line.')
    return names


def dataset_class_names(cfg: Config) -> list[str] | None:
    """Ask the test data of a config for the names of their classes.

    Args:
        cfg (Config): The config.

    Returns:
        list[str] | None: The names, if it has any.
    """
    dataset = DATASETS.build({**cfg.test_dataloader.dataset, 'lazy_init': True})
    classes = dataset.metainfo.get('classes')
    return None if classes is None else list(classes)


def name_classes(names: Sequence[str] | None, num_classes: int) -> list[str]:
    """Name each class, by its number if there are no names.

    Args:
        names (Sequence[str], optional): Names, in the order of the labels.
        num_classes (int): How many classes there are.

    Returns:
        list[str]: A name for each class.

    Raises:
        ValueError: If there are fewer names than classes.
    """
    if names is None:
        return [str(number) for number in range(num_classes)]
    if len(names) < num_classes:
        raise ValueError(f'{len(names)} class names do not suffice for {num_classes} classes. Give one '
                         'for each label, from 0, by --class-names.')
    return list(names[:num_classes])

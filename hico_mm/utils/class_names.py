"""Names of classes, from config files, data sets and text files."""
from collections.abc import Sequence

from mmaction.registry import DATASETS
from mmengine.config import ConfigDict

from .config import load_config
from .files import check_file


def name_class(label: int | None, names: Sequence[str] | None = None) -> str | None:
    """Name a class, by its number if it has no name; None without a label."""
    if label is None:
        return None
    return names[label] if names and 0 <= label < len(names) else f'class {label}'


def dataset_class_names(dataset: ConfigDict) -> list[str] | None:
    """Read the names of the classes from the config of a data set; None if it has none."""
    # Built, because names may stand in metainfo, in a file that metainfo names, or in the class.
    classes = DATASETS.build({**dataset, 'pipeline': [], 'lazy_init': True}).metainfo.get('classes')
    return None if classes is None else list(classes)


def load_class_names(path: str) -> list[str]:
    """Read class names, in the order of the labels, from a file that ``--class-names`` gives.

    It is a text file with one name a line, as the label maps of MMAction2, or a config whose test data
    name their classes (``metainfo``).
    """
    if path.endswith('.py'):
        names = dataset_class_names(load_config(path).test_dataloader.dataset)
        if names is None:
            raise ValueError(f'The test data of {path} do not name their classes. Add metainfo='
                             'dict(classes=[...]) to the data set, or name a text file with one '
                             'name a line.')
        return names
    check_file(path, 'Name a text file with one name a line, or a config.', '--class-names')
    try:
        with open(path, encoding='utf-8') as file:
            names = [line.strip() for line in file if line.strip()]
    except UnicodeDecodeError as error:
        raise ValueError(f'--class-names {path} is no text file. Write one name a line.') from error
    if not names:
        raise ValueError(f'--class-names {path} is empty. Write one name a line.')
    return names

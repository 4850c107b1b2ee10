"""Raw files below a folder."""
from pathlib import Path


def find_files(folder: Path, suffix: str, what: str) -> dict[str, Path]:
    """Find the raw files below a folder.

    Args:
        folder (Path): The folder, searched with all folders inside.
        suffix (str): How their names end, such as ``'.skeleton'``.
        what (str): What they are, for messages.

    Returns:
        dict[str, Path]: The files by their name without the suffix, sorted. Hidden files are not
        among them.

    Raises:
        FileNotFoundError: If there is no such folder or no such file in it.
        ValueError: If two files have the same name.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder} is no folder; name the one with {what}.')
    files = {}
    for path in sorted(folder.rglob(f'[!.]*{suffix}')):
        name = path.name.removesuffix(suffix)
        if name in files:
            raise ValueError(f'{files[name]} and {path} have the same name, but {what} need names of '
                             'their own; name a folder with one of the two.')
        files[name] = path
    if not files:
        raise FileNotFoundError(f'There is no *{suffix} file in {folder}; name the folder with '
                                f'{what}.')
    return files


def read_text(path: Path, what: str) -> str:
    """Read a list of names.

    Args:
        path (Path): The file.
        what (str): What it is, for messages.

    Returns:
        str: Its text.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path} is no file; name {what}.')
    return path.read_text(encoding='utf-8-sig', errors='replace')

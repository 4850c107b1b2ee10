import importlib
from types import ModuleType


def import_optional(name: str) -> ModuleType:
    """Import a package of the extra ``deploy``.

    Args:
        name (str): ``'onnx'`` or ``'onnxruntime'``.

    Returns:
        ModuleType: The package.

    Raises:
        ImportError: If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # it is there, and something that it needs is not
            raise
        raise ImportError(f'{name} is not installed. Run: pip install onnx onnxruntime, or install '
                          'hico_mm with its extra "deploy".') from error

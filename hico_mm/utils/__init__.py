"""What several rooms need. Registers a file backend and a loader of checkpoints in MMEngine."""
from .checkpoint import (
    check_checkpoint,
    check_fit,
    find_resume_checkpoint,
    load_checkpoint_file,
    load_part,
    normalise_prefix,
    strip_module,
)
from .config import find_config, list_configs, load_config
from .files import AtomicBackend, atomic_write, check_file, check_writable
from .nodes import iter_dicts, plain, type_name
from .options import OptionsAction, merge_options

__all__ = [
    'AtomicBackend', 'OptionsAction', 'atomic_write', 'check_checkpoint', 'check_file', 'check_fit',
    'check_writable', 'find_config', 'find_resume_checkpoint', 'iter_dicts', 'list_configs',
    'load_checkpoint_file', 'load_config', 'load_part', 'merge_options', 'normalise_prefix', 'plain',
    'strip_module', 'type_name'
]

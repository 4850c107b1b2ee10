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
from .config import CONFIGS, TOOLS, find_config, iter_dicts, list_configs, load_config, merge_options
from .files import AtomicBackend, atomic_write, check_writable

__all__ = [
    'AtomicBackend', 'CONFIGS', 'TOOLS', 'atomic_write', 'check_checkpoint', 'check_fit',
    'check_writable', 'find_config', 'find_resume_checkpoint', 'iter_dicts', 'list_configs',
    'load_checkpoint_file', 'load_config', 'load_part', 'merge_options', 'normalise_prefix',
    'strip_module'
]

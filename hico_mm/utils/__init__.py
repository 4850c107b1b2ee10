"""Helpers of several rooms. Registers the file backend 'atomic' in MMEngine."""
from .atomic import AtomicBackend, atomic_write
from .checkpoint_fit import check_fit, load_part, strip_module

__all__ = ['AtomicBackend', 'atomic_write', 'check_fit', 'load_part', 'strip_module']

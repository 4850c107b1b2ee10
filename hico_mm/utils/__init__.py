"""Helpers of several rooms. Registers the file backend 'atomic' in MMEngine."""
from .atomic import AtomicBackend, atomic_write
from .checkpoint_fit import check_fit, strip_module

__all__ = ['AtomicBackend', 'atomic_write', 'check_fit', 'strip_module']

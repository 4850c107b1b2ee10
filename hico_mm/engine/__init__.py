"""Loops, hooks and optimizer wrappers of the runner: what MMEngine lacks."""
from .hooks import *  # noqa: F403
from .loops import KNNTestLoop, KNNValLoop  # noqa: F401
from .optim_wrappers import BFloat16OptimWrapper  # noqa: F401

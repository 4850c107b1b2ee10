"""Measures how fast training is, against plain formulations of the same, and what encoders cost."""
from hico_mm.utils import CONFIGS as ALL_CONFIGS

CONFIGS = ALL_CONFIGS / '_base_'

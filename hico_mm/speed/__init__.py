"""Measures how fast training is, against plain formulations of the same, and what encoders cost."""
from hico_mm.utils import packaged

CONFIGS = packaged.CONFIGS / '_base_'

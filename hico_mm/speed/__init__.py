"""Measures how fast pre-training is, against plain formulations of the same."""
from hico_mm.utils import packaged

CONFIGS = packaged.CONFIGS / '_base_'

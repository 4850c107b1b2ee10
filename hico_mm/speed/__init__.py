"""Measures how fast pre-training is, against plain formulations of the same."""
from pathlib import Path

CONFIGS = Path(__file__).parents[2] / 'configs/_base_'

"""Measures how fast pre-training is, against plain formulations of the same."""

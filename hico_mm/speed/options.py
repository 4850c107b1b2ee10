"""Options that several modes of ``tools/analysis/speed.py`` have, and what they may be."""
import argparse
from collections.abc import Sequence

import torch


def positive(text: str) -> int:
    """Read a positive number."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f'{text!r} is no positive number')
    return int(text)


def not_negative(text: str) -> int:
    """Read a number from 0."""
    return 0 if text == '0' else positive(text)


def device(text: str) -> str:
    """Read the name of a device that is there."""
    try:
        torch.zeros(1, device=text)
    except (RuntimeError, AssertionError) as error:  # of torch without CUDA
        raise argparse.ArgumentTypeError(f'{text!r} cannot be used: {error}') from error
    return text


def add_timing_arguments(mode: argparse.ArgumentParser) -> None:
    """Options of the modes that run steps."""
    mode.add_argument('--device', type=device, default='cuda' if torch.cuda.is_available() else 'cpu')
    mode.add_argument('--rounds', type=positive, default=5, help='times every form is run')


def add_sequences(mode: argparse.ArgumentParser, number: int, frames: tuple[int, int]) -> None:
    """Options for the random sequences of a mode.

    Args:
        mode (argparse.ArgumentParser): The parser to extend.
        number (int): Default of their number.
        frames (tuple[int, int]): Default of their least and greatest length.
    """
    mode.add_argument('--sequences', type=positive, default=number,
                      help=f'how many to make; default: {number}')
    mode.add_argument('--frames', type=positive, nargs=2, default=frames, metavar=('LEAST', 'MOST'),
                      help=f'their lengths; default: {frames[0]} {frames[1]}')


def check_precision(args: argparse.Namespace, precisions: Sequence[str]) -> None:
    """Refuse what the device cannot compute.

    Args:
        args (argparse.Namespace): Has ``device``.
        precisions (Sequence[str]): Those asked for.

    Raises:
        ValueError: If the device lacks one.
    """
    if args.device == 'cpu' and 'float16' in precisions:
        raise ValueError('--precision float16 needs a GPU; a CPU has bfloat16.')


def check_sequences(args: argparse.Namespace, batch_size: int) -> None:
    """Refuse sequences that make no batch, and lengths in the wrong order.

    Args:
        args (argparse.Namespace): Has the options of :func:`add_sequences`.
        batch_size (int): N.

    Raises:
        ValueError: If there are too few, or the lengths are exchanged.
    """
    if args.sequences < batch_size:
        raise ValueError(f'--sequences is {args.sequences}, but a batch has {batch_size}.')
    if args.frames[0] > args.frames[1]:
        raise ValueError(f'--frames is {args.frames[0]} {args.frames[1]}; give the least first.')

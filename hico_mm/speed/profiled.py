"""Where the time of a piece of work goes."""
from collections.abc import Callable

import torch


def profile_table(work: Callable[[], None], device: str, rows: int = 15) -> str:
    """Run a piece of work under PyTorch's profiler.

    Args:
        work (Callable): What to profile.
        device (str): ``'cpu'`` to sort by the operators' time on the CPU, else by that on the GPU.
        rows (int): Number of operators. Defaults to 15.

    Returns:
        str: Table of the operators that take most time by themselves.
    """
    with torch.profiler.profile() as profile:
        work()
    return profile.key_averages().table(
        sort_by=f'self_{torch.device(device).type}_time_total', row_limit=rows,
        max_name_column_width=50)

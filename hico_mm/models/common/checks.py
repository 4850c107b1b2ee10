"""Checks of arguments that several modules share."""

VARIANTS = ('paper', 'released')


def check_variant(variant: str) -> str:
    """Return the variant, or raise a ValueError: ``'paper'`` for the equations, ``'released'`` for the
    authors' code where it differs from them."""
    if variant not in VARIANTS:
        raise ValueError(f'variant={variant!r} is unknown. Use one of {VARIANTS}: the equations of '
                         'the paper, or what the authors released where the two differ.')
    return variant


def check_positive(**sizes: int) -> None:
    """Raise a ValueError for sizes that are no positive integers."""
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f'{name}={size!r} must be a positive integer.')

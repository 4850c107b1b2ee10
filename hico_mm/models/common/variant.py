VARIANTS = ('paper', 'released')


def check_variant(variant: str) -> str:
    """Return ``variant`` if it is known.

    Args:
        variant: ``'paper'`` for the equations of the paper, ``'released'`` for the authors' code.

    Raises:
        ValueError: It is neither.
    """
    if variant not in VARIANTS:
        raise ValueError(f'variant={variant!r} is unknown. Use one of {VARIANTS}: the equations of '
                         'the paper, or what the authors released where the two differ.')
    return variant

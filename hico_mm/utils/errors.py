"""Errors of the user as one line, errors of the program with their traceback; checks of arguments."""
import errno
import linecache
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
USER_ERRORS = (ValueError, KeyError, FileNotFoundError, TypeError, ImportError, AssertionError)
# Where a `raise` means that an option, a config, a path or the data are wrong. The scripts in
# tools/ are `__main__`.
MODULES = ('hico_mm', '__main__', 'mmengine.config', 'mmengine.dataset', 'mmengine.registry',
           'mmengine.optim', 'mmengine.visualization', 'torch.utils.data')
# What the equations of the paper say, or the authors' code where it differs from them.
VARIANTS = ('paper', 'released')


@contextmanager
def readable_errors(advice: str = '') -> Iterator[None]:
    """End the program by the message on stderr: ``error: ...``, with exit code 1, on a user's error.

    That is a ``USER_ERRORS`` which a ``raise`` statement in ``MODULES`` raised: its message was
    written for the user. The same type out of any other expression is a bug and passes unchanged,
    but for arguments that a class named in the config does not have. A full disk is one line, too.
    Ctrl-C ends it by ``Stopped.`` and the exit code that shells give it. After these two, the advice
    says how to go on.
    """
    logging.raiseExceptions = False  # a log that cannot be written is no traceback
    try:
        yield
    except (KeyboardInterrupt, SyntaxError) as error:
        # As which MMEngine raises it again while it formats the config for a checkpoint.
        if isinstance(error, SyntaxError) and not isinstance(error.__context__, KeyboardInterrupt):
            raise
        print(f'Stopped. {advice}'.rstrip(), file=sys.stderr)
        sys.exit(130)
    except USER_ERRORS as error:
        if not _is_raised_on_purpose(error) and not _is_unknown_argument(error):
            raise
        # str(KeyError) would put the message in quotes.
        message = error.args[0] if isinstance(error, KeyError) else str(error)
        lines = [line.rstrip() for line in str(message).splitlines()]
        sys.exit('error: ' + '\n'.join(filter(None, lines)))
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.exit(f"error: {error.filename or 'A file'} could not be written: {error.strerror}. Make "
                 f'room there. {advice}'.rstrip())


def _is_raised_on_purpose(error: Exception) -> bool:
    """Whether a ``raise`` statement of ``MODULES`` is where the error comes from."""
    *_, (frame, line_number) = traceback.walk_tb(error.__traceback__)
    module = frame.f_globals.get('__name__', '')
    line = linecache.getline(frame.f_code.co_filename, line_number)
    return (any(module == name or module.startswith(f'{name}.') for name in MODULES)
            and line.lstrip().startswith('raise '))


def _is_unknown_argument(error: Exception) -> bool:
    """Whether MMEngine's registry called a class with an argument that it does not have."""
    # The latter is said by graph networks of MMAction2.
    return re.search('unexpected keyword argument|Invalid arguments', str(error)) and any(
        frame.f_globals.get('__name__', '').startswith('mmengine.registry')
        for frame, _ in traceback.walk_tb(error.__traceback__))


def check_positive(**sizes: int) -> None:
    """Raise a ValueError for sizes that are no positive integers."""
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f'{name}={size!r} must be a positive integer.')


def check_variant(variant: str) -> str:
    """Return the variant, or raise a ValueError."""
    if variant not in VARIANTS:
        raise ValueError(f'variant={variant!r} is unknown. Use one of {VARIANTS}: the equations of '
                         'the paper, or what the authors released where the two differ.')
    return variant

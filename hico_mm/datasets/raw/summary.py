"""The report at the end of a conversion."""
from collections.abc import Sequence

from .outcome import MALFORMED, Outcome

SHOWN = 5  # names listed for a reason; malformed files are all listed


def summarize(outcome: Outcome) -> str:
    """Say what came of the raw files.

    Args:
        outcome (Outcome): All that came of them.

    Returns:
        str: A table of sequences, persons and frames, and under it what was left out and why.
    """
    rows = [f'{"":16}{"sequences":>12}{"persons":>12}{"frames":>12}{"classes":>12}',
            _row('all', [annotation for annotation, _ in outcome.sequences])]
    rows += [_row(name, split) for name, split in sorted(outcome.by_split().items())]
    return '\n'.join([*rows, list_left_out(outcome)])


def list_left_out(outcome: Outcome) -> str:
    """Say what was left out and why.

    Args:
        outcome (Outcome): All that came of the raw files.

    Returns:
        str: The number, and under it the number and names by reason.
    """
    reasons = {}
    for reason, what in outcome.left_out:
        reasons.setdefault(reason, []).append(what)
    lines = [f'Left out: {len(outcome.left_out)}']
    for reason, whats in reasons.items():
        if reason == MALFORMED:
            lines += [f'{len(whats):8} {reason}:', *(f'{"":9}{what}' for what in whats)]
        else:
            more = ', ...' if len(whats) > SHOWN else ''
            lines += [f'{len(whats):8} {reason}: {", ".join(whats[:SHOWN])}{more}']
    return '\n'.join(lines)


def _row(name: str, annotations: Sequence[dict]) -> str:
    persons = sum(len(annotation['keypoint']) for annotation in annotations)
    frames = sum(annotation['total_frames'] for annotation in annotations)
    classes = len({annotation['label'] for annotation in annotations})
    return f'{name:16}{len(annotations):12}{persons:12}{frames:12}{classes:12}'

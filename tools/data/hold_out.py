"""Divide the training split of an annotation file, to choose settings without a look at test data.

Every second subject of the split becomes validation. The new file has these two splits and no sequence
of any other. With --group, groups are told apart by what its pattern finds in the names instead.
"""
import argparse
import os
import re
from collections.abc import Callable

from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.annotation_file import read_annotation_file, select_split, sequence_name
from hico_mm.utils import check_writable
from hico_mm.utils.errors import readable_errors


def hold_out(annotations: list[dict], group: Callable[[dict], str | int]) -> tuple[list, list]:
    """Divide sequences by their groups, in order: the first, third, ... and the second, fourth, ..."""
    groups = [group(annotation) for annotation in annotations]
    in_order = sorted(set(groups))
    if len(in_order) < 2:
        raise ValueError(f'All {len(annotations)} sequences are of one group, {groups[0]!r}, but two '
                         'are needed to hold one out. Name others by --group.')
    train, val = [], []
    for annotation, name in zip(annotations, groups, strict=True):
        (val if name in in_order[1::2] else train).append(annotation)
    return train, val


def subject(annotation: dict) -> int | str:
    """The subject of a sequence."""
    if 'subject' not in annotation:
        raise ValueError(f"{sequence_name(annotation)} has no 'subject' among its keys "
                         f"{list(annotation)}. Tell groups apart by a pattern of the names, --group.")
    return annotation['subject']


def by_name(pattern: str) -> Callable[[dict], str]:
    """What a pattern finds in the name of a sequence: its first group, or all that it finds."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f'--group {pattern!r} is no regular expression: {error}.') from error

    def group(annotation: dict) -> str:
        found = compiled.search(annotation['frame_dir'])
        if found is None:
            raise ValueError(f'--group {pattern!r} finds nothing in the name of '
                             f'{sequence_name(annotation)}. It has to fit all names of the split.')
        return found[min(1, compiled.groups)]
    return group


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('annotations', help='annotation file to read')
    parser.add_argument('out', help='annotation file to write')
    parser.add_argument('--splits', nargs=2, default=['xsub_train', 'xsub_val'],
                        metavar=('TRAIN', 'VAL'), help='split to divide, which keeps its name, and the '
                        'name of what is held out; default: xsub_train xsub_val')
    parser.add_argument('--group', metavar='REGEX', help='what tells groups apart in the names of the '
                        'sequences, in brackets; default: their subjects')
    args = parser.parse_args()
    if args.splits[0] == args.splits[1]:
        parser.error(f'--splits {args.splits[0]} twice, but the two parts need names of their own')
    with readable_errors():
        check_writable(os.path.dirname(os.path.abspath(args.out)), 'OUT')
        if os.path.exists(args.out):
            raise ValueError(f'{args.out} is there already. Choose another name, or remove it.')
        annotations = select_split(
            read_annotation_file(args.annotations), args.splits[0], args.annotations)
        parts = hold_out(annotations, by_name(args.group) if args.group else subject)
        write_annotation_file(args.out, dict(zip(args.splits, parts, strict=True)), 'float32')
    print(f'{args.out}: {args.splits[0]} {len(parts[0])}, {args.splits[1]} {len(parts[1])}')


if __name__ == '__main__':
    main()

"""Convert an annotation file into a packed store, for data larger than memory, and back.

    packed_store.py to ANNOTATIONS.pkl STORE
    packed_store.py from STORE ANNOTATIONS.pkl

A config reads the store by dict(type='PackedSkeletonDataset', path=STORE, ...) in the place of
dict(type='SkeletonDataset', ann_file=ANNOTATIONS, ...).
"""
import argparse
import os
import pickle
from collections.abc import Iterator

from hico_mm.datasets import PackedStore, write_packed_store
from hico_mm.datasets.annotation_file import read_annotation_file, select_split
from hico_mm.utils import atomic_write, check_writable
from hico_mm.utils.errors import readable_errors
from hico_mm.utils.progress import track


def read_sequences(path: str, drop: list[str]) -> Iterator[tuple[dict, list[str]]]:
    """Read annotations, without the keys to drop, each with the splits that it is in."""
    content = read_annotation_file(path)
    annotations = select_split(content, None, path)
    splits = {}
    for split in content['split'] if isinstance(content, dict) else ():
        for annotation in select_split(content, split, path):
            splits.setdefault(annotation['frame_dir'], []).append(split)
    for annotation in track(annotations):
        kept = {key: value for key, value in annotation.items() if key not in drop}
        yield kept, splits.get(annotation['frame_dir'], [])


def write_annotations(store: PackedStore, path: str) -> None:
    """Write an annotation file, the bare list of annotations if the store has no splits."""
    content = list(track(store))
    if store.splits:
        split = {name: [annotation['frame_dir'] for annotation in
                        PackedStore(store.path, name).without_keypoint()] for name in store.splits}
        content = dict(split=split, annotations=content)
    with atomic_write(path) as file:
        pickle.dump(content, file, protocol=pickle.HIGHEST_PROTOCOL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest='command', required=True)
    to = commands.add_parser('to', help='write a store')
    to.add_argument('annotations', help='annotation file to read')
    to.add_argument('store', help='folder to write, which must not exist')
    to.add_argument('--drop', nargs='+', default=[], metavar='KEY', help='keys to leave out of the '
                    'annotations')
    back = commands.add_parser('from', help='write an annotation file')
    back.add_argument('store', help='folder to read')
    back.add_argument('annotations', help='annotation file to write')
    args = parser.parse_args()

    out = args.store if args.command == 'to' else args.annotations
    with readable_errors():
        check_writable(os.path.dirname(os.path.abspath(out)), 'OUT')
        if args.command == 'to':
            write_packed_store(args.store, read_sequences(args.annotations, args.drop))
        store = PackedStore(args.store)
        if args.command == 'from':
            write_annotations(store, args.annotations)
    print(f'{out}: {len(store)} sequences, splits {store.splits}')


if __name__ == '__main__':
    main()

"""What an exported model takes and gives, as it stands in the metadata of its file."""
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from hico_mm.version import __version__

INPUT = 'keypoint'
CLS_SCORE, FEATURE = 'cls_score', 'feature'
# For people who look into a file.
INPUT_MEANING = ('joints (N, M, T, V, C) float32, normalised and cropped as by the pipeline; bones and '
                 'motion are made inside')
OUTPUT_MEANING = {
    CLS_SCORE: 'class scores (N, classes), before the softmax',
    FEATURE: 'instance feature (N, channels), not of unit length',
}
SIZES = ('num_persons', 'num_frames', 'num_joints', 'in_channels')


@dataclass(frozen=True)
class Contract:
    """What goes into an exported model and what comes out.

    Args:
        num_persons (int): M.
        num_frames (int): T.
        num_joints (int): V.
        in_channels (int): C.
        layout (str): The preset layout that the pipeline takes, ``''`` if it names joints instead. The
            pipeline may map it to V other joints.
        stream (str): What the graph makes of the joints: ``'joint'``, ``'bone'`` or ``'motion'``.
        output (str): ``'cls_score'``: class scores before the softmax; ``'feature'``: the instance
            feature, neither projected nor normalised.
        classes (list[str]): Names of the classes; empty if they have none or are no output.
        pipeline (list[dict]): The transforms that prepare a sequence of the test data.
        hico_mm_version (str): Version that exported the model. Defaults to the one that runs.
    """

    num_persons: int
    num_frames: int
    num_joints: int
    in_channels: int
    layout: str
    stream: str
    output: str
    classes: list[str]
    pipeline: list[dict]
    hico_mm_version: str = __version__

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """(M, T, V, C)."""
        return tuple(getattr(self, name) for name in SIZES)

    def to_metadata(self) -> dict[str, str]:
        """Write all as text: strings as they are, the rest as JSON.

        Returns:
            dict[str, str]: Text by name, with two more: what input and output mean.
        """
        texts = {name: value if isinstance(value, str) else json.dumps(value, default=str)
                 for name, value in asdict(self).items()}
        return dict(texts, input_meaning=INPUT_MEANING, output_meaning=OUTPUT_MEANING[self.output])

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], path: str | os.PathLike) -> 'Contract':
        """Read what :meth:`to_metadata` wrote.

        Args:
            metadata (Mapping[str, str]): Text by name.
            path (str or os.PathLike): The file, for messages.

        Returns:
            Contract: The contract.

        Raises:
            ValueError: If another program, or another version of this one, wrote the file.
        """
        again = ('Export it with this version: python tools/deployment/export_onnx.py CONFIG CHECKPOINT '
                 'OUT')
        version = metadata.get('hico_mm_version')
        if version is None:
            raise ValueError(f'{path} was not exported by hico_mm: its metadata have '
                             f'{sorted(metadata) or "nothing"}, but no hico_mm_version. {again}.')
        if _series(version) != _series(__version__):
            raise ValueError(f'{path} was exported by hico_mm {version}, but this is hico_mm '
                             f'{__version__}, whose input may be prepared in another way. '
                             f'{again}.')
        try:
            return cls(**{
                field.name: metadata[field.name] if field.type is str else json.loads(
                    metadata[field.name]) for field in fields(cls)})
        except (KeyError, json.JSONDecodeError) as error:
            raise ValueError(f'{path} has incomplete or broken metadata ({error}). {again}.') from error


def _series(version: str) -> list[str]:
    """Major and minor number, within which files stay readable: '0.1.3' -> ['0', '1']."""
    return version.split('.')[:2]

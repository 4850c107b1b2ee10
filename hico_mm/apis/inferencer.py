"""A trained encoder for one's own skeletons."""
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.device import get_device

from hico_mm.utils import load_config
from hico_mm.utils.class_names import name_class

from .inference import count_channels, encode, encoder_fingerprint, find_test_data, load_recognizer
from .preparation import Preparation, Window, check_window, find_input
from .recordings import read_recordings
from .results import Gallery, WindowResult, features_of


class SkeletonInferencer:
    """Gives features, class scores and nearest neighbours of skeleton recordings.

    A recording, or each window of it, is prepared by the test pipeline of the config. The result is what
    ``tools/test.py`` would compute of a sequence of these frames. The evaluation crop takes the middle
    of a window, too. A window without any person has no result. Sequences of a gallery are taken whole.

    Args:
        config: Config of a pre-training, or of a task for class scores.
        checkpoint: Its checkpoint; None for the untrained encoder.
        gallery: Where to look for neighbours: an annotation file in the layout of the encoder, with or
            without labels, or features (``.npz``) by ``tools/analysis/extract_features.py`` or
            ``tools/infer.py``. None for no neighbours.
        gallery_split: Split of the gallery's annotation file; None for all of it.
        source: Layout of the recordings, see :mod:`hico_mm.datasets.layouts`; None if it is that of the
            encoder.
        target: Layout of the encoder; None if its config names it.
        axes: With ``source``: where x, y and z of the recordings point, see ``MapJoints``. None for the
            usual directions.
        scale: With ``source``: factor from the recordings' unit to metres.
        window: Frames of a window; None takes a recording whole.
        stride: Frames from one window to the next; None for half a window.
        order: Axes of the arrays, if they are not TVC or MTVC, such as ``'TMVC'``: persons M, frames T,
            joints V, coordinates C.
        fill_gaps: Up to how many frames in a row may be NaN: they are interpolated linearly, in a stream
            within each window. Before the first and after the last position the nearest one is held.
        k: How many neighbours.
        device: Where to compute; None for a GPU if there is one.

    Raises:
        FileNotFoundError: If the config, the checkpoint or the gallery is not there.
        KeyError: If there is no layout ``source``.
        ValueError: If the config is not that of a pre-training or a task, the checkpoint does not fit,
            the gallery is of another encoder, or a setting is out of range.
    """

    def __init__(self, config: str | os.PathLike | Config, checkpoint: str | os.PathLike | None,
                 gallery: str | os.PathLike | None = None, *, gallery_split: str | None = None,
                 source: str | None = None, target: str | None = None,
                 axes: Sequence[str] | None = None, scale: float = 1., window: int | None = None,
                 stride: int | None = None, order: str | None = None, fill_gaps: int = 0, k: int = 5,
                 device: str | None = None) -> None:
        check_window(window, stride)
        if k < 1:
            raise ValueError(f'k is {k}, but at least 1 neighbour is expected.')
        self.window, self.stride, self.k = window, stride, k
        self.order, self.fill_gaps = order, fill_gaps
        cfg = config if isinstance(config, Config) else load_config(os.fspath(config))
        self._dataset = find_test_data(cfg)
        model, self.classes = load_recognizer(cfg, checkpoint and os.fspath(checkpoint))
        self.has_head = getattr(model, 'with_cls_head', False)  # whether it gives class scores
        self.device = device or get_device()
        try:
            self.model = model.to(self.device)
        except (RuntimeError, AssertionError) as error:
            raise ValueError(f"device={self.device!r} cannot be used: {error}. Give 'cpu', or on a "
                             "machine with a GPU 'cuda'.") from error
        # As in the tests: another size of the batches may change the last bit.
        self.batch_size = cfg.test_dataloader.get('batch_size', 1)
        self.fingerprint = encoder_fingerprint(model, cfg)

        expected = find_input(self._dataset, model.backbone)
        pipeline = Compose(self._dataset.pipeline)
        self._preparation = Preparation(expected, pipeline, source, target, axes, scale)
        self.gallery = None
        if gallery is not None:
            self.gallery = self._load_gallery(os.fspath(gallery), gallery_split,
                                              Preparation(expected, pipeline))

    def __call__(self, source: str | os.PathLike | np.ndarray | dict | Sequence,
                 split: str | None = None) -> list[WindowResult]:
        """Run the model on recordings.

        Args:
            source: Path of an annotation pickle, a ``.npy`` array or a ``.skeleton`` file; an array or
                tensor (T, V, C) or (M, T, V, C); one annotation; or a list of these, of any lengths.
            split: Split of the annotation pickle; None for all of it.

        Returns:
            A result for each recording, or for each window of it.

        Raises:
            FileNotFoundError, ValueError: If a recording is not there or unfit.
        """
        recordings = read_recordings(source, split, self._class_names_of, self.fill_gaps,
                                     self.order)
        return self._infer(self._preparation.windows(recordings, self.window, self.stride, 'Recording'))

    def stream(self, frames: Iterable[np.ndarray], name: str = 'stream') -> Iterator[WindowResult]:
        """Run the model on frames as they come.

        Args:
            frames: Frames, each (V, C) or (M, V, C); persons may come and go.
            name: Name of the results.

        Yields:
            The result of each window, as soon as the window is complete.

        Raises:
            ValueError: If there is no window, a frame is unfit, or there are too few.
        """
        if self.window is None:
            raise ValueError('A stream is cut into windows, but window is None. Give the frames of a '
                             'window, such as window=64.')
        if self.order is not None:
            raise ValueError(f'Only arrays have their axes in an order such as {self.order!r}; the '
                             'frames of a stream are (V, C) or (M, V, C).')
        for window in self._preparation.stream(frames, self.window, self.stride, name, self.fill_gaps):
            yield from self._encode([window])

    def _infer(self, windows: Iterator[Window]) -> list[WindowResult]:
        """Encode windows, a batch at a time."""
        results = []
        while batch := list(islice(windows, self.batch_size)):
            results += self._encode(batch)
        return results

    def _encode(self, batch: list[Window]) -> Iterator[WindowResult]:
        samples = pseudo_collate([window.sample for window in batch])
        instance, scores = encode(self.model, samples, self.has_head)  # (N, D), (N, classes)
        if scores is not None:
            is_probability = self.model.cls_head.average_clips == 'prob'
            probabilities = scores if is_probability else scores.softmax(dim=1)
        neighbours = None
        if self.gallery is not None:
            queries = dict(feature=instance.numpy(),
                           frame_dir=np.array([window.recording.name for window in batch]),
                           content=np.array([window.recording.content for window in batch]))
            neighbours = self.gallery.find(queries, self.k)
        for number, (recording, start, end, _) in enumerate(batch):
            result = dict(name=recording.name, start=start, end=end, feature=instance[number].numpy(),
                          label=recording.label, class_name=recording.class_name,
                          content=recording.content)
            if neighbours is not None:
                nearest = neighbours[number]
                result.update(neighbours=nearest, predicted=nearest[0].class_name if nearest else None)
            if scores is not None:
                values, labels = probabilities[number].sort(descending=True)
                classes = tuple((name_class(label, self.classes), value)
                                for label, value in zip(labels.tolist(), values.tolist(), strict=True))
                result.update(scores=scores[number].numpy(), classes=classes, predicted=classes[0][0])
            yield WindowResult(**result)

    def _class_names_of(self, source: Any) -> Sequence[str] | None:
        """Names of the classes of the config's own annotation file. Other files have other classes."""
        own = os.path.join(self._dataset.get('data_root') or '', self._dataset.get('ann_file') or '')
        is_path = isinstance(source, str | os.PathLike)
        if not is_path or os.path.realpath(own) != os.path.realpath(source):
            return None
        return (self._dataset.get('metainfo') or {}).get('classes')

    def _load_gallery(self, path: str, split: str | None, preparation: Preparation) -> Gallery:
        if path.endswith('.npz'):
            if split is not None:
                raise ValueError(f'The gallery {path} holds features, which have no splits; leave '
                                 f'{split!r} out.')
            return Gallery.load(path, count_channels(self.model), self.fingerprint)
        sequences = read_recordings(path, split, self._class_names_of, self.fill_gaps)
        results = self._infer(preparation.windows(sequences, None, None, 'Gallery sequence'))
        return Gallery(features_of(results), [result.label for result in results],
                       [result.class_name for result in results])

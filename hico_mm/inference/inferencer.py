"""A trained encoder for one's own skeletons."""
import copy
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.device import get_device

from hico_mm.utils import load_config

from .class_names import file_classes, head_classes, rank_classes
from .gallery import Gallery, gallery_of, load_gallery
from .loading import (
    count_channels,
    encoder_fingerprint,
    find_input,
    find_test_data,
    instance_feature,
    load_recognizer,
)
from .preparation import Preparation
from .recordings import Recording, read_recordings
from .results import WindowResult
from .windows import check_window, slide, slide_recording


class SkeletonInferencer:
    """Gives features, class scores and nearest neighbours of skeleton recordings.

    A recording, or each window of it, is prepared by the test pipeline of the config: it gets what
    ``tools/test.py`` would compute of a sequence of these frames. Of a window, too, the evaluation crop
    takes the middle. A window in which nobody is gets no result. Sequences of a gallery are taken whole.

    Args:
        config (str | Path | Config): Config of a pre-training, or of a task for class scores.
        checkpoint (str | Path, optional): Its checkpoint; None for the untrained encoder.
        gallery (str | Path, optional): Where to look for neighbours: an annotation file in the layout of
            the encoder, with or without labels, or features (``.npz``) by
            ``tools/analysis/extract_features.py`` or ``tools/infer.py``. Defaults to None.
        gallery_split (str, optional): Split of the gallery's annotation file. Defaults to None, for all.
        source (str, optional): Layout of the recordings, see :mod:`hico_mm.datasets.layouts`, if it is
            not that of the encoder. Defaults to None.
        target (str, optional): Layout of the encoder, if its config does not name it. Defaults to None.
        axes (Sequence[str], optional): With ``source``: where x, y and z of the recordings point, see
            ``MapJoints``. Defaults to None, for the usual ones.
        scale (float): With ``source``: factor from the recordings' unit to metres. Defaults to 1.
        window (int, optional): Frames of a window. Defaults to None, which takes a recording whole.
        stride (int, optional): Frames from one window to the next. Defaults to None: half a window.
        k (int): How many neighbours. Defaults to 5.
        device (str, optional): Where to compute. Defaults to None, for a GPU if there is one.

    Raises:
        FileNotFoundError: If the config, the checkpoint or the gallery is not there.
        KeyError: If there is no layout ``source``.
        ValueError: If the config is none of a pre-training or a task, the checkpoint does not fit, the
            gallery is of another encoder, or a setting is out of range.
    """

    def __init__(self,
                 config: str | os.PathLike | Config,
                 checkpoint: str | os.PathLike | None,
                 gallery: str | os.PathLike | None = None,
                 *,
                 gallery_split: str | None = None,
                 source: str | None = None,
                 target: str | None = None,
                 axes: Sequence[str] | None = None,
                 scale: float = 1.,
                 window: int | None = None,
                 stride: int | None = None,
                 k: int = 5,
                 device: str | None = None) -> None:
        check_window(window, stride)
        if k < 1:
            raise ValueError(f'k is {k}, but at least 1 neighbour is expected.')
        self.window, self.stride, self.k = window, stride, k
        cfg = config if isinstance(config, Config) else load_config(os.fspath(config))
        self._dataset = find_test_data(cfg)
        model, classes = load_recognizer(cfg, None if checkpoint is None else os.fspath(checkpoint))
        self.classes = head_classes(self._dataset, classes, model)
        self.device = device or get_device()
        try:
            self.model = model.to(self.device)
        except (RuntimeError, AssertionError) as error:
            raise ValueError(f"device={self.device!r} cannot be used: {error}. Give 'cpu', or on a "
                             "machine with a GPU 'cuda'.") from error
        # That of the tests, because the size of a batch may change the last bit.
        self.batch_size = cfg.test_dataloader.get('batch_size', 1)
        self.fingerprint = encoder_fingerprint(model, cfg)

        expected = find_input(self._dataset, model.backbone)
        pipeline = Compose(copy.deepcopy(self._dataset.pipeline))
        self._preparation = Preparation(expected, pipeline, source, target, axes, scale)
        self.gallery = None
        if gallery is not None:
            self.gallery = self._load_gallery(os.fspath(gallery), gallery_split,
                                              Preparation(expected, pipeline))

    @property
    def has_head(self) -> bool:
        """Whether the model gives class scores."""
        return getattr(self.model, 'with_cls_head', False)

    def __call__(self, source: str | os.PathLike | np.ndarray | dict,
                 split: str | None = None) -> list[WindowResult]:
        """Look at recordings.

        Args:
            source (str | os.PathLike | np.ndarray | dict): Path of an annotation pickle, a ``.npy``
                array or a ``.skeleton`` file; an array (T, V, C) or (M, T, V, C); or one annotation.
            split (str, optional): Split of the annotation pickle. Defaults to None, for all of it.

        Returns:
            list[WindowResult]: A result for each recording, or for each window of it.

        Raises:
            FileNotFoundError, KeyError, ValueError: If a recording is not there or unfit.
        """
        recordings = read_recordings(source, split, file_classes(self._dataset, source))
        return list(self._look(recordings, self._preparation, self.window))

    def stream(self, frames: Iterable[np.ndarray], name: str = 'stream') -> Iterator[WindowResult]:
        """Look at frames as they come.

        Args:
            frames (Iterable[np.ndarray]): Frames, each (V, C) or (M, V, C); persons may come and go.
            name (str): Name of the results. Defaults to 'stream'.

        Yields:
            WindowResult: The result of each window, as soon as the window is complete.

        Raises:
            ValueError: If there is no window, a frame is unfit, or there are too few.
        """
        if self.window is None:
            raise ValueError('A stream is looked at in windows, but the window is None. Give its number '
                             'of frames, such as window=64.')
        frames = self._check_first(frames, name)
        for start, end, keypoint in slide(frames, self.window, self.stride, name):
            if keypoint.any():
                self._preparation.check(keypoint, f'{name}, frames {start} to {end - 1}')
                sample = self._preparation(keypoint, name, None)
                yield from self._encode([(Recording(name, keypoint), start, end, sample)])

    def _check_first(self, frames: Iterable[np.ndarray], name: str) -> Iterator[np.ndarray]:
        """Refuse unfit joints at the first frame, not when a window is complete."""
        for number, frame in enumerate(frames):
            if number == 0:
                self._preparation.check_shape(frame, f'{name}, frame 0')
            yield frame

    def _look(self, recordings: Iterable[Recording], preparation: Preparation, window: int | None,
              what: str = 'Recording') -> Iterator[WindowResult]:
        """Prepare windows and encode them, a batch at a time."""
        prepared = self._prepare(recordings, preparation, window, what)
        while batch := list(islice(prepared, self.batch_size)):
            yield from self._encode(batch)

    def _prepare(self, recordings: Iterable[Recording], preparation: Preparation, window: int | None,
                 what: str) -> Iterator[tuple[Recording, int, int, dict]]:
        for recording in recordings:
            name = f'{what} {recording.name!r}'
            preparation.check(recording.keypoint, name)
            for start, end, keypoint in slide_recording(recording.keypoint, window, self.stride, name):
                if keypoint.any():
                    sample = preparation(keypoint, recording.name, recording.label)
                    yield recording, start, end, sample

    @torch.no_grad()
    def _encode(self, batch: list[tuple[Recording, int, int, dict]]) -> Iterator[WindowResult]:
        data = self.model.data_preprocessor(pseudo_collate([sample for *_, sample in batch]))
        features, options = self.model.extract_feat(data['inputs'], test_mode=True)
        instance = instance_feature(features, len(batch)).float().cpu().numpy()
        scores = neighbours = None
        if self.has_head:
            samples = self.model.cls_head.predict(features, data['data_samples'], **options)
            scores = torch.stack([sample.pred_score for sample in samples]).cpu()
            is_probability = self.model.cls_head.average_clips == 'prob'
            probabilities = scores if is_probability else scores.softmax(dim=1)
        if self.gallery is not None:
            known = [self.gallery.name_of(recording) for recording, *_ in batch]
            neighbours = self.gallery.find(instance, self.k, known)
        for number, (recording, start, end, _) in enumerate(batch):
            result = dict(name=recording.name, start=start, end=end, feature=instance[number],
                          label=recording.label, class_name=recording.class_name)
            if neighbours is not None:
                nearest = neighbours[number]
                result.update(neighbours=nearest, predicted=nearest[0].class_name if nearest else None)
            if scores is not None:
                classes = rank_classes(probabilities[number], self.classes)
                result.update(scores=scores[number].numpy(), classes=classes, predicted=classes[0][0])
            yield WindowResult(**result)

    def _load_gallery(self, path: str, split: str | None, preparation: Preparation) -> Gallery:
        if path.endswith('.npz'):
            if split is not None:
                raise ValueError(f'The gallery {path} holds features, which have no splits; leave '
                                 f'{split!r} out.')
            return load_gallery(path, count_channels(self.model), self.fingerprint)
        sequences = read_recordings(path, split, file_classes(self._dataset, path))
        return gallery_of(list(self._look(sequences, preparation, None, 'Gallery sequence')),
                          os.path.realpath(path))

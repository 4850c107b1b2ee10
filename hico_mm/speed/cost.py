"""What encoders cost: parameters, multiply-adds, speed and memory."""
import statistics
from collections.abc import Callable, Mapping
from functools import partial

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.utils import import_modules_from_strings

from hico_mm.utils.provenance import device_name

from .flops import count_multiply_adds
from .interleaved import time_interleaved
from .peak_memory import peak_mebibytes
from .synthetic_batch import make_samples


class Subject:
    """A config's model with a batch of the config's size, to be measured.

    Args:
        cfg (Config): Config of a pre-training, or of MMAction2's ``RecognizerGCN``.
        device (str): Where to work.

    Raises:
        ValueError: As ``make_samples``.
    """

    def __init__(self, cfg: Config, device: str) -> None:
        init_default_scope(cfg.get('default_scope', 'mmaction'))
        self.model = MODELS.build(cfg.model).to(device).train()
        self.batch_size = cfg.train_dataloader.batch_size
        self._optim_wrapper = build_optim_wrapper(self.model, cfg.optim_wrapper)
        samples = make_samples(cfg, self.model.backbone, self.batch_size)
        self._batch = next(iter(Runner.build_dataloader(dict(
            cfg.train_dataloader, dataset=samples, num_workers=0, persistent_workers=False))))
        inputs = self.model.data_preprocessor(self._batch)['inputs']  # (N, clips, M, T, V, C)
        self.sequences = inputs[:, 0]

    def train_step(self) -> None:
        """Forward and backward pass and the optimizer's update, as MMEngine's training loop."""
        self.model.train_step(self._batch, self._optim_wrapper)

    @torch.no_grad()
    def encode(self) -> None:
        """The encoder alone, on one view or clip of each sequence."""
        self.model.backbone(self.sequences)


def make_train_step(cfg: Config, device: str) -> Callable[[], None]:
    """Make the training step of a config, also in a process that knows nothing of it.

    Args:
        cfg (Config): As of ``Subject``.
        device (str): Where to work.

    Returns:
        Callable: ``Subject.train_step``.
    """
    if 'custom_imports' in cfg:
        import_modules_from_strings(**cfg.custom_imports)
    return Subject(cfg, device).train_step


def measure_costs(cfgs: Mapping[str, Config], rounds: int = 5,
                  clock: str = 'wall') -> dict[str, dict]:
    """Measure what the encoders of configs cost, all in turns, on the GPU if there is one.

    The data are random sequences that went through the training pipeline of each config, in batches of
    its size. Memory is measured for one after the other (see :func:`peak_mebibytes`).

    Args:
        cfgs (Mapping[str, Config]): Configs of pre-trainings or of MMAction2's ``RecognizerGCN`` by
            their names. They are not changed. What they build has to be in their ``custom_imports``,
            if it is not of hico_mm or MMAction2.
        rounds (int): Training steps and forward passes of each. Defaults to 5.
        clock (str): As of ``time_interleaved``. Defaults to ``'wall'``.

    Returns:
        dict[str, dict]: By name of the config ``parameters`` of the encoder, ``multiply_adds`` of its
        forward pass for one sequence with all persons (see :mod:`~hico_mm.speed.flops`),
        ``training_samples_per_second`` and ``inference_samples_per_second``: sequences by the median
        time of a training step of the whole model, and of a forward pass of the encoder;
        ``training_memory_mib``: most that a training step takes on top of weights and the optimizer's
        state (None where it cannot be read); and ``settings``.

    Raises:
        ValueError: If there is no round, or as :func:`make_samples`.
        subprocess.CalledProcessError: See :func:`peak_mebibytes`.
    """
    if rounds < 1:
        raise ValueError(f'rounds={rounds} measures nothing. Give 1 or more.')
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    subjects = {name: Subject(cfg, device) for name, cfg in cfgs.items()}

    def samples_per_second(work: dict[str, Callable[[], None]]) -> dict[str, float]:
        seconds = time_interleaved(
            work, rounds, clock, torch.cuda.synchronize if device == 'cuda' else lambda: None)
        return {name: subjects[name].batch_size / statistics.median(times)
                for name, times in seconds.items()}

    training = samples_per_second({name: x.train_step for name, x in subjects.items()})
    memory = {name: peak_mebibytes(partial(make_train_step, cfg, device), device)
              for name, cfg in cfgs.items()}
    for subject in subjects.values():
        subject.model.eval()
    inference = samples_per_second({name: x.encode for name, x in subjects.items()})
    return {
        name: dict(
            parameters=sum(weight.numel() for weight in x.model.backbone.parameters()),
            multiply_adds=count_multiply_adds(x.model.backbone, x.sequences[:1]),
            training_samples_per_second=training[name],
            inference_samples_per_second=inference[name],
            training_memory_mib=memory[name],
            settings=dict(batch_size=x.batch_size, device=device_name(), rounds=rounds, clock=clock,
                          threads=torch.get_num_threads()))
        for name, x in subjects.items()}

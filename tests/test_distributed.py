"""Two processes against one with the same global batch: training, evaluation, resuming, Slurm."""
import multiprocessing
import os
import pickle
import re
import runpy
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from mmaction.registry import HOOKS
from mmengine.dist import get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from torch.nn.modules.batchnorm import _BatchNorm

from hico_mm.benchmark.smoke import shrink
from hico_mm.models.heads.linear_head import _sum_of_processes
from hico_mm.utils import load_checkpoint_file, load_config

TESTS = Path(__file__).parent
TOOLS = TESTS.parent / 'tools'
TOLERANCE = dict(rtol=0, atol=1e-5)
# The encoder has no dropout: each rank draws its own, which no single process can repeat. No number of
# sequences is a multiple of the ranks, and the queues' length none of the batch: their end cuts a batch
# in two. 26 sequences make three batches of 8 in one process as in two.
CONFIG = f"""
_base_ = ['{TESTS.parent}/configs/hico_demo.py']
custom_imports = dict(imports=['hico_mm', 'test_distributed'])
model = dict(
    backbone=dict(hidden_channels=8, s2s=dict(_delete_=True, type='S2SGRU')),
    queue=dict(length=20), momentum=0.9)
train_dataloader = dict(batch_size=8, num_workers=0, dataset=dict(dataset=dict(num_sequences=26)))
val_dataloader = dict(batch_size=5, num_workers=0, dataset=dict(num_sequences=17, num_classes=4))
test_dataloader = val_dataloader
val_cfg = dict(gallery_dataloader=dict(
    batch_size=5, num_workers=0, dataset=dict(num_sequences=27, num_classes=4)))
test_cfg = val_cfg
train_cfg = dict(max_epochs=2, val_interval=1)
optim_wrapper = dict(optimizer=dict(lr=0.005))
auto_scale_lr = dict(enable=True, base_batch_size=4)
default_hooks = dict(checkpoint=dict(interval=1, save_best=None))
custom_hooks = [*_base_.custom_hooks, dict(type='RecordRank')]
"""
EPOCHS, STEPS_PER_EPOCH = 2, 3
HALF_BATCH = 'train_dataloader.batch_size=4'
RIVALS = ('skeletonclr', 'crossclr', 'aimclr', 'isc', 'ascal')


@HOOKS.register_module(force=True)  # launched processes import this file once more, by its short name
class RecordRank(Hook):
    """Leaves in the work dir what one process saw of a training, and its model in the end."""

    def before_train(self, runner) -> None:
        self.steps, self.rates, self.accuracies = [], [], []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        self.steps.append({name: value.item() for name, value in outputs.items()})
        self.rates += runner.optim_wrapper.get_lr()['lr']

    def after_val_epoch(self, runner, metrics=None) -> None:
        self.accuracies += metrics.values()

    def after_train(self, runner) -> None:
        is_wrapped = is_model_wrapper(runner.model)
        record = dict(
            steps=self.steps, rates=self.rates, accuracies=self.accuracies,
            state=(runner.model.module if is_wrapped else runner.model).state_dict(),
            broadcasts_buffers=is_wrapped and runner.model.broadcast_buffers)
        torch.save(record, Path(runner.work_dir) / f'rank{get_rank()}.pth')


@HOOKS.register_module(force=True)
class SyncStatistics(Hook):
    """Lets BatchNorm take the statistics of all processes, as ``sync_bn`` does, but on CPUs, too."""

    def before_train(self, runner) -> None:
        for module in runner.model.modules():
            if isinstance(module, _BatchNorm):
                module.forward = partial(normalise, module)


def normalise(norm: _BatchNorm, x: torch.Tensor) -> torch.Tensor:
    axes = [0, *range(2, x.dim())]
    number = x.numel() // x.shape[1] * get_world_size()
    mean = _sum_of_processes(x.sum(axes, keepdim=True)) / number
    variance = _sum_of_processes(((x - mean)**2).sum(axes, keepdim=True)) / number
    with torch.no_grad():
        norm.running_mean.lerp_(mean.flatten(), norm.momentum)
        norm.running_var.lerp_(variance.flatten() * number / (number - 1), norm.momentum)
    weight, bias = (parameter.view_as(mean) for parameter in (norm.weight, norm.bias))
    return (x - mean) * (variance + norm.eps).rsqrt() * weight + bias


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return str(probe.getsockname()[1])


def _run_rank(argv: list[str], environment: dict[str, str]) -> None:
    torch.set_num_threads(1)  # the threads of the parent process do not survive the fork
    os.environ.update(environment)
    sys.path.insert(0, str(TESTS))
    sys.argv = argv
    runpy.run_path(argv[0], run_name='__main__')


def run(num_ranks: int, script: str, *arguments: str | Path) -> None:
    """Run a script in one process, or in several with the variables that ``torchrun`` sets.

    All are forks, which need not import every package again.
    """
    argv = [str(TOOLS / script), *map(str, arguments)]
    if num_ranks > 1:
        argv[1:1] = ['--launcher', 'pytorch']
    environment = dict(MASTER_ADDR='127.0.0.1', MASTER_PORT=free_port(), WORLD_SIZE=str(num_ranks))
    ranks = [
        multiprocessing.get_context('fork').Process(target=_run_rank, args=(
            argv, dict(environment, RANK=str(rank), LOCAL_RANK=str(rank))))
        for rank in range(num_ranks)
    ]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join(timeout=300)
        rank.kill()  # if it waits for a rank that is no more
    assert [rank.exitcode for rank in ranks] == [0] * num_ranks


def records(work_dir: Path) -> list[dict]:
    return [torch.load(path) for path in sorted(work_dir.glob('rank*.pth'))]


def mean_steps(work_dir: Path) -> dict[str, torch.Tensor]:
    """Values of all steps, averaged over the ranks, by name."""
    ranks = [record['steps'] for record in records(work_dir)]
    return {name: torch.tensor([[step[name] for step in steps] for steps in ranks]).mean(0)
            for name in ranks[0][0].keys() & ranks[0][-1].keys()}


def assert_equal_models(work_dir: Path) -> None:
    torch.testing.assert_close(*(rank['state'] for rank in records(work_dir)), rtol=0, atol=0)


@pytest.fixture(scope='module')
def folder(tmp_path_factory, late_imports) -> Path:
    """A folder with the config, which is also the working directory of all runs."""
    folder = tmp_path_factory.mktemp('distributed')
    (folder / 'small.py').write_text(CONFIG)
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture(scope='module')
def alone(folder) -> Path:
    """The work dir of a training in one process."""
    run(1, 'train.py', 'small.py', '--work-dir', 'alone')
    return folder / 'alone'


@pytest.fixture(scope='module')
def together(folder) -> Path:
    """The same by tools/dist_train.sh in two processes, with half of the batch each."""
    result = subprocess.run(
        ['bash', TOOLS / 'dist_train.sh', 'small.py', '2', '--work-dir', 'together', '--cfg-options',
         HALF_BATCH], capture_output=True, text=True,
        env={**os.environ, 'PYTHONPATH': f'{TESTS}{os.pathsep}{TESTS.parent}', 'PORT': free_port(),
             'PATH': f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
             'OMP_NUM_THREADS': '1'})
    assert result.returncode == 0, result.stderr[-3000:]
    (folder / 'together.log').write_text(result.stdout + result.stderr)
    return folder / 'together'


def test_losses_and_learning_rates_of_two_ranks_are_those_of_one_process(alone, together):
    expected, actual = mean_steps(alone), mean_steps(together)
    assert len(records(together)) == 2
    assert len(expected['loss']) == EPOCHS * STEPS_PER_EPOCH
    assert {'loss', 'loss_instance', 'loss_domain', 'loss_clip', 'loss_part'} < set(expected)
    torch.testing.assert_close(actual, expected, **TOLERANCE)
    first, second = (rank['steps'][0]['loss'] for rank in records(together))
    assert abs(first - second) > 1e-3, 'each rank has its own half of a batch'
    for rank in (*records(alone), *records(together)):
        assert rank['rates'] == [0.01] * EPOCHS * STEPS_PER_EPOCH, 'scaled by the global batch'
    assert ('batch size of 4 and the current batch size is 8. Scaling the original LR by 2.0'
            in (together.parent / 'together.log').read_text())


def test_model_queues_and_retrieval_of_two_ranks_are_those_of_one_process(alone, together):
    assert_equal_models(together)
    (expected, ), both = records(alone), records(together)
    # The queues row by row, for ranks take turns in them.
    torch.testing.assert_close(both[0]['state'], expected['state'], **TOLERANCE)
    assert expected['state']['queues.instance.pointer'].item() == 6 * 8 % 20
    assert sum(name.startswith('queues.') for name in expected['state']) == 10
    assert any(name.startswith('momentum_encoder.') for name in expected['state'])
    assert [rank['broadcasts_buffers'] for rank in both] == [False] * 2, 'nothing to send in each step'
    accuracies = expected['accuracies']
    assert len(accuracies) == EPOCHS, 'after each epoch; no hook sees the untrained encoder'
    assert all(0 < accuracy < 1 for accuracy in accuracies)
    assert [rank['accuracies'] for rank in both] == [accuracies] * 2


@pytest.mark.parametrize('method', [*RIVALS, 'hico'])
def test_rivals_in_two_ranks_are_those_in_one_process(folder, method):
    cfg = shrink(load_config(f'{method}_demo'))  # of two epochs, of which each is a stage
    cfg.merge_from_dict({
        'custom_imports.imports': ['hico_mm', 'test_distributed'], 'sync_bn': None,
        'model.queue.length': 20, 'train_dataloader.dataset.dataset.num_sequences': 26,
        'optim_wrapper.optimizer.lr': 0.003})  # 2s-AGCN starts near zero, and enlarges what is rounded
    if method == 'hico':  # a level that waits, and so leaves its projector without a gradient
        cfg.merge_from_dict({'model.contrast.stages.clip.begin': 1, 'model.backbone.s2s.dropout': 0.0})
    cfg.custom_hooks += [dict(type='RecordRank'), dict(type='SyncStatistics')]
    cfg.dump(f'{method}.py')
    for task in ('pretrain', 'finetune')[:2 if method == 'isc' else 1]:  # trains one of two encoders
        alone, together = (folder / f'{method}_{task}_{ranks}' for ranks in (1, 2))
        for ranks, work_dir in ((1, alone), (2, together)):
            run(ranks, 'train.py', f'{method}.py', '--no-validate', '--work-dir', work_dir,
                *(['--task', task] if task != 'pretrain' else []), '--cfg-options',
                f'train_dataloader.batch_size={8 // ranks}', 'load_from=None')

        assert_equal_models(together)
        for seen in (mean_steps, lambda work_dir: records(work_dir)[0]['state']):
            torch.testing.assert_close(seen(together), seen(alone), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('before, after', [('alone', 2), ('together', 1)])
def test_continues_with_another_number_of_processes(alone, together, before, after):
    whole, resumed = dict(alone=alone, together=together)[before], alone.parent / f'resumed_{after}'
    run(after, 'train.py', 'small.py', '--resume', whole / 'epoch_1.pth', '--work-dir', resumed,
        '--no-validate', '--cfg-options', f'train_dataloader.batch_size={8 // after}')
    last_epoch = {name: values[-STEPS_PER_EPOCH:] for name, values in mean_steps(whole).items()}
    torch.testing.assert_close(mean_steps(resumed), last_epoch, **TOLERANCE)
    torch.testing.assert_close(
        records(resumed)[0]['state'], records(whole)[0]['state'], **TOLERANCE)


def test_ranks_with_own_seeds_still_share_one_model(folder):
    run(2, 'train.py', 'small.py', '--diff-rank-seed', '--no-validate', '--work-dir', 'seeds',
        '--cfg-options', 'train_cfg.max_epochs=1', HALF_BATCH)
    assert_equal_models(folder / 'seeds')


def test_dump_of_two_ranks_has_every_query_once_and_in_order(alone):
    run(2, 'test.py', 'small.py', alone / 'epoch_2.pth', '--dump', 'dump.pkl')
    dumped = pickle.loads(Path('dump.pkl').read_bytes())
    assert [sample['frame_dir'] for sample in dumped] == [f'val_{i:06d}' for i in range(17)]


def test_probe_of_two_ranks_is_that_of_one_process(alone):
    heads, accuracies = [], []
    for num_ranks in (1, 2):
        work_dir = alone.parent / f'linear_{num_ranks}'
        run(num_ranks, 'train.py', 'small.py', '--task', 'linear', '--work-dir', work_dir,
            '--cfg-options', f'load_from={alone}/epoch_2.pth', 'train_cfg.max_epochs=2',
            f'train_dataloader.batch_size={12 // num_ranks}',
            'train_dataloader.dataset.num_sequences=24')  # of an odd number one would be repeated
        state = load_checkpoint_file(str(work_dir / 'epoch_2.pth'))['state_dict']
        heads.append({name: state[name] for name in state if name.startswith('cls_head.')})
        log, = work_dir.glob('*/*.log')
        accuracies.append(re.findall(r'acc/top1: (\S+)', log.read_text()))
    torch.testing.assert_close(heads[1], heads[0], **TOLERANCE)
    assert heads[0]['cls_head.fc.weight'].abs().max() > 0.05, 'the head has learnt'
    assert len(accuracies[0]) == 2 and accuracies[0] == accuracies[1]


@pytest.mark.parametrize('script, arguments, options', [
    ('train', ['small.py'], ['--resume', '--cfg-options', 'a=1', "b='two words'"]),
    ('test', ['small.py', 'epoch_3.pth'], ['--dump', 'out.pkl']),
])
def test_slurm_scripts_start_a_process_per_gpu(folder, load_script, script, arguments, options):
    # A stand-in for Slurm: one argument a line, and the port that the processes would meet at.
    (folder / 'bin').mkdir(exist_ok=True)
    stand_in = folder / 'bin/srun'
    stand_in.write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$@" "$MASTER_PORT"\n')
    stand_in.chmod(0o755)
    result = subprocess.run(
        ['bash', TOOLS / f'slurm_{script}.sh', 'gpus', 'hico', *arguments, *options],
        capture_output=True, text=True, check=True,
        env={**os.environ, 'PATH': f'{folder}/bin:{os.environ["PATH"]}', 'GPUS': '4',
             'SRUN_ARGS': '--time=60 --quiet'})
    *command, port = result.stdout.splitlines()
    start = command.index('python')
    assert command[:start] == [
        '-p', 'gpus', '--job-name=hico', '--gres=gpu:4', '--ntasks=4', '--ntasks-per-node=4',
        '--cpus-per-task=5', '--kill-on-bad-exit=1', '--time=60', '--quiet']
    assert command[start:start + 3] == ['python', '-u', str(TOOLS / f'{script}.py')]
    assert command[start + 3:] == [*arguments, '--launcher', 'slurm', *options]
    assert 12000 <= int(port) < 32000
    assert load_script(script).parse_args(command[start + 3:]).launcher == 'slurm'


@pytest.mark.parametrize('script, arguments, missing', [
    ('dist_train', ['small.py'], 2),
    ('slurm_train', ['gpus', 'hico'], 3),
    ('slurm_test', ['gpus', 'hico', 'small.py'], 4),
])
def test_missing_arguments_show_the_usage(script, arguments, missing):
    result = subprocess.run(['bash', TOOLS / f'{script}.sh', *arguments], capture_output=True, text=True)
    assert result.returncode != 0
    assert f'is missing. Usage: tools/{script}.sh ' in result.stderr

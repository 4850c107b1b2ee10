"""A training that goes on: by the schedule of its config, from the last weights of the run before."""
import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import zip_longest

from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper, OptimWrapperDict, _ParamScheduler
from mmengine.runner import Runner

from hico_mm.utils.options import leaves

from .evaluation_hooks import checkpoint_hooks

# What a scheduler counts, and what it has from the optimizer.
STATE = {'last_step', 'base_values', 'verbose', 'best', 'num_bad_epochs', 'cooldown_counter'}
# Entries of a config that are compared as they are, and how many of them are named.
COMPARED = ('model.', 'train_dataloader.dataset.', 'train_dataloader.batch_size')
NAMED = 5


@HOOKS.register_module()
class ResumeHook(Hook):
    """Lets a resumed training follow its config, and saves the last weights of one that is stopped.

    MMEngine takes settings and schedules from the checkpoint, with the end of the shorter training. With
    this hook, a longer training equals one that was as long from the start. Other differences, such as
    another learning rate, model or data set, are named in one line of the log.
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Put settings and schedules of the config into a checkpoint to resume from."""
        wrapper, schedulers = runner.optim_wrapper, runner.param_schedulers or []
        if (not runner.cfg.get('resume') or not isinstance(wrapper, OptimWrapper)
                or isinstance(wrapper, OptimWrapperDict)):
            return
        meta, saved = checkpoint['meta'], checkpoint.get('optimizer', dict(param_groups=[]))
        before, now = checkpoint.get('param_schedulers', []), [each.state_dict() for each in schedulers]
        changes = {
            **dict(_optimizer_changes(saved['param_groups'], wrapper.state_dict()['param_groups'])),
            **dict(_schedule_changes(before, now))}
        # Only the text of the earlier config says which class the optimizer has.
        earlier = _read_entries(meta.get('cfg', ''))
        kind = earlier.get('optim_wrapper.optimizer.type', '').split('.')[-1]
        if kind not in ('', type(wrapper.optimizer).__name__):
            changes['optimizer'] = kind, type(wrapper.optimizer).__name__

        used = 'the config counts'
        if (any(getattr(each, 'need_val_args', False) for each in schedulers)
                and [each.keys() for each in before] == [each.keys() for each in now]
                and not changes.keys() & {'optimizer', 'param_groups'}):
            used = 'the checkpoint counts, because the schedule depends on earlier results'
            for old, new in zip(before, now, strict=True):
                old['end'] = new['end']
        elif changes:
            _replay(schedulers, meta, len(runner.train_dataloader))
            checkpoint['param_schedulers'] = [each.state_dict() for each in schedulers]
            new = wrapper.state_dict()
            if changes.keys() & {'optimizer', 'param_groups'}:
                used += ', and the state of the optimizer begins anew'
                checkpoint.pop('optimizer', None)
            else:
                saved.update((key, new[key]) for key in ('param_groups', 'base_param_settings')
                             if key in new)
        told = [f'{name}={values[0]} -> {values[1]}' for name, values in changes.items() if values]
        if earlier:
            told += _entry_changes(earlier, _read_entries(runner.cfg.pretty_text))
        if told:
            runner.logger.warning(
                'The training is resumed by another config (checkpoint -> config): '
                f"{', '.join(told)}. After epoch {meta['epoch']}, iteration {meta['iter']}, {used}.")

    def after_train(self, runner: Runner) -> None:
        """Save the weights of a training that was stopped between two checkpoints."""
        for hook in checkpoint_hooks(runner) if runner.train_loop.stop_training else []:
            step = runner.epoch if hook.by_epoch else runner.iter
            last = hook.file_backend.join_path(hook.out_dir, hook.filename_tmpl.format(step))
            if hook.save_last and hook.last_ckpt != last:
                runner.logger.info(f'Saving checkpoint {last} of the training that was stopped')
                hook._save_checkpoint_with_step(
                    runner, step, meta=dict(epoch=runner.epoch, iter=runner.iter))


class _DictCalls(ast.NodeTransformer):
    """Writes ``dict(a=1)`` as ``{'a': 1}``, a literal."""

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802
        self.generic_visit(node)
        if getattr(node.func, 'id', None) != 'dict' or node.args:
            return node
        return ast.Dict([ast.Constant(keyword.arg) for keyword in node.keywords],
                        [keyword.value for keyword in node.keywords])


def _read_entries(text: str) -> dict:
    """Read single values by dotted key from the text of a config, of which nothing is executed."""
    entries = {}
    with suppress(SyntaxError):
        for statement in ast.parse(text).body:
            with suppress(AttributeError, ValueError):  # what is not literal
                entries[statement.targets[0].id] = ast.literal_eval(_DictCalls().visit(statement.value))
    return leaves(entries)


def _entry_changes(before: dict, now: dict) -> list[str]:
    """Name what differs in the model and its data."""
    changes = [f'{key}={before.get(key)!r} -> {now.get(key)!r}' for key in {**before, **now}
               if key.startswith(COMPARED) and before.get(key) != now.get(key)]
    more = len(changes) - NAMED
    return changes[:NAMED] + ([f'and {more} more'] if more > 0 else [])


def _optimizer_changes(before: list[dict], now: list[dict]) -> Iterator[tuple[str, tuple]]:
    """Yield what the groups of parameters have unlike, with both values before any schedule."""
    sizes = tuple([len(group['params']) for group in groups] for groups in (before, now))
    if sizes[0] != sizes[1]:
        yield 'param_groups', sizes
        return
    for old, new in zip(before, now, strict=True):
        for key in sorted(old.keys() & new.keys() - {'params'}):
            values = tuple(group.get(f'initial_{key}', group[key]) for group in (old, new))
            if values[0] != values[1] and not key.startswith('initial_'):
                yield key, values


def _schedule_changes(before: list[dict], now: list[dict]) -> Iterator[tuple[str, tuple | None]]:
    """Yield what the schedulers have unlike, without values if it did not matter so far."""
    for index, (old, new) in enumerate(zip_longest(before, now, fillvalue={})):
        # A converted checkpoint says only how far the schedule is.
        is_partial = old and 'param_name' not in old
        keys = old.keys() & new.keys() if is_partial else old.keys() | new.keys()
        for key in sorted(key for key in keys - STATE if key[0] != '_'):
            values = tuple(state.get(key) for state in (old, new))
            if values[0] != values[1]:
                matters = key != 'end' or None in values or min(values) < old['_global_step']
                yield f'param_scheduler[{index}].{key}', tuple(
                    sorted(value.elements()) if isinstance(value, Counter) else value
                    for value in values) if matters else None


def _replay(schedulers: list[_ParamScheduler], meta: dict, epoch_length: int) -> None:
    """Take new schedulers to the epoch and iteration of a checkpoint."""
    schedulers = sorted(schedulers, key=lambda each: each.by_epoch)  # an epoch ends after its iterations
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # the optimizer takes no step meanwhile
        for iteration in range(1, max(meta['iter'], meta['epoch'] * epoch_length) + 1):
            ends_epoch = iteration % epoch_length == 0 and iteration <= meta['epoch'] * epoch_length
            for scheduler in schedulers:
                if ends_epoch or not scheduler.by_epoch:
                    scheduler.step()

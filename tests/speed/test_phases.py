import pytest
from mmengine.hooks import LoggerHook

from hico_mm.speed import phases
from hico_mm.speed.phases import DeviceSteps, Stopwatch, observe


class Clock:
    """Stands still unless somebody works."""

    def __init__(self):
        self.now = 0.

    def __call__(self):
        return self.now

    def work(self, seconds):
        self.now += seconds


class Event:
    """An event of a GPU that is a constant time behind the host."""

    def __init__(self, clock):
        self.clock = clock

    def record(self):
        self.time = self.clock.now + 1000

    def elapsed_time(self, other):
        return other.time - self.time


class FakeRunner:
    """Calls hooks and spends time as a training of MMEngine does; a power of ten for each kind."""

    def __init__(self, clock, batches=2):
        self.clock, self.batches, self.hooks, self.epoch = clock, batches, [], 0
        self.train_dataloader = range(batches)

    def register_hook(self, hook):
        self.hooks.append(hook)

    def call(self, point, seconds, *args):
        """Call the first of our hooks, the others and the last of ours."""
        *_, first, last = self.hooks
        getattr(first, point)(self, *args)
        self.clock.work(seconds)
        getattr(last, point)(self, *args)

    def save_checkpoint(self, name):
        self.clock.work(1000)
        self.saved = name

    def train(self, epochs):
        self.call('before_train', 5)
        for self.epoch in range(epochs):
            self.call('before_train_epoch', 1)
            for index in range(self.batches):
                self.index = index
                self.clock.work(100)  # the wait for data
                self.call('before_train_iter', 0.1, index)
                self.clock.work(10)  # train_step
                self.call('after_train_iter', 0.3, index)
            self.call('after_train_epoch', 2)
            self.save_checkpoint(name=f'epoch_{self.epoch}')
        self.call('after_train', 7)


def test_stopwatch_books_time_under_the_phase_entered_last():
    clock = Clock()
    watch = Stopwatch(clock)
    for phase, seconds in (('a', 1), ('b', 2), ('a', 4), (None, 8), ('b', 16)):
        previous = watch.enter(phase)
        clock.work(seconds)
    assert previous is None
    watch.enter(None)
    assert {phase: watch.seconds[phase] for phase in 'ab'} == dict(a=5, b=18)
    assert {phase: watch.entries[phase] for phase in 'ab'} == dict(a=2, b=2)


@pytest.mark.parametrize('warm_up, counted', [(0, 3), (1, 2)])
def test_all_time_after_the_warm_up_is_booked(warm_up, counted):
    runner = FakeRunner(clock := Clock())
    watch = observe(runner, warm_up, clock)
    runner.train(epochs=3)

    steps = counted * 2
    assert watch.seconds['step'] == pytest.approx(10 * steps)
    assert watch.seconds['data'] == pytest.approx(100 * steps)
    assert watch.seconds['hooks'] == pytest.approx(0.4 * steps)
    assert watch.seconds['ends'] == pytest.approx(3 * counted)
    assert watch.seconds['checkpoint'] == pytest.approx(1000 * counted)
    assert watch.entries['checkpoint'] == counted
    assert runner.saved == 'epoch_2'


def test_gpu_is_waited_for_before_logs(monkeypatch):
    waits = []
    monkeypatch.setattr(phases.torch.cuda, 'synchronize', lambda: waits.append(runner.index))
    runner = FakeRunner(clock := Clock(), batches=5)
    runner.register_hook(LoggerHook(interval=2))
    observe(runner, 0, clock, DeviceSteps(lambda: Event(clock)))
    runner.train(epochs=1)
    assert waits == [1, 3, 4]  # each second iteration and the last


def test_share_of_the_gpu_in_steps(monkeypatch):
    monkeypatch.setattr(phases.torch.cuda, 'synchronize', lambda: None)
    runner = FakeRunner(clock := Clock(), batches=2)
    steps = DeviceSteps(lambda: Event(clock))
    observe(runner, 1, clock, steps)
    runner.train(epochs=2)
    # Two steps of 10 with what is between them: 0.3 and 0.1 of hooks, 100 of waiting.
    assert steps.busy() == pytest.approx(20 / 120.4)

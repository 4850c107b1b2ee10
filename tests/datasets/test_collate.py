import copy
import pickle
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample
from mmengine.dataset import default_collate
from mmengine.registry import FUNCTIONS
from torch.utils.data import DataLoader

from hico_mm.datasets import skeleton_collate


class Samples:

    def __len__(self):
        return 5

    def __getitem__(self, index):
        data_sample = ActionDataSample(metainfo=dict(frame_dir=f'sequence {index}'))
        data_sample.set_gt_label(index)
        data_sample.set_field(torch.rand(3, generator=torch.Generator().manual_seed(index)), 'weights')
        data_sample.set_field(np.arange(index), 'frames')
        return dict(inputs=torch.full((2, 1, 4, 3, 2), float(index)), data_samples=data_sample)


def assert_same(batch, expected):
    assert batch.keys() == expected.keys()
    assert batch['inputs'].equal(expected['inputs'])
    for got, sample in zip(batch['data_samples'], expected['data_samples'], strict=True):
        assert type(got) is ActionDataSample
        assert got.frame_dir == sample.frame_dir
        assert got.gt_label.equal(sample.gt_label) and got.gt_label.dtype == torch.int64
        assert got.weights.equal(sample.weights)
        np.testing.assert_array_equal(got.frames, sample.frames)


@pytest.mark.parametrize('num_workers', [0, 2])
def test_gives_what_default_collate_gives(num_workers):
    collate = FUNCTIONS.get('skeleton_collate')
    assert collate is skeleton_collate
    batches, expected = (
        list(DataLoader(Samples(), 2, num_workers=num_workers, collate_fn=function))
        for function in (collate, default_collate))
    assert len(batches) == 3
    for batch, of_mmengine in zip(batches, expected, strict=True):
        assert_same(batch, of_mmengine)


def test_only_the_inputs_are_shared(monkeypatch):
    shared = []
    share = torch.UntypedStorage._share_fd_cpu_

    def recorded(storage):
        shared.append(storage.nbytes())
        return share(storage)

    monkeypatch.setattr(torch.UntypedStorage, '_share_fd_cpu_', recorded)
    batch = skeleton_collate([Samples()[index] for index in range(5)])
    pickle.loads(ForkingPickler.dumps(batch))
    assert shared == [batch['inputs'].numel() * 4]


def test_samples_of_another_process_can_be_changed():
    batch = pickle.loads(ForkingPickler.dumps(skeleton_collate([Samples()[3], Samples()[4]])))
    assert type(batch['data_samples']) is list
    batch['data_samples'][0].gt_label += 1
    assert [int(sample.gt_label) for sample in batch['data_samples']] == [4, 4]


@pytest.mark.parametrize('tensor', [
    torch.ones(2, dtype=torch.bfloat16), torch.ones(2, device="meta"),
    torch.ones(2, requires_grad=True)])
def test_a_batch_can_be_copied_within_a_process(tensor):
    sample = Samples()[1]
    sample['data_samples'].set_field(tensor, 'weights')
    batch = skeleton_collate([sample])
    copied = copy.deepcopy(batch['data_samples'])
    assert copied[0].weights.dtype == tensor.dtype
    assert copied[0] is not batch['data_samples'][0]


def test_types_that_numpy_lacks_are_sent_too():
    sample = Samples()[1]
    sample['data_samples'].set_field(torch.tensor([0.5, 3], dtype=torch.bfloat16), 'weights')
    batch = pickle.loads(ForkingPickler.dumps(skeleton_collate([sample])))
    assert batch['data_samples'][0].weights.dtype == torch.bfloat16
    assert batch['data_samples'][0].weights.tolist() == [0.5, 3]


def test_sequences_of_unequal_shape_are_refused():
    longer = Samples()[1]
    longer['inputs'] = torch.zeros(2, 1, 6, 3, 2)
    with pytest.raises(ValueError, match=r"sequence 'sequence 1' has the shape \(2, 1, 6, 3, 2\), but "
                       r'the batch starts with one of \(2, 1, 4, 3, 2\); let the pipeline resize'):
        skeleton_collate([Samples()[0], longer])

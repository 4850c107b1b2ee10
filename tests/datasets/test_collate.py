import copy
import os
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


def send(batch):
    """What another process receives."""
    return pickle.loads(ForkingPickler.dumps(batch))


@pytest.mark.parametrize('num_workers', [0, 2])
def test_gives_what_default_collate_gives(num_workers):
    collate = FUNCTIONS.get('skeleton_collate')
    assert collate is skeleton_collate
    batches, expected = (
        list(DataLoader(Samples(), 2, num_workers=num_workers, collate_fn=function))
        for function in (collate, default_collate))
    assert len(batches) == 3
    for batch, of_mmengine in zip(batches, expected, strict=True):
        assert batch.keys() == of_mmengine.keys() and batch['inputs'].equal(of_mmengine['inputs'])
        for got, sample in zip(batch['data_samples'], of_mmengine['data_samples'], strict=True):
            assert type(got) is ActionDataSample and got.frame_dir == sample.frame_dir
            assert got.gt_label.equal(sample.gt_label) and got.gt_label.dtype == torch.int64
            assert got.weights.equal(sample.weights)
            np.testing.assert_array_equal(got.frames, sample.frames)


def test_only_the_inputs_take_a_file_descriptor_on_the_way_to_another_process():
    batch = skeleton_collate([Samples()[index] for index in range(5)])
    first = send(torch.zeros(1))  # what the first way opens stays open
    before = len(os.listdir('/proc/self/fd'))
    received = send(batch)
    assert received['inputs'].is_shared()
    assert not any(sample.gt_label.is_shared() for sample in received['data_samples'])
    assert len(os.listdir('/proc/self/fd')) <= before + 2  # of the sender and of the receiver
    assert first.is_shared()
    assert type(received['data_samples']) is list
    received['data_samples'][0].gt_label += 9  # may be written to
    assert [int(sample.gt_label) for sample in received['data_samples']] == [9, 1, 2, 3, 4]


@pytest.mark.parametrize('tensor', [
    torch.tensor([0.5, 3], dtype=torch.bfloat16), torch.ones(2, device='meta'),
    torch.ones(2, requires_grad=True)])
def test_other_tensors_are_copied_and_sent_too(tensor):
    sample = Samples()[1]
    sample['data_samples'].set_field(tensor, 'weights')
    batch = skeleton_collate([sample])
    for got in (copy.deepcopy(batch['data_samples'])[0], send(batch)['data_samples'][0]):
        assert got is not batch['data_samples'][0]
        assert got.weights.dtype == tensor.dtype and got.weights.device == tensor.device
        assert tensor.is_meta or got.weights.tolist() == tensor.tolist()


def test_sequences_of_unequal_shape_are_refused():
    longer = Samples()[1]
    longer['inputs'] = torch.zeros(2, 1, 6, 3, 2)
    with pytest.raises(ValueError, match=r"sequence 'sequence 1' has the shape \(2, 1, 6, 3, 2\), but "
                       r'the batch starts with one of \(2, 1, 4, 3, 2\); let the pipeline resize'):
        skeleton_collate([Samples()[0], longer])

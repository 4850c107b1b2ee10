"""MMEngine's other ways to write ``Pretrained`` are checked as strictly."""
import pytest
import torch
from mmengine.model import PretrainedInit

from hico_mm.models import HiCoEncoder

SMALL = dict(num_joints=5, num_persons=1, num_frames=8, hidden_channels=8, num_granularities=2)


@pytest.mark.parametrize('as_list', [False, True])
@pytest.mark.parametrize('kind', ['Pretrained', PretrainedInit])
def test_misfit_is_refused(tmp_path, as_list, kind):
    path = str(tmp_path / 'other.pth')
    torch.save(dict(state_dict=HiCoEncoder(**{**SMALL, 'hidden_channels': 4}).state_dict()), path)
    config = dict(type=kind, checkpoint=path)
    with pytest.raises(ValueError, match='does not fit the model'):
        HiCoEncoder(**SMALL, init_cfg=[config] if as_list else config).init_weights()

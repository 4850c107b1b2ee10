"""Every tool that takes a file refuses one that runs code, in one line."""
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from hico_mm.utils import find_config

DEMO = find_config('hico_demo.py')


class Hostile:
    """Is pickled as a call."""

    def __reduce__(self):
        return os.system, ('touch hacked', )


@pytest.mark.parametrize('name, arguments', [
    ('infer', [DEMO, 'none', 'x.pkl']),
    ('infer', [DEMO, 'none', 'a.npy', '--gallery', 'x.pkl']),
    ('infer', [DEMO, 'x.pth', 'a.npy']),
    ('train', [DEMO, '--cfg-options', 'load_from=x.pth']),
    ('train', [DEMO, '--resume', 'x.pth']),
    ('test', [DEMO, 'x.pth']),
    ('analysis/extract_features', [DEMO, 'x.pth', '--split', 'train', '--out', 'a.npz']),
    ('analysis/fuse_scores', ['x.pkl', 'x.pkl']),
    ('analysis/benchmark', [DEMO, '--checkpoint', 'x.pth', '--tasks', 'knn', '--out', 'out']),
    ('convert/released_checkpoint', ['x.pth', 'converted.pth']),
    ('data/packed_store', ['to', 'x.pkl', 'store']),
    ('data/released_npy', ['a.pkl', '--split', 'train', 'data.npy', 'x.pkl']),
    ('deployment/export_onnx', [DEMO, 'x.pth', 'model.onnx']),
    ('deployment/publish_model', ['x.pth', 'published.pth']),
    ('visualization/plot_confusion', ['x.pkl', '--out', 'figure.png'])])
def test_refuses(fail, name, arguments):
    Path('x.pkl').write_bytes(pickle.dumps([Hostile()]))
    torch.save(dict(state_dict=Hostile()), 'x.pth')
    np.save('a.npy', np.ones((8, 25, 3)))
    np.save('data.npy', np.ones((1, 3, 8, 25, 1)))
    told = fail(name, *arguments)
    assert told.startswith('error: ')
    assert 'wants to run posix.system and was refused' in told and not Path('hacked').exists()

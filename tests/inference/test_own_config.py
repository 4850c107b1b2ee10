import numpy as np
import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from hico_mm.benchmark import make_task_config
from hico_mm.datasets import write_annotation_file
from hico_mm.datasets.synthetic import make_sequences
from hico_mm.inference.own_config import config_path, write_own_config

BASE = '../../configs/hico_demo.py'


@pytest.fixture
def base(request):
    return str(request.path.parent / BASE)


def test_tasks_and_retrieval_are_on_own_sequences(base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sequences = make_sequences(4, num_classes=2)
    write_annotation_file('data/own.pkl', dict(train=sequences[:3], val=sequences[3:]))
    path = config_path('data/own.pkl')
    assert path == 'data/own.py'
    write_own_config(path, base, 'data/own.pkl', ['walk', 'wave'], 25)
    cfg, demo = Config.fromfile(path), Config.fromfile(base)
    assert cfg.model == demo.model and cfg.train_dataloader == demo.train_dataloader
    for loader, split in ((cfg.val_dataloader, 'val'), (cfg.test_dataloader, 'val'),
                          (cfg.val_cfg.gallery_dataloader, 'train'),
                          (cfg.test_cfg.gallery_dataloader, 'train')):
        dataset = loader.dataset
        assert (dataset.type, dataset.split, dataset.num_classes) == ('SkeletonDataset', split, 2)
        assert dataset.pipeline == demo.evaluate_pipeline and dataset.test_mode
        assert 'num_sequences' not in dataset
    task = make_task_config(cfg, 'finetune')
    assert task.load_from == 'work_dirs/hico_demo/epoch_24.pth'
    assert task.work_dir == 'work_dirs/own_finetune'
    assert task.model.cls_head.num_classes == 2
    dataset = Runner.build_dataloader({**task.test_dataloader, 'num_workers': 0,
                                       'persistent_workers': False}).dataset
    assert len(dataset) == 1 and dataset.metainfo['classes'] == ['walk', 'wave']
    np.testing.assert_array_equal(dataset[0]['data_samples'].gt_label, [sequences[3]['label']])


@pytest.mark.parametrize('classes, num_joints, message', [
    ([], 25, 'sequences have no classes, so there is nothing to train'),
    (['a'], 17, r'have 17 joints, but the encoder of .*hico_demo.py takes 25 \(nturgb\+d\). Map them'),
])
def test_sequences_that_do_not_fit(base, tmp_path, classes, num_joints, message):
    with pytest.raises(ValueError, match=message):
        write_own_config(str(tmp_path / 'own.py'), base, 'own.pkl', classes, num_joints)
    assert not (tmp_path / 'own.py').exists()


def test_other_configs_are_refused(small, tmp_path):
    with pytest.raises(ValueError, match='task.py is no pre-training config: .* or no tasks'):
        write_own_config(str(tmp_path / 'own.py'), small.task, 'own.pkl', ['a'], 25)
    with pytest.raises(FileNotFoundError, match='Config file gone.py does not exist'):
        write_own_config(str(tmp_path / 'own.py'), 'gone.py', 'own.pkl', ['a'], 25)

"""Every config file builds, with all its tasks, and the numbers of the papers' protocols stand in it."""
import copy
import re
from functools import lru_cache

import pytest
import torch
from mmaction.registry import DATASETS, HOOKS, MODELS, TRANSFORMS
from mmengine.config import Config

from hico_mm.benchmark.jobs import load_configs, read_variants
from hico_mm.datasets.layouts import get_parents
from hico_mm.paths import CONFIGS
from hico_mm.utils import iter_dicts, list_configs
from hico_mm.utils.config import evaluate_on
from hico_mm.utils.tasks import make_task_config

FAMILIES = ['crossclr_demo', 'aimclr_ntu60', 'isc_demo', 'ascal_ntu60', 'hico_demo', 'hico_ntu60',
            'hico_utd_mhad', 'hico_four_sets@kard', 'hico_seven_sets@children', 'skeletonclr_ntu60',
            'hico_ntu60_stock_pipeline']
PRETRAININGS = {name for name in list_configs() if not name.startswith('supervised_')}
PATHS = {path.stem: path for path in CONFIGS.rglob('*.py') if '_base_' not in path.parts}


@lru_cache(None)
def _load(name: str, task: str | None) -> Config:
    if task is not None:
        return make_task_config(_load(name, None), task)
    file, at, data = name.partition('@')
    return evaluate_on(load(file), data) if at else Config.fromfile(PATHS[file])


def load(name: str, task: str | None = None) -> Config:
    """A config, or that of a task on top of it; read once, so each caller gets a copy."""
    return copy.deepcopy(_load(name, task))


def build(model: dict) -> torch.nn.Module:
    """Build a model without its numbers, which takes no time at any size."""
    with torch.device('meta'):
        return MODELS.build(model)


def datasets_of(cfg: Config) -> list[dict]:
    """All innermost data sets: training, queries, test, gallery twice."""
    loaders = [cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader]
    loaders += [loop.gallery_dataloader for loop in (cfg.val_cfg, cfg.test_cfg)
                if 'gallery_dataloader' in loop]
    found = []
    for loader in loaders:
        dataset = loader.dataset
        while 'dataset' in dataset:
            dataset = dataset.dataset
        found += dataset.get('datasets', [dataset])
    return found


def check_parts(cfg: Config) -> None:
    """What the pipeline makes is what the encoder takes; all parts build."""
    model = build(cfg.model)
    for hook in cfg.custom_hooks:
        HOOKS.build(hook)
    sizes = model.backbone.input_sizes
    assert sizes['num_joints'] == len(get_parents(cfg.model.data_preprocessor.parents))
    for dataset in datasets_of(cfg):
        for transform in dataset.pipeline:
            TRANSFORMS.build(transform)
        steps = [*dataset.pipeline]
        steps += next((step.transforms[0] for step in steps if step['type'] == 'Views'), [])
        by_type = {step['type']: step for step in steps}
        lengths = {step.get('clip_len', step.get('num_frames')) for step in steps} - {None}
        assert lengths == {sizes['num_frames']}
        assert by_type['FormatGCNInput'].num_person == sizes['num_persons']
        if 'KeepActivePersons' in by_type:
            assert by_type['KeepActivePersons'].num_person == sizes['num_persons']
        assert dataset.get('num_joints', 25) == sizes['num_joints']
        if 'cls_head' in cfg.model:
            assert dataset.num_classes == cfg.model.cls_head.num_classes
    if 'cls_head' in cfg.model:
        assert model.cls_head.in_channels == model.backbone.feature_channels['instance']


def check_pretraining(cfg: Config) -> None:
    """Views for training; the same central crop of other sequences for the evaluation."""
    assert any(step['type'] == 'Views' for step in datasets_of(cfg)[0].pipeline)
    evaluated = [dataset for dataset in datasets_of(cfg) if dataset.get('test_mode')]
    assert [dataset.split.split('_')[-1] for dataset in evaluated] == ['val', 'val', 'train', 'train']
    for dataset in evaluated:
        assert not any(step['type'] == 'Views' for step in dataset.pipeline)
        assert [step.ratio for step in dataset.pipeline if step['type'] == 'CentralCropResize'] in (
            [0.95], [1.0], [])  # 1.0: the stored 50 frames of SkeletonCLR's kin


@pytest.mark.parametrize('name', [*FAMILIES, *(
    pytest.param(name, marks=pytest.mark.slow) for name in sorted(PRETRAININGS - {*FAMILIES}))])
def test_parts_fit_together(name):
    check_pretraining(load(name))
    for task in (None, 'linear', 'semi', 'finetune'):
        check_parts(load(name, task))


def test_logs_smooth_training_and_no_evaluation():
    """MMEngine would log the mean over the last 20 evaluations as the accuracy."""
    smoothed = re.compile(load('hico_ntu60').log_processor.mean_pattern).match
    for name in ('loss', 'loss_clip', 'acc_instance', 'top1_acc', 'time', 'data_time', 'grad_norm'):
        assert smoothed(f'train/{name}')
    for name in ('acc/top1', 'acc/mean1', 'knn/top1'):
        assert not smoothed(f'val/{name}')


def test_configs_are_found_by_their_names():
    paths = [path for path in CONFIGS.rglob('*.py') if '_base_' not in path.parts]
    assert len(paths) == len(PATHS) > 60, 'results go by the names, so no two are the same'
    assert sorted(path.stem for path in CONFIGS.glob('*.py')) == [
        'hico_demo', 'hico_ntu60', 'hico_ntu60_finetune', 'hico_ntu60_linear', 'hico_ntu60_semi']
    tasks = {'linear', 'finetune', 'semi'}
    assert set(PATHS) - set(list_configs()) == tasks | {f'hico_ntu60_{task}' for task in tasks}


def test_no_two_configs_are_the_same():
    """A leaf that changes nothing would be a copy under another name."""
    contents = [repr(load(name).to_dict()) for name in list_configs()]
    assert len(set(contents)) == len(contents) > 40


def test_model_has_the_sizes_of_the_paper():
    model = build(load('hico_ntu60').model)
    assert model.backbone.feature_channels['instance'] == 4096
    assert len(model.queues['clip'].features) == 4 * 2048


@pytest.mark.parametrize('task', ['semi', 'finetune'])
def test_finetuning_has_the_protocol_of_the_closest_relative(task):
    cfg = load('hico_ntu60', task)
    assert cfg.train_cfg.max_epochs == 80
    assert cfg.param_scheduler.milestones == [50, 70]
    assert cfg.optim_wrapper.optimizer == dict(
        type='SGD', lr=0.01, momentum=0.9, weight_decay=0.0)
    assert cfg.train_dataloader.batch_size == 64
    crop = next(step for step in datasets_of(cfg)[0].pipeline if step['type'] == 'RandomCropResize')
    assert (crop.min_ratio, crop.max_ratio) == (0.5, 1.0)
    assert not cfg.model.backbone.get('frozen')


# Config, what it is based on, and what it changes there.
VARIATIONS = [
    *((f'hico_{data}_{s2s.lower()}', f'hico_{data}', 'backbone.s2s.type', f'S2S{s2s}')
      for data in ('ntu60', 'ntu60_xview', 'ntu120', 'ntu120_xset', 'pku1', 'pku2', 'four_sets')
      for s2s in ('GRU', 'LSTM')),
    *((f'hico_{data}_{stream}', f'hico_{data}', 'data_preprocessor.stream', stream)
      for data in ('ntu60', 'four_sets') for stream in ('bone', 'motion')),
    *((f'aimclr_{data}_{stream}', f'aimclr_{data}', 'data_preprocessor.stream', stream)
      for data in ('ntu60', 'ntu60_xview', 'pku1') for stream in ('bone', 'motion')),
    *((f'hico_ntu60_{number}g', 'hico_ntu60', 'backbone.num_granularities', number)
      for number in (1, 2, 3)),
    *((f'hico_{data}_{branch}', f'hico_{data}_instance', 'backbone.branches', branch)
      for data in ('ntu60', 'ntu60_xview', 'four_sets') for branch in ('temporal', 'spatial')),
]


@pytest.mark.parametrize('name, base, key, value', VARIATIONS)
def test_variation_changes_one_thing_of_the_model(name, base, key, value):
    cfg, expected = load(name), load(base)
    assert cfg.to_dict() != expected.to_dict()
    expected.merge_from_dict({f'model.{key}': value})
    assert cfg.to_dict() == expected.to_dict()


@pytest.mark.parametrize('data', ['ntu60', 'ntu60_xview', 'four_sets'])
def test_levels_of_the_contrast(data):
    def levels(name):
        return sorted(build(load(name).model).contrast.weights)
    assert levels(f'hico_{data}_instance') == ['instance']
    assert levels(f'hico_{data}_instance_domain') == ['domain', 'instance']
    assert levels(f'hico_{data}') == ['clip', 'domain', 'instance', 'part']


@pytest.mark.parametrize('data, file, split, num_classes', [
    ('ntu60', 'ntu60_3d', 'xsub', 60),
    ('ntu60_xview', 'ntu60_3d', 'xview', 60),
    ('ntu120', 'ntu120_3d', 'xsub', 120),
    ('ntu120_xset', 'ntu120_3d', 'xset', 120),
    ('pku1', 'pku1', 'xsub', 51),
    ('pku2', 'pku2', 'xsub', 51),
])
@pytest.mark.parametrize('method', ['hico', 'skeletonclr', 'crossclr', 'aimclr', 'isc', 'ascal'])
def test_data_of_the_paper(method, data, file, split, num_classes):
    if method == 'ascal' and 'pku' in data:
        assert f'{method}_{data}' not in PATHS
        return
    datasets = datasets_of(load(f'{method}_{data}'))
    assert [dataset.split for dataset in datasets] == [
        f'{split}_{part}' for part in ('train', 'val', 'val', 'train', 'train')]
    for dataset in datasets:
        assert dataset.ann_file == f'data/skeleton/{file}.pkl'
        assert dataset.num_classes == num_classes
        assert dataset.pipeline[0] == dict(type='KeepActivePersons', num_person=2)


def test_arrays_of_the_authors_are_not_normalised_again():
    cfg = load('hico_ntu60_released')
    for dataset in (*datasets_of(cfg), *datasets_of(load('hico_ntu60_released', 'semi'))):
        assert dataset.ann_file == 'data/skeleton/ntu60_released.pkl'
        types = [step['type'] for step in dataset.pipeline]
        assert types[0] == 'KeepActivePersons' and types[-1] == 'PackActionInputs'
        assert len(types) == 4 and 'NormalizeSkeleton' not in types


@pytest.mark.parametrize('method', ['hico', 'isc'])
@pytest.mark.parametrize('source', ['ntu60', 'pku1'])
def test_transfer_evaluates_the_pretraining_of_the_source_on_the_target(method, source):
    transfer, pretraining = load(f'{method}_{source}_to_pku2'), load(f'{method}_{source}')
    assert transfer.model == pretraining.model
    assert transfer.train_dataloader == pretraining.train_dataloader
    cfg = load(f'{method}_{source}_to_pku2', 'finetune')
    assert cfg.load_from == f'work_dirs/{method}_{source}/epoch_451.pth'
    assert cfg.work_dir == f'work_dirs/{method}_{source}_to_pku2_finetune'
    training, test, _ = datasets_of(cfg)
    assert (training.ann_file, training.split) == ('data/skeleton/pku2.pkl', 'xsub_train')
    assert (test.ann_file, test.split) == ('data/skeleton/pku2.pkl', 'xsub_val')
    assert cfg.model.cls_head.num_classes == 51


NORMAL = ['MirrorCrop 6', 'PoseShear 0.5']
EXTREME = ['0.5 SwapSides nturgb+d', 'RandomRotation 30 1', '0.5 JointNoise 0.01',
           '0.5 TemporalBlur 0.1 2.0 paper', '0.5 MaskAxis']
FIFTY_FRAMES = ['KeepActivePersons 2', 'CentreJoint 20', 'FirstFrames', 'CentralCropResize 50 1.0',
                'ShoulderAlign']
# Queue and temperature; batch, rate, epochs and milestones of the pre-training; those of the linear
# evaluation, with gamma, Nesterov's momentum and deviation of the first weights; preparation; views.
PROTOCOLS = dict(
    skeletonclr=((32768, 0.07), (128, 0.1, 300, [250]), (128, 3.0, 100, [80], 0.1, False, 0.02),
                 FIFTY_FRAMES, [NORMAL, NORMAL]),
    aimclr=((32768, 0.07), (128, 0.1, 300, [250]), (128, 3.0, 100, [80], 0.1, False, 0.02),
            FIFTY_FRAMES, [NORMAL, NORMAL + EXTREME, NORMAL]),
    isc=((16384, 0.07), (64, 0.01, 451, [351]), (64, 0.1, 80, [50, 70], 0.1, False, 0.01),
         ['KeepActivePersons 2', 'NormalizeSkeleton nturgb+d', 'CentralCropResize 64 0.95'],
         [['RandomCropResize 64 0.1 1.0 64', '1/2 JointCorruption 0.6, 1/2 PoseShear 1.0']] * 2),
    ascal=((16384, 0.06), (32, 0.01, 61, [30]), (32, 1.0, 90, [15, 35, 60, 75], 0.5, True, 0.01),
           ['KeepActivePersons 2', 'FirstFrames 150', 'CentreJoint 1'],
           [['0.5 ReverseFrames', 'PoseShear 1.0']] * 2))
PROTOCOLS['crossclr'] = PROTOCOLS['skeletonclr']
# HiCo's data and schedule are ISC's; the linear evaluation is that of the released code.
PROTOCOLS['hico'] = ((2048, 0.2), PROTOCOLS['isc'][1], (1024, 2.0, 80, [50, 70], 0.1, False, 0.01),
                     *PROTOCOLS['isc'][3:])


def spell(step: dict) -> str:
    """A transform and its arguments in one line, behind its probability."""
    if step['type'] == 'RandomApply':
        return f"{step['prob']} {spell(*step['transforms'])}"
    if step['type'] == 'RandomChoice':
        return ', '.join(f"1/{len(step['transforms'])} {spell(*one)}" for one in step['transforms'])
    return ' '.join(str(value) for value in step.values())


@pytest.mark.parametrize('method', PROTOCOLS)
def test_methods_have_the_protocols_of_their_authors(method):
    cfg, linear = load(f'{method}_ntu60'), load(f'{method}_ntu60', 'linear')
    model, sgd = cfg.model, dict(type='SGD', momentum=0.9)
    contrast, pretraining, probe, preparation, views = PROTOCOLS[method]

    assert (model.queue.length, model.contrast.temperature, model.momentum) == (*contrast, 0.999)
    batch, rate, *epochs = pretraining
    assert cfg.optim_wrapper.optimizer == dict(sgd, lr=rate, weight_decay=1e-4)
    assert [cfg.train_cfg.max_epochs, cfg.param_scheduler.milestones] == epochs
    assert cfg.param_scheduler.gamma == 0.1
    assert cfg.train_dataloader.batch_size == batch and cfg.train_dataloader.drop_last
    batch, rate, *epochs, gamma, nesterov, std = probe
    assert linear.optim_wrapper.optimizer == dict(
        sgd, lr=rate, weight_decay=0.0, **(dict(nesterov=True) if nesterov else {}))
    assert [linear.train_cfg.max_epochs, linear.param_scheduler.milestones] == epochs
    assert (linear.train_dataloader.batch_size, linear.param_scheduler.gamma) == (batch, gamma)
    assert linear.model.backbone.frozen and not linear.train_dataloader.drop_last
    assert build(linear.model).cls_head.init_cfg['std'] == std
    pipeline = datasets_of(cfg)[0].pipeline
    steps = next(step for step in pipeline if step['type'] == 'Views')
    assert [[spell(step) for step in view] for view in steps.transforms] == views
    evaluated = [spell(step) for step in cfg.evaluate_pipeline]
    assert evaluated[:len(preparation)] == preparation and evaluated[-2] == 'FormatGCNInput 2'
    assert [spell(step) for step in pipeline[:2]] == preparation[:2]


def test_networks_of_skeletonclr():
    model = build(load('skeletonclr_ntu60').model)
    assert [term.queries for term in model.contrast.terms] == [['instance']]
    assert [layer.out_features for layer in model.neck.layers.instance if hasattr(layer, 'weight')] == [
        256, 128]
    network = model.backbone.network
    assert [stage.gcn.out_channels for stage in network.gcn] == [
        16, 16, 16, 16, 32, 32, 32, 64, 64, 256]


@pytest.mark.parametrize('name', ['crossclr_ntu60', 'crossclr_ntu60_xview'])
def test_one_stream_of_crossclr_is_evaluated_by_itself(name):
    cfg, pretraining = load(f'{name}_joint'), load(name)
    assert cfg.work_dir == f'work_dirs/{name}'
    assert cfg.model.backbone.pop('instance') == ['joint'] and cfg.model == pretraining.model
    linear = load(f'{name}_joint', 'linear')
    assert linear.load_from == f'work_dirs/{name}/epoch_300.pth'
    assert build(linear.model).cls_head.in_channels == 256


def rates_of(cfg: Config) -> list[float]:
    """The learning rate of each epoch."""
    steps, rate = cfg.param_scheduler, cfg.optim_wrapper.optimizer.lr
    return [rate * steps.gamma**sum(epoch >= step for step in steps.milestones)
            for epoch in range(cfg.train_cfg.max_epochs)]


@pytest.mark.parametrize('name, method, stage', [
    ('skeletonclr_ntu60', 'crossclr', 'pretrain'), ('crossclr_ntu60', 'crossclr', 'pretrain'),
    ('aimclr_ntu60', 'aimclr', 'pretrain'), ('isc_ntu60', 'isc', 'pretrain_ntu60'),
    ('isc_ntu120', 'isc', 'pretrain_ntu120'), ('ascal_ntu60', 'ascal', 'pretrain'),
    ('crossclr_ntu60', 'crossclr', 'linear'), ('aimclr_ntu60', 'aimclr', 'linear'),
    ('isc_ntu60', 'isc', 'linear'), ('ascal_ntu60', 'ascal', 'linear')])
def test_schedules_are_those_of_the_public_code(golden, name, method, stage):
    recorded = golden('schedules')[method]

    cfg = load(name, 'linear' if stage == 'linear' else None)

    assert rates_of(cfg) == pytest.approx(recorded[stage].tolist(), rel=1e-12)
    if stage == 'pretrain' and 'last_epoch_of_stage1' in recorded and name != 'skeletonclr_ntu60':
        terms = build(cfg.model).contrast.terms
        last = recorded['last_epoch_of_stage1'] - recorded['first_epoch']
        assert {(term.begin, term.end) for term in terms} - {(0, None)} == {
            (0, last + 1), (last + 1, None)}
    if method == 'ascal' and stage == 'pretrain':
        fill = dict(type='FillQueueHook', epochs=recorded['epochs_without_training'])
        assert fill in cfg.custom_hooks
    if stage == 'linear':
        assert all(hook['type'] != 'FillQueueHook' for hook in cfg.custom_hooks)


@pytest.mark.parametrize('name, type_, is_it', [
    ('stgcnpp', 'STGCN', lambda stage: hasattr(stage.tcn, 'branches')),
    ('2sagcn', 'AAGCN', lambda stage: not stage.gcn.attention),
])
def test_skeletonclr_with_other_networks_of_mmaction2(name, type_, is_it):
    cfg, expected = load(f'skeletonclr_ntu60_{name}'), load('skeletonclr_ntu60')
    network = build(cfg.model).backbone.network
    assert type(network).__name__ == type_ and len(network.gcn) == 10
    assert all(is_it(stage) for stage in network.gcn)
    expected.model.backbone.network = cfg.model.backbone.network
    assert cfg.to_dict() == expected.to_dict()


def test_statistics_are_those_of_all_gpus_where_there_are_any():
    for name in list_configs():
        with_statistics = any(part in name for part in (
            'stgcn', 'skeletonclr', 'crossclr', 'aimclr', 'isc_'))
        assert load(name).get('sync_bn') == ('torch' if with_statistics else None)


def test_encoders_are_compared_on_the_same_views_and_batches():
    rivals = ('skeletonclr', 'crossclr', 'isc', 'ascal')
    for data, methods in dict(
            demo=rivals, four_sets=rivals[:1], seven_sets=(*rivals, 'aimclr')).items():
        expected = load(f'hico_{data}')
        for method in methods:
            cfg = load(f'{method}_{data}')
            for key in ('val_dataloader', 'val_cfg', 'train_cfg', 'param_scheduler', 'protocol'):
                assert cfg[key] == expected[key]
            ours, theirs = cfg.train_dataloader, expected.train_dataloader
            assert ours == theirs or method == 'aimclr'  # which has a further view
            assert ours.batch_size == theirs.batch_size
            assert [dict(x, pipeline=[]) for x in datasets_of(cfg)] == [
                dict(x, pipeline=[]) for x in datasets_of(expected)]
            if data == 'seven_sets':
                assert cfg.model.momentum == expected.model.momentum == 0.99
                assert cfg.model.queue == expected.model.queue == dict(type='FeatureQueue', length=512)


@pytest.mark.parametrize('name, data, file, splits, num_classes', [
    ('hico_four_sets_gru', 'utkinect', 'utkinect', 'xsub', 10),
    ('skeletonclr_four_sets', 'kard', 'kard', 'xsub', 18),
    ('hico_seven_sets', 'uiprmd', 'uiprmd', 'xsub', 10),
    ('hico_seven_sets', 'kinder_gator', 'kinder_gator', 'xsub', 58),
    ('hico_seven_sets', 'children', 'kinder_gator', 'xage', 58),
    ('hico_seven_sets', 'bandai', 'bandai', 'xstyle', 10)])
def test_other_evaluation_data_of_the_same_pretraining(name, data, file, splits, num_classes):
    before, cfg = load(name), load(f'{name}@{data}')
    assert cfg.work_dir == f'work_dirs/{name}'
    changed = {key for key in cfg if cfg[key] != before.get(key)}
    assert changed <= {'work_dir', 'val_dataloader', 'val_cfg', 'test_dataloader', 'test_cfg',
                       'evaluate_pipeline', 'finetune_pipeline', 'test_pipeline'}
    for dataset, part in zip(datasets_of(cfg)[-4:], ('val', 'val', 'train', 'train'), strict=True):
        assert (dataset.ann_file, dataset.split, dataset.num_classes) == (
            f'data/skeleton/{file}_ntu25.pkl', f'{splits}_{part}', num_classes)
    training, test, _ = datasets_of(load(f'{name}@{data}', 'linear'))
    assert (training.ann_file, training.split, test.split) == (
        dataset.ann_file, f'{splits}_train', f'{splits}_val')


def test_only_a_pretraining_on_its_own_data_is_evaluated_on_others():
    for cfg, name, message in (
            (load('hico_four_sets'), 'bandai', r"\['utd_mhad', 'kard', 'utkinect', 'uiprmd'\]. Name"),
            (load('hico_demo'), 'kard', "on 'kard': its entry evaluate_on names no data sets. Add"),
            (load('hico_four_sets@kard'), 'uiprmd', 'sets@kard.py@uiprmd: only a pre-training config'),
            (load('hico_four_sets', 'linear'), 'kard', 'only a pre-training config')):
        with pytest.raises(ValueError, match=message):
            evaluate_on(cfg, name)


def test_mirrored_set_is_mended_wherever_it_is_read():
    flip = dict(type='MapJoints', source='nturgb+d', target='nturgb+d', axes=('right', 'up', 'away'))
    kard = load('hico_four_sets@kard')
    finetune = load('hico_four_sets@kard', 'finetune')
    for dataset in datasets_of(kard) + datasets_of(finetune):
        assert (dataset.pipeline[0] == flip) == ('kard' in dataset.ann_file)
        assert sum(step['type'] == 'MapJoints' for step in dataset.pipeline) <= 1
    assert [step['type'] for step in datasets_of(finetune)[0].pipeline][:3] == [
        'MapJoints', 'KeepActivePersons', 'NormalizeSkeleton']


def test_four_small_sets_have_the_schedule_of_the_table():
    cfg = load('hico_four_sets')
    assert (cfg.train_cfg.max_epochs, cfg.param_scheduler.milestones) == (300, [250])
    assert cfg.optim_wrapper.optimizer.lr == 0.01
    assert (cfg.train_dataloader.batch_size, cfg.model.queue.length) == (64, 1024)
    probe = load('hico_four_sets@kard', 'linear')
    assert (probe.train_cfg.max_epochs, probe.param_scheduler.milestones) == (80, [50, 70])
    optimizer = probe.optim_wrapper.optimizer
    assert (optimizer.lr, optimizer.weight_decay) == (0.1, 0.03)
    assert probe.train_dataloader.batch_size == 128


@pytest.fixture(scope='module')
def variants_of_seven_sets():
    """By file and name, the config hico_seven_sets of each variant."""
    def read(file):
        cfgs = load_configs(['hico_seven_sets'], variants=read_variants(
            str(CONFIGS / f'_base_/variants/{file}.py')))
        return {name.partition('-')[2]: cfg for name, cfg in cfgs.items()}
    return {file: read(file) for file in ('search', 'parts')}


def test_the_variants_are_those_of_the_tables(variants_of_seven_sets):
    def settings(cfg):
        def of_views(argument):
            return {x[argument] for x in iter_dicts(cfg.train_dataloader.to_dict()) if argument in x}
        return (cfg.model.momentum, cfg.model.queue.length, cfg.model.contrast.temperature,
                cfg.optim_wrapper.optimizer.lr, cfg.model.backbone.s2s.get('dropout'),
                of_views('amplitude'), of_views('min_ratio'))

    chosen, slow = (0.99, 512, 0.2, 0.01, 0.0, {1.0}, {0.1}), (0.999, 4096, 0.2, 0.01, 0.1, {1.0}, {0.1})
    assert {file: {name: settings(cfg) for name, cfg in cfgs.items()}
            for file, cfgs in variants_of_seven_sets.items()} == dict(
        search=dict(
            queue=chosen,
            slow=slow,
            mild=(0.999, 4096, 0.2, 0.01, 0.1, {0.3}, {0.5}),
            quick=(0.99, 4096, 0.1, 0.05, 0.0, {1.0}, {0.1}),
            quick_mild=(0.99, 4096, 0.1, 0.05, 0.0, {0.3}, {0.5}),
            mild_dropout0=(0.999, 4096, 0.2, 0.01, 0.0, {0.3}, {0.5}),
            mild_temperature=(0.999, 4096, 0.1, 0.01, 0.0, {0.3}, {0.5}),
            mild_queue=(0.99, 512, 0.2, 0.01, 0.0, {0.3}, {0.5}),
            mild_queue_lr=(0.99, 512, 0.2, 0.03, 0.0, {0.3}, {0.5}),
            queue_lr=(0.99, 512, 0.2, 0.03, 0.0, {1.0}, {0.1}),
            queue_crop=(0.99, 512, 0.2, 0.01, 0.0, {1.0}, {0.5}),
            queue_temperature=(0.99, 512, 0.1, 0.01, 0.0, {1.0}, {0.1}),
            queue_temperature07=(0.99, 512, 0.07, 0.01, 0.0, {1.0}, {0.1})),
        parts=dict(
            **dict.fromkeys((
                'chosen', 'instance', 'domain', 'released', 'gru', 'lstm', 'third', 'ninth'), chosen),
            paper=(slow[0], 2048, *slow[2:])))


def test_the_parts_of_the_method_are_what_they_say(variants_of_seven_sets):
    cfgs = variants_of_seven_sets['parts']
    assert {name: tuple(cfg.model.contrast.weights.values()) for name, cfg in cfgs.items()} == {
        **dict.fromkeys(cfgs, (1, 1, 1, 1)), 'instance': (1, 0, 0, 0), 'domain': (1, 1, 0, 0)}
    assert [name for name, cfg in cfgs.items()
            if cfg.model.backbone.variant == 'released'] == ['released']
    assert [cfgs[name].model.backbone.s2s for name in ('gru', 'lstm')] == [
        dict(type='S2SGRU', dropout=0.0), dict(type='S2SLSTM', dropout=0.0)]
    for name in ('gru', 'lstm'):
        build(cfgs[name].model)
    for name, expected, steps in (('third', [144, 90, 34, 334, 334, 1013, 1219], 3528),
                                  ('ninth', [48, 30, 12, 112, 112, 338, 407], 3456)):
        sizes = [len(x.indices) for x in cfgs[name].train_dataloader.dataset.dataset.datasets]
        assert sizes == expected
        assert sum(sizes) // 64 * cfgs[name].train_cfg.max_epochs == steps


def test_seven_sets_take_as_many_steps_as_they_say(data_dir):
    cfg = load('hico_seven_sets')
    numbers = []
    for dataset in datasets_of(cfg)[:-4]:
        dataset.update(ann_file=str(data_dir / dataset.ann_file.split('/')[-1]), serialize_data=False)
        numbers.append(len(DATASETS.build(dataset)))
    assert numbers == [431, 270, 100, 1000, 1001, 3038, 3655]
    assert sum(numbers) // cfg.train_dataloader.batch_size * cfg.train_cfg.max_epochs == 3552


@pytest.mark.parametrize('name', ['supervised_hico_ntu60', 'supervised_stgcn_ntu60'])
def test_supervised_training_is_fine_tuning_without_a_pretraining(name):
    cfg, finetune = load(name), load('hico_ntu60', 'finetune')
    assert cfg.load_from is None and cfg.work_dir == f'work_dirs/{name}'
    for key in ('train_cfg', 'param_scheduler', 'val_dataloader', 'val_cfg', 'val_evaluator'):
        assert cfg[key] == finetune[key]
    assert cfg.train_dataloader.dataset == finetune.train_dataloader.dataset
    pretraining = build(load(name.replace('supervised_stgcn', 'skeletonclr').replace(
        'supervised_', '')).model)
    ours = build(cfg.model).backbone.state_dict()
    assert {key: value.shape for key, value in ours.items()} == {
        key: value.shape for key, value in pretraining.backbone.state_dict().items()}


@pytest.mark.parametrize('task', ['linear', 'finetune', 'semi'])
def test_headline_task_is_that_of_the_pretraining(task):
    assert load(f'hico_ntu60_{task}').to_dict() == load('hico_ntu60', task).to_dict()


def test_stock_pipeline_gives_two_views_and_a_repeatable_evaluation():
    """MMAction2's PreNormalize3D, GenSkeFeat, UniformSampleFrames and PoseDecode on the demo's data."""
    cfg = load('hico_ntu60_stock_pipeline')
    pretrain, evaluate = (
        DATASETS.build(dict(type='SyntheticSkeletonDataset', split='train', num_sequences=2,
                            num_classes=2, pipeline=pipeline, serialize_data=False))
        for pipeline in (cfg.pretrain_pipeline, cfg.evaluate_pipeline))
    views = pretrain[0]['inputs']
    assert views.shape == (2, 2, 64, 25, 3) and not torch.equal(views[0], views[1])
    first, second = (evaluate[0]['inputs'] for _ in range(2))
    assert first.shape == (1, 2, 64, 25, 3) and torch.equal(first, second)

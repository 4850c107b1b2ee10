custom_imports = dict(imports=['hico_mm'], allow_failed_imports=False)
default_scope = 'mmaction'

default_hooks = dict(
    runtime_info=dict(type='DeferredRuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20, ignore_last=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    # The backend 'atomic' never leaves half a checkpoint. The best one is chosen by test labels, so no
    # task uses it. There is no SyncBuffersHook: the queues are the same on all GPUs anyway.
    checkpoint=dict(
        type='CheckpointHook', interval=10, save_best='knn/top1', max_keep_ckpts=2,
        backend_args=dict(backend='atomic')))
custom_hooks = [
    dict(type='TrainLoaderCheckHook'),
    dict(type='EpochSeedHook'),
    dict(type='CheckpointFitHook', prefix='backbone.', test_prefix='backbone.'),
    dict(type='FiniteLossHook'),
    dict(type='ResumeHook'),
    dict(type='MissedEvaluationHook'),
    dict(type='UntrainedBaselineHook'),
]

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))
randomness = dict(seed=0)
log_processor = dict(
    type='LogProcessor', window_size=20, by_epoch=True,
    mean_pattern=r'.*(loss|acc(?!/)|time|grad_norm).*')  # not acc/top1, the metric of an evaluation
log_level = 'INFO'
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='ActionVisualizer', vis_backends=vis_backends)

load_from = None
resume = False

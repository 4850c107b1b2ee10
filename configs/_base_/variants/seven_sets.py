# Settings of the pre-training on seven_sets that were compared, for --variants. The last six are
# parts and encoders of the method and less data, and no part of the search (configs/README.md).
slow = {'model.momentum': 0.999, 'model.queue.length': 4096, 'model.backbone.s2s.dropout': 0.1}
slow_dropout0 = {**slow, 'model.backbone.s2s.dropout': 0.0}
crop = {
    'transforms.RandomCropResize.min_ratio': 0.5,  # the paper's: 0.1
    'transforms.RandomCropResize.min_frames': 16,  # 64
}
mild = {
    **crop,
    'transforms.JointCorruption.ratio': 0.2,  # 0.6
    'transforms.PoseShear.amplitude': 0.3,  # 1.0
}
temperature = {'model.contrast.temperature': 0.1}  # 0.2
quick = {**slow_dropout0, **temperature, 'model.momentum': 0.99, 'optim_wrapper.optimizer.lr': 0.05}
# Every ninth window of each set, 1,059, for about as many steps.
ninth = {f'train_dataloader.dataset.dataset.datasets.{i}.indices': list(range(0, size, 9))
         for i, size in enumerate([431, 270, 100, 1000, 1001, 3038, 3655])}
ninth.update({'train_cfg.max_epochs': 216, 'train_cfg.val_interval': 54,
              'param_scheduler.milestones': [180], 'default_hooks.checkpoint.interval': 54})
instance = dict(instance=1.0, domain=0.0, clip=0.0, part=0.0)

variants = dict(
    queue={},  # the settings of the config
    slow=slow,
    mild={**slow, **mild},
    quick=quick,
    quick_mild={**quick, **mild},
    mild_dropout0={**slow_dropout0, **mild},
    mild_temperature={**slow_dropout0, **mild, **temperature},
    mild_queue=mild,
    mild_queue_lr={**mild, 'optim_wrapper.optimizer.lr': 0.03},
    queue_lr={'optim_wrapper.optimizer.lr': 0.03},
    queue_crop=crop,
    queue_temperature=temperature,
    queue_temperature07={'model.contrast.temperature': 0.07},
    ninth=ninth,
    instance={'model.contrast.weights': instance},
    domain={'model.contrast.weights': dict(instance, domain=1.0)},
    released={'model.backbone.variant': 'released'},
    gru={'model.backbone.s2s': dict(_delete_=True, type='S2SGRU')},
    lstm={'model.backbone.s2s': dict(_delete_=True, type='S2SLSTM')})

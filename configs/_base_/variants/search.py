# Settings of the pre-training on seven_sets that were compared on held-out training data, for --variants
# ("Choosing settings without test data" in ../../README.md).
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
    queue_temperature07={'model.contrast.temperature': 0.07})

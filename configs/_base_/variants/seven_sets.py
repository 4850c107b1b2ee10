# Settings of the pre-training on seven_sets that were compared (configs/README.md), for --variants.
paper = {'model.momentum': 0.999, 'model.queue.length': 4096, 'model.backbone.s2s.dropout': 0.1}
still = {**paper, 'model.backbone.s2s.dropout': 0.0}
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
quick = {**still, **temperature, 'model.momentum': 0.99, 'optim_wrapper.optimizer.lr': 0.05}  # 0.01
instance = dict(instance=1.0, domain=0.0, clip=0.0, part=0.0)

variants = dict(
    queue={},  # the settings of the config
    paper=paper,
    mild={**paper, **mild},
    quick=quick,
    quick_mild={**quick, **mild},
    mild_dropout0={**still, **mild},
    mild_temperature={**still, **mild, **temperature},
    mild_queue=mild,
    mild_queue_lr={**mild, 'optim_wrapper.optimizer.lr': 0.03},
    queue_lr={'optim_wrapper.optimizer.lr': 0.03},
    queue_crop=crop,
    queue_temperature=temperature,
    queue_temperature07={'model.contrast.temperature': 0.07},
    instance={'model.contrast.weights': instance},
    domain={'model.contrast.weights': dict(instance, domain=1.0)},
    released={'model.backbone.variant': 'released'},
    gru={'model.backbone.s2s': dict(_delete_=True, type='S2SGRU')},
    lstm={'model.backbone.s2s': dict(_delete_=True, type='S2SLSTM')})

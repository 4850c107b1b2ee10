# Settings of the pre-training on seven_sets that were compared (configs/README.md), for --variants.
mild = {
    'transforms.RandomCropResize.min_ratio': 0.5,  # the paper's: 0.1
    'transforms.RandomCropResize.min_frames': 16,  # 64
    'transforms.JointCorruption.ratio': 0.2,  # 0.6
    'transforms.PoseShear.amplitude': 0.3,  # 1.0
}
quick = {
    'model.momentum': 0.99,  # 0.999
    'optim_wrapper.optimizer.lr': 0.05,  # 0.01
    'model.contrast.temperature': 0.1,  # 0.2
    'model.backbone.s2s.dropout': 0.0,  # 0.1
}
dropout0 = {'model.backbone.s2s.dropout': 0.0}
queue = {**dropout0, 'model.momentum': 0.99, 'model.queue.length': 512}  # 4096

variants = dict(
    paper={},
    mild=mild,
    quick=quick,
    quick_mild={**quick, **mild},
    mild_dropout0={**mild, **dropout0},
    mild_temperature={**mild, **dropout0, 'model.contrast.temperature': 0.1},
    queue=queue,
    mild_queue={**mild, **queue},
    mild_queue_lr={**mild, **queue, 'optim_wrapper.optimizer.lr': 0.03})

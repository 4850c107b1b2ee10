# Linear evaluation: one fully connected layer on the frozen encoder.
_base_ = '../_base_/task.py'

# The pre-training config names its protocol.
protocols = dict(
    # Released code, which reports the best of its 80 evaluations. The result here is the last one.
    hico=dict(lr=2.0, batch_size=1024, milestones=[50, 70], max_epochs=80),
    # config/linear_eval/ of github.com/LinguoLi/CrosSCLR
    skeletonclr=dict(lr=3.0, batch_size=128, milestones=[80], max_epochs=100),
    # Own choice, on standardised features (see `LinearHead`). On raw ones each encoder would want a
    # learning rate of its own: with 2.0 the loss of HiCo's linear evaluation explodes.
    small_sets=dict(lr=0.1, batch_size=128, milestones=[50, 70], max_epochs=80))
protocol = _base_.get('protocol', 'hico')
assert protocol in protocols, f'protocol={protocol!r} is none of {[*protocols]}'
protocol = protocols[protocol]

model = dict(backbone=dict(frozen=True))
train_dataloader = dict(
    batch_size=protocol['batch_size'], dataset=dict(pipeline=_base_.evaluate_pipeline))
optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=protocol['lr'], momentum=0.9, weight_decay=0.0))
param_scheduler = dict(
    _delete_=True, type='MultiStepLR', by_epoch=True, milestones=protocol['milestones'], gamma=0.1)
train_cfg = dict(
    _delete_=True, type='EpochBasedTrainLoop', max_epochs=protocol['max_epochs'], val_interval=1)
auto_scale_lr = dict(enable=False, base_batch_size=protocol['batch_size'])
custom_hooks = [*_base_.custom_hooks, dict(type='CacheFeaturesHook')]
work_dir = f'work_dirs/{_base_.pretraining}_linear'
del protocols, protocol

# SkeletonCLR, joint stream: all that a config of one data set has in common with the others.
_base_ = [
    'default_runtime.py', 'models/skeletonclr.py', 'schedules/pretrain_300e.py', 'tasks.py'
]

tasks = dict(  # config/linear_eval/ of github.com/LinguoLi/CrosSCLR; fine-tuning is as HiCo's
    linear=dict(
        train_dataloader=dict(batch_size=128),
        optim_wrapper=dict(optimizer=dict(lr=3.0)),
        param_scheduler=dict(milestones=[80]),
        train_cfg=dict(max_epochs=100),
        auto_scale_lr=dict(base_batch_size=128)))
# Statistics of the batches of all GPUs, as one process would have them; and the same in all checkpoints.
sync_bn = 'torch'

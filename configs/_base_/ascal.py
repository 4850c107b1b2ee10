# AS-CAL: all that a config of one data set has in common with the others.
_base_ = ['default_runtime.py', 'models/ascal.py', 'schedules/pretrain_61e.py']

protocol = 'ascal'  # of the tasks, see ../tasks/linear.py
# In the first epoch the queue fills, and nothing is trained.
custom_hooks = [*_base_.custom_hooks, dict(type='FillQueueHook', epochs=1)]

# HiCo-Transformer, joint stream: all that a config of one data set has in common with the others.
_base_ = ['default_runtime.py', 'models/hico.py', 'schedules/pretrain_451e.py']

protocol = 'hico'  # of the tasks, see ../tasks/linear.py

# HiCo-Transformer trained with labels, NTU-60 x-sub, joint stream: fine-tuning without a pre-training.
_base_ = '../tasks/finetune.py'

load_from = None
work_dir = 'work_dirs/supervised_hico_ntu60'

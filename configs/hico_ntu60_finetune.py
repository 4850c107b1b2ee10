# Fine-tuning of hico_ntu60.py, or of the pre-training config that PRETRAIN names.
_base_ = 'tasks/finetune.py'

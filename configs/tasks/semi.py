# Fine-tuning on a class-balanced draw of the labels (Table 6). Fraction and draw are
# train_dataloader.dataset.dataset.fraction and .seed; each wants a --work-dir of its own.
_base_ = 'finetune.py'

train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            _delete_=True,
            type='LabelFraction',
            fraction=0.01,
            seed=0,
            dataset=_base_.train_dataloader.dataset.dataset)))
custom_hooks = [*_base_.custom_hooks, dict(type='LabelledSequencesHook')]
work_dir = f'work_dirs/{_base_.pretraining}_semi'

# CrosSCLR (Li et al., CVPR 2021): SkeletonCLR on three streams at once, whose nearest neighbours are
# positives of one another from epoch 150 on. Numbers: github.com/LinguoLi/CrosSCLR.
_base_ = 'skeletonclr.py'

streams = ('joint', 'motion', 'bone')
first_stage = [dict(type='InfoNCE', query=stream) for stream in streams]
second_stage = [
    dict(type='CrossView', anchor=anchor, source=source, topk=1, context=True, weight=0.5)
    for anchor in streams for source in streams if source != anchor
]
begin = 150  # of the second stage, counted from 0: epoch 151 of the paper
# In the authors' code the streams share a projector, and in the second stage only motion's key encoder
# moves: model.type='ReleasedCrosSCLR', model.neck.variant='released'.
model = dict(
    backbone=dict(
        _delete_=True, type='EncoderGroup', encoders={stream: _base_.encoder for stream in streams}),
    contrast=dict(
        terms=[*(dict(term, end=begin) for term in first_stage),
               *(dict(term, begin=begin) for term in second_stage)]))

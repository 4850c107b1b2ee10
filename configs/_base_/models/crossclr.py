# CrosSCLR (Li et al., CVPR 2021): SkeletonCLR on three streams at once, whose nearest neighbours are
# positives of one another from epoch 150 on. Numbers: github.com/LinguoLi/CrosSCLR.
_base_ = 'skeletonclr.py'

streams = ('joint', 'motion', 'bone')
begin = 150  # of the second stage, counted from 0: epoch 151 of the paper
model = dict(
    backbone=dict(
        _delete_=True, type='EncoderGroup', encoders={stream: _base_.encoder for stream in streams}),
    contrast=dict(
        terms=[
            *(dict(type='InfoNCE', query=stream, end=begin) for stream in streams),
            *(dict(type='CrossView', anchor=anchor, source=source, topk=1, weight=0.5, begin=begin)
              for anchor in streams for source in streams if source != anchor),
        ]))

# AimCLR (Guo et al., AAAI 2022, "Contrastive Learning from Extremely Augmented Skeleton Sequences for
# Self-Supervised Action Recognition"): SkeletonCLR, whose extremely augmented view has to follow the
# normal one. Numbers: github.com/Levigty/AimCLR.
_base_ = 'skeletonclr.py'

students = ('extreme.instance', 'extreme.dropped')
both_stages = [
    dict(type='Distribution', student=student, teacher='instance', weight=0.5) for student in students
]
first_stage = [dict(type='InfoNCE', query='instance')]
second_stage = [dict(type='Neighbours', anchor='instance', sources=students, topk=1)]
begin = 150  # of the second stage, counted from 0: epoch 151 of the paper
model = dict(
    backbone=dict(drop=dict(type='AttentionDrop', threshold=0.7)),
    neck=dict(shared=dict(dropped='instance')),
    further_views=['extreme'],
    contrast=dict(
        terms=[*(dict(term, end=begin) for term in first_stage),
               *(dict(term, begin=begin) for term in second_stage), *both_stages]))

"""Equations 1 to 11 of the paper in slow motion: one sequence at a time, plain Python.

Where the authors' code departs from the paper, ``released=True`` follows the code.
"""
import math

from slow_layers import (
    below,
    bidirectional,
    conv1d,
    dot,
    gru,
    layer_norm,
    linear,
    lstm,
    max_pool,
    relu,
    transformer,
)


def s2s(sequence, w, name, num_layers=1, heads=4):
    """A sequence-to-sequence encoder by its registered name."""
    if name == 'S2STransformer':
        return transformer(sequence, below(w, 'layers.'), num_layers, heads)
    cell = dict(S2SGRU=gru, S2SLSTM=lstm)[name]
    return bidirectional(cell, sequence, below(w, 'rnn.'), num_layers)


# Section 3.1: the hierarchical encoder.


def embedding(x, w, released=False):
    """Eq. 1."""
    x = linear(x, w['0.weight'], w['0.bias'])
    if released:
        x = layer_norm(x, w['1.weight'], w['1.bias'])
    last = 3 if released else 2
    return linear(relu(x), w[f'{last}.weight'], w[f'{last}.bias'])


def udm(sequence, w, released=False, pool_size=2):
    """Eq. 2."""
    merged = []
    for x in conv1d(sequence, w['conv.weight'], w['conv.bias']):
        if released:
            merged.append(relu(layer_norm(x, w['norm.weight'], w['norm.bias'])))
        else:
            merged.append(layer_norm(relu(x), w['norm.weight'], w['norm.bias']))
    return max_pool(merged, pool_size)


def branch(tokens, w, encoder, granularities, released=False):
    """Eq. 1 to 5: V^c of the frames or V^p of the joints."""
    x = [embedding(token, below(w, 'embedding.'), released) for token in tokens]
    features = []
    for n in range(1, granularities + 1):
        if n > 1:
            x = udm(x, below(w, 'udm.'), released)  # Eq. 3
        encoded = s2s(x, below(w, 's2s.'), encoder)
        features.append([max(token[d] for token in encoded) for d in range(len(x[0]))])  # Eq. 4
    return features


def time_major(skeleton):
    """Frames of a skeleton[m][t][v][c], each a list of (person, joint, coordinate)."""
    persons, frames, joints = len(skeleton), len(skeleton[0]), len(skeleton[0][0])
    return [[value for m in range(persons) for v in range(joints) for value in skeleton[m][t][v]]
            for t in range(frames)]


def space_major(skeleton):
    """Joint trajectories, person by person, each a list of (frame, coordinate)."""
    persons, frames, joints = len(skeleton), len(skeleton[0]), len(skeleton[0][0])
    return [[value for t in range(frames) for value in skeleton[m][t][v]]
            for m in range(persons) for v in range(joints)]


def encode(skeleton, w, encoder, granularities, released=False):
    """Features of one sequence at all levels."""
    clip = branch(time_major(skeleton), below(w, 'temporal.'), encoder, granularities, released)
    part = branch(space_major(skeleton), below(w, 'spatial.'), encoder, granularities, released)
    temporal = [value for feature in clip for value in feature]  # Eq. 6
    spatial = [value for feature in part for value in feature]
    return dict(clip=clip, part=part, temporal=temporal, spatial=spatial,
                instance=temporal + spatial)  # Eq. 7


# Section 3.2: the hierarchical contrast.


def project(feature, w):
    if isinstance(feature[0], list):
        return [project(each, w) for each in feature]
    return linear(relu(linear(feature, w['0.weight'], w['0.bias'])), w['2.weight'], w['2.bias'])


def normalise(feature):
    if isinstance(feature[0], list):
        return [normalise(each) for each in feature]
    return [value / math.sqrt(dot(feature, feature)) for value in feature]


def info_nce(anchor, positives, negatives, temperature):
    """-log of the share of the positives, of one anchor."""
    positive = sum(math.exp(dot(anchor, key) / temperature) for key in positives)
    negative = sum(math.exp(dot(anchor, key) / temperature) for key in negatives)
    return -math.log(positive / (positive + negative))


def contrast(query, key, queues, temperature):
    """Eq. 8 to 11 for one sequence: level -> loss."""
    return dict(
        instance=info_nce(query['instance'], [key['instance']], queues['instance'], temperature),
        domain=info_nce(query['temporal'], [key['spatial']], queues['spatial'], temperature)
        + info_nce(query['spatial'], [key['temporal']], queues['temporal'], temperature),
        clip=info_nce(query['clip'][0], key['clip'], queues['clip'], temperature),
        part=info_nce(query['part'][0], key['part'], queues['part'], temperature))

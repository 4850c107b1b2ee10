"""Equations 1 to 11 of the paper in slow motion: plain Python on lists of floats, with loops.

A vector is a list of floats, a sequence a list of vectors. Parameters come as ``weights_of(module)``:
name -> nested list. Where the authors' code departs from the paper, ``released=True`` follows the code.
"""
import math

import torch


def scrambled(module, std=0.5):
    """The module in double precision, every parameter (scales and offsets too) random."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return module.double()


def weights_of(module) -> dict:
    """The parameters of a module as nested lists."""
    return {name: parameter.detach().double().tolist()
            for name, parameter in module.named_parameters()}


def below(weights: dict, prefix: str) -> dict:
    """The weights whose names start with a prefix, without it."""
    return {name[len(prefix):]: value for name, value in weights.items()
            if name.startswith(prefix)}


def dot(a, b):
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def add(a, b):
    return [x + y for x, y in zip(a, b, strict=True)]


def relu(x):
    return [max(0.0, value) for value in x]


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def linear(x, weight, bias):
    return [dot(row, x) + offset for row, offset in zip(weight, bias, strict=True)]


def layer_norm(x, weight, bias, eps=1e-5):
    mean = sum(x) / len(x)
    variance = sum((value - mean)**2 for value in x) / len(x)
    return [(value - mean) / math.sqrt(variance + eps) * scale + offset
            for value, scale, offset in zip(x, weight, bias, strict=True)]


def conv1d(sequence, weight, bias):
    """Stride 1 and zeros outside; ``weight`` (D, 1, width) is depth-wise, (D, D, width) is not."""
    width = len(weight[0][0])
    result = []
    for s in range(len(sequence)):
        token = []
        for d in range(len(weight)):
            value = bias[d]
            for c in range(len(weight[d])):
                channel = d if len(weight[d]) == 1 else c
                for k in range(width):
                    t = s + k - width // 2
                    if 0 <= t < len(sequence):
                        value += weight[d][c][k] * sequence[t][channel]
            token.append(value)
        result.append(token)
    return result


def max_pool(sequence, size):
    return [[max(sequence[s * size + k][d] for k in range(size)) for d in range(len(sequence[0]))]
            for s in range(len(sequence) // size)]


# Sequence-to-sequence encoders.


def gru(sequence, w, suffix):
    """One direction of a GRU layer; the gates are stacked as reset, update, new."""
    hidden = len(w[f'weight_hh_{suffix}'][0])
    h, outputs = [0.0] * hidden, []
    for x in sequence:
        a = linear(x, w[f'weight_ih_{suffix}'], w[f'bias_ih_{suffix}'])
        b = linear(h, w[f'weight_hh_{suffix}'], w[f'bias_hh_{suffix}'])
        state = []
        for i in range(hidden):
            reset = sigmoid(a[i] + b[i])
            update = sigmoid(a[hidden + i] + b[hidden + i])
            new = math.tanh(a[2 * hidden + i] + reset * b[2 * hidden + i])
            state.append((1 - update) * new + update * h[i])
        h = state
        outputs.append(h)
    return outputs


def lstm(sequence, w, suffix):
    """One direction of an LSTM layer; the gates are stacked as input, forget, cell, output."""
    hidden = len(w[f'weight_hh_{suffix}'][0])
    h, c, outputs = [0.0] * hidden, [0.0] * hidden, []
    for x in sequence:
        gates = add(linear(x, w[f'weight_ih_{suffix}'], w[f'bias_ih_{suffix}']),
                    linear(h, w[f'weight_hh_{suffix}'], w[f'bias_hh_{suffix}']))
        c = [sigmoid(gates[hidden + i]) * c[i]
             + sigmoid(gates[i]) * math.tanh(gates[2 * hidden + i]) for i in range(hidden)]
        h = [sigmoid(gates[3 * hidden + i]) * math.tanh(c[i]) for i in range(hidden)]
        outputs.append(h)
    return outputs


def bidirectional(cell, sequence, w, num_layers=1):
    for layer in range(num_layers):
        forward = cell(sequence, w, f'l{layer}')
        backward = cell(sequence[::-1], w, f'l{layer}_reverse')[::-1]
        sequence = [a + b for a, b in zip(forward, backward, strict=True)]
    return sequence


def self_attention(sequence, w, heads):
    channels = len(sequence[0])
    size = channels // heads
    projected = [linear(x, w['in_proj_weight'], w['in_proj_bias']) for x in sequence]
    outputs = []
    for s in range(len(sequence)):
        mixed = []
        for head in range(heads):
            def part(t, kind, head=head):  # query 0, key 1, value 2
                start = kind * channels + head * size
                return projected[t][start:start + size]
            scores = [math.exp(dot(part(s, 0), part(t, 1)) / math.sqrt(size))
                      for t in range(len(sequence))]
            mixed += [sum(scores[t] * part(t, 2)[d] for t in range(len(sequence))) / sum(scores)
                      for d in range(size)]
        outputs.append(linear(mixed, w['out_proj.weight'], w['out_proj.bias']))
    return outputs


def transformer(sequence, w, num_layers=1, heads=4):
    """Post-norm layers, no positional encoding, no final norm, no dropout."""
    for layer in range(num_layers):
        p = below(w, f'{layer}.')
        attended = self_attention(sequence, below(p, 'self_attn.'), heads)
        sequence = [layer_norm(add(x, y), p['norm1.weight'], p['norm1.bias'])
                    for x, y in zip(sequence, attended, strict=True)]
        wide = [relu(linear(x, p['linear1.weight'], p['linear1.bias'])) for x in sequence]
        sequence = [layer_norm(add(x, linear(y, p['linear2.weight'], p['linear2.bias'])),
                               p['norm2.weight'], p['norm2.bias'])
                    for x, y in zip(sequence, wide, strict=True)]
    return sequence


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

"""Terms of CrosSCLR, AimCLR, ISC and AS-CAL against numbers recorded from their public code."""
import pytest
import torch
import torch.nn.functional as F

from hico_mm.models import Contrast, FeatureQueue
from hico_mm.models.losses.contrast import Logits

VIEWS = dict(j='joint', m='motion', b='bone')


def check(contrast, raw, key, queue, epoch, recorded, losses):
    """Compare total, single losses (NAME -> value) and gradients to the raw queries."""
    raw = {name: value.clone().requires_grad_() for name, value in raw.items()}
    query = {name: F.normalize(value, dim=1) for name, value in raw.items()}

    results = contrast(query, key, queue, epoch)
    total = sum(value for name, value in results.items() if name.startswith('loss'))
    total.backward()

    assert total.item() == pytest.approx(recorded['total'], abs=1e-5)
    for name, value in losses.items():
        assert results[f'loss_{name}'].item() == pytest.approx(float(value), abs=1e-5)
    for name, value in recorded['query_raw_grad'].items():
        close(raw[name].grad, value)


def close(actual, expected):
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=0)


def mined(term, logits):
    """What a term takes for positives of its first query, from logits (N, 1 + K) of queries by name."""
    # Small ones, so that all rivals weigh the same, and only the gradient of positives is negative.
    given = {name: (values * 2**-20).requires_grad_() for name, values in logits.items()}

    def small(query, key):
        return given[query][:, :1], given[query][:, 1:]

    small.temperature = 1.0
    return torch.autograd.grad(term(small), given[term.queries[0]])[0] < 0


def of_views(recorded, kind):
    return {name: recorded['features'][name][kind] for name in recorded['features']}


def test_crossclr_trains_each_view_first_and_then_by_the_others(golden):
    recorded = golden('crossclr')
    inputs = [of_views(recorded, kind) for kind in ('query_raw', 'key', 'queue')]
    first = [dict(type='InfoNCE', query=view, end=150) for view in VIEWS.values()]

    for case in recorded['stage2']:
        second = [
            dict(type='CrossView', anchor=anchor, source=source, topk=case['topk'],
                 context=bool(case['context']), weight=0.5, begin=150)
            for anchor in VIEWS.values() for source in VIEWS.values() if source != anchor]
        contrast = Contrast([*first, *second], recorded['temperature'])

        check(contrast, *inputs, 149, recorded['stage1'], recorded['stage1']['loss'])
        check(contrast, *inputs, 150, case, case['loss'])


def test_losses_of_pairs_of_views(golden):
    recorded = golden('crossclr')
    query = {name: F.normalize(value, dim=1) for name, value in of_views(recorded, 'query_raw').items()}
    key, queue = of_views(recorded, 'key'), of_views(recorded, 'queue')
    for case in recorded['stage2']:
        for (anchor, source), expected in case['loss_of_pair'].items():
            term = dict(type='CrossView', anchor=VIEWS[anchor], source=VIEWS[source],
                        topk=case['topk'], context=bool(case['context']))

            contrast = Contrast([term], recorded['temperature'])

            losses = [  # sample by sample
                contrast(*({name: value[[i]] for name, value in part.items()} for part in (query, key)),
                         queue)[f'loss_{VIEWS[anchor]}'] for i in range(len(expected))]
            close(torch.stack(losses), expected)
            rivals = 1 + len(queue['joint'])  # without context
            logits = {VIEWS[pair[0]]: values[:, :rivals] for pair, values in case['logits'].items()}
            is_positive = mined(contrast.terms[0], logits).float()
            assert torch.equal(is_positive, case['mask'][anchor + source][:, :rivals])


@pytest.mark.parametrize('name', ['crossclr', 'aimclr', 'isc'])
def test_logits_and_queues(golden, name):
    recorded = golden(name)
    step = recorded.get('stage1', recorded)
    if name == 'aimclr':
        recorded['features'] = dict(normal=dict(recorded, query_raw=recorded['query_raw']['normal']))
        step.update({kind: dict(normal=step[kind]) for kind in ('logits', 'queue_after')})
    for query, features in recorded['features'].items():
        view = dict(s1='s2', s2='s1').get(query, query)  # of the key
        key, before = (recorded['features'][view][kind] for kind in ('key', 'queue'))
        queue = FeatureQueue(before.shape[1], len(before))
        queue.load_state_dict(dict(features=before, pointer=torch.tensor([recorded['pointer_before']])))
        parts = {query: F.normalize(features['query_raw'], dim=1)}, {view: key}, {view: before}

        queue.enqueue(key)

        close(torch.cat(Logits(*parts, recorded['temperature'])(query, view), 1), step['logits'][query])
        close(queue.features, step['queue_after'][view])
        assert queue.pointer == step['pointer_after']


def test_aimclr_mines_neighbours_and_follows_the_normal_view(golden):
    recorded = golden('aimclr')
    raw = recorded['query_raw']
    inputs = raw, dict(normal=recorded['key']), dict(normal=recorded['queue'])
    follow = [dict(type='Distribution', student=name, teacher='normal', weight=0.5)
              for name in ('extreme', 'dropped')]
    for case in recorded['stage2']:
        contrast = Contrast([
            dict(type='InfoNCE', query='normal', end=150),
            dict(type='Neighbours', anchor='normal', sources=['extreme', 'dropped'], begin=150,
                 topk=case['topk']),
            *follow], recorded['temperature'])
        for epoch, stage in [(149, recorded['stage1']), (150, case)]:
            loss = stage['loss']
            check(contrast, *inputs, epoch, stage, dict(
                normal=loss['normal'], extreme=loss['extreme'] / 2, dropped=loss['dropped'] / 2))
        query = {name: F.normalize(value, dim=1) for name, value in raw.items()}
        logits = Logits(query, *inputs[1:], recorded['temperature'])
        logits = {name: torch.cat(logits(name, 'normal'), 1) for name in query}
        for name, expected in case['probability'].items():
            close(logits[name.replace('teacher', 'normal')].softmax(1), expected)
        assert torch.equal(mined(contrast.terms[1], logits).float(), case['mask'])


def test_isc_is_the_domain_level_of_hico(golden):
    recorded = golden('isc')
    inputs = [of_views(recorded, kind) for kind in ('query_raw', 'key', 'queue')]
    contrast = Contrast([dict(type='InfoNCE', query='s1', key='s2'),
                         dict(type='InfoNCE', query='s2', key='s1')], recorded['temperature'])

    check(contrast, *inputs, 0, recorded, recorded['loss'])
    intra = recorded['intra']
    intra = dict(total=float(intra['loss']), query_raw_grad=dict(s1=intra['query_raw_grad']))
    check(Contrast([dict(type='InfoNCE', query='s1')], recorded['temperature']), *inputs, 0, intra, {})


def test_ascal_does_not_normalise(golden):
    recorded = golden('ascal')
    contrast = Contrast([dict(type='InfoNCE', query='instance')], recorded['temperature'])
    for epoch in ('epoch1', 'epoch2'):
        step = recorded[epoch]

        results = contrast(*(dict(instance=step[name]) for name in ('query', 'key', 'queue_before')))

        assert results['loss_instance'].item() == pytest.approx(step['loss'], abs=1e-6)


@pytest.mark.parametrize('terms, message', [
    (dict(type='InfoNCE', query='x'), 'must be a list of terms'),
    ([dict(type='CrossView', anchor='x', source='y', topk=0)], 'topk=0 must be a positive'),
    ([dict(type='Neighbours', anchor='x', sources='y')], "sources='y' of Neighbours must be a list"),
    ([dict(type='UDM', channels=4)], r"\['UDM'\] in the terms .* do not inherit from Term"),
])
def test_terms_that_cannot_work_are_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        Contrast(terms, 0.1)

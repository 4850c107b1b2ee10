"""Where results come from."""
import subprocess

import pytest

from hico_mm.utils.provenance import code_commit


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / 'code.py').write_text('1')
    for command in ('init -q', 'add .',
                    '-c user.name=A -c user.email=a@b.c -c commit.gpgsign=false commit -qm First'):
        subprocess.run(['git', '-C', tmp_path, *command.split()], check=True)
    code_commit.cache_clear()
    yield tmp_path
    code_commit.cache_clear()


def test_commit_of_a_checkout(checkout):
    head = subprocess.run(['git', '-C', checkout, 'rev-parse', 'HEAD'], check=True, text=True,
                          capture_output=True).stdout.strip()
    (checkout / 'new.py').write_text('untracked files are no change')
    commit = code_commit(str(checkout))
    assert len(commit) >= 7 and head.startswith(commit)


def test_changes_are_named(checkout):
    (checkout / 'code.py').write_text('2')
    assert code_commit(str(checkout)).endswith('+changes')


def test_unknown_without_a_checkout(tmp_path):
    assert code_commit(str(tmp_path)) == 'unknown'

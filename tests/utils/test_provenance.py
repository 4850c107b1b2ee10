"""Where results come from."""
import subprocess

from hico_mm.utils.provenance import code_commit


def test_commit_of_a_checkout_and_its_changes(tmp_path):
    code_commit.cache_clear()
    assert code_commit(str(tmp_path)) == 'unknown'

    code_commit.cache_clear()
    (tmp_path / 'code.py').write_text('1')
    for command in ('init -q', 'add .',
                    '-c user.name=A -c user.email=a@b.c -c commit.gpgsign=false commit -qm First'):
        subprocess.run(['git', '-C', tmp_path, *command.split()], check=True)
    head = subprocess.check_output(['git', '-C', tmp_path, 'rev-parse', 'HEAD'], text=True).strip()
    (tmp_path / 'new.py').write_text('untracked files are no change')
    commit = code_commit(str(tmp_path))
    assert len(commit) >= 7 and head.startswith(commit)

    code_commit.cache_clear()
    (tmp_path / 'code.py').write_text('2')
    assert code_commit(str(tmp_path)) == f'{commit}+changes'
    code_commit.cache_clear()

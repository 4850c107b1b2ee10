"""Runs the scripts of tools/ from anywhere: ``python -m hico_mm COMMAND [ARGUMENTS]``."""
import ast
import difflib
import sys
from pathlib import Path
from types import ModuleType

from hico_mm import __version__, register
from hico_mm.paths import CONFIGS, TOOLS

USAGE = '''\
usage: hico_mm COMMAND [ARGUMENTS], or hico_mm --version

commands, each with a --help of its own:
{commands}

A CONFIG is a file, or named as one of those in {configs}: hico_demo.'''


def find_scripts() -> dict[str, Path]:
    """Script by command, which is its name (no two have the same), those right in tools/ first."""
    paths = sorted(TOOLS.rglob('*.py'), key=lambda path: (len(path.parts), path))
    return {path.stem: path for path in paths}


def describe(script: Path) -> str:
    """The first line of a script's docstring, without the example of a call."""
    docstring = ast.get_docstring(ast.parse(script.read_text(encoding='utf-8'))) or ''
    return docstring.partition('\n')[0].partition(': ``')[0].rstrip('.')


def run_script(script: Path, argv: list[str]) -> None:
    """Run a script as the main program, with a given command line.

    ``runpy.run_path`` would put the script's path into ``sys.argv``, and so into its usage.
    """
    register()
    module = ModuleType('__main__')
    module.__file__ = str(script)
    # Where pickles and spawned processes look for what the script defines.
    sys.modules['__main__'] = module
    sys.argv = argv
    exec(compile(script.read_bytes(), script, 'exec'), vars(module))


def main() -> None:
    """Run the command that the command line names, or list all."""
    scripts = find_scripts()
    command, *arguments = sys.argv[1:] or ['--help']
    if command in ('-h', '--help'):
        lines = (f'  {name:<20} {describe(script)}' for name, script in scripts.items())
        print(USAGE.format(commands='\n'.join(lines), configs=CONFIGS))
        return
    if command == '--version':
        print(f'hico_mm {__version__}')
        return
    if command not in scripts:
        close = difflib.get_close_matches(command, scripts)
        sys.exit(f'error: hico_mm has no command {command!r}. '
                 + (f'Did you mean one of {close}?' if close else '`hico_mm --help` lists them.'))
    run_script(scripts[command], [f'hico_mm {command}', *arguments])


if __name__ == '__main__':
    main()

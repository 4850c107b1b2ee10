import pytest


@pytest.fixture(scope='module')
def plot(request, load_script):
    """The script that a test file is named after, as a module."""
    return load_script(f"visualization/{request.path.stem.removeprefix('test_')}")

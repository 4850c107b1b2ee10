"""Raw files written by hand."""
import pytest

REST = '277.4 191.8 1036.2 NaN -inf -1.#IND 0 0 2'  # of a joint; nothing reads it


@pytest.fixture
def lines_of():
    """Lines of a .skeleton file. A frame lists (body id, scale); joint v is at (scale * v, 0.5, 3)."""
    def skeleton_lines(frames):
        lines = [str(len(frames))]
        for bodies in frames:
            lines.append(str(len(bodies)))
            for body_id, scale in bodies:
                lines += [f'{body_id} 0 1 1 0 1 0 0.02764709 -0.05745083 2', '25']
                lines += [f'{scale * v} 0.5 3 {REST}' for v in range(25)]
        return lines

    return skeleton_lines


@pytest.fixture
def write_skeleton(tmp_path, lines_of):
    def write(frames, name='S001C001P001R001A001', ending='\n'):
        path = tmp_path / f'{name}.skeleton'
        text = frames if isinstance(frames, str) else ending.join(lines_of(frames)) + ending
        path.write_bytes(text.encode())
        return path

    return write

"""The lines that Blender and the server exchange."""

import base64

import pytest

from human_mesh_recovery.inference_server import messages


def test_a_message_is_one_line_and_comes_back():
    message = {"type": "recover", "source": {"path": "/tmp/Ünïcode 走る\n.mp4"}, "fps": 29.97, "end": None}
    line = messages.encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert messages.decode(line) == message


@pytest.mark.parametrize(
    "line",
    [
        b"Welcome to host\n",
        b"\n",
        b"[1, 2]\n",
        b'{"job": 1}\n',
        b'{"type": 3}\n',
        b'{"type": "x"',
        b"{" * 100_000,
    ],
)
def test_what_is_no_message_is_none(line):
    assert messages.decode(line) is None


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        messages.encode({"type": "live", "trans": [float("nan")]})


@pytest.mark.parametrize("size", [0, 10, messages.PIECE, messages.PIECE + 1, 3 * messages.PIECE])
def test_a_file_s_pieces_make_the_file(tmp_path, size):
    path = tmp_path / "clip.mp4"
    contents = bytes(index % 251 for index in range(size))
    path.write_bytes(contents)
    pieces = list(messages.file_pieces("put", "7", path, "clip.mp4"))
    assert b"".join(base64.b64decode(piece["data"]) for piece in pieces) == contents
    assert [piece["last"] for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(len(messages.encode(piece)) < messages.LONGEST_LINE for piece in pieces)

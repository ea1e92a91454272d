"""A video that ends before its index says."""

from pathlib import Path


def cut_short_video(whole: Path, path: Path) -> Path:
    """Moves the index (moov) to the front, corrects its offsets (stco), and drops the latter half of the data."""
    data = whole.read_bytes()
    places, offset = {}, 0
    while offset < len(data):
        size = int.from_bytes(data[offset : offset + 4], "big")
        places[data[offset + 4 : offset + 8]] = slice(offset, offset + size)
        offset += size
    index = bytearray(data[places[b"moov"]])
    table = index.index(b"stco") + 8
    for entry in range(int.from_bytes(index[table : table + 4], "big")):
        at = slice(table + 4 + 4 * entry, table + 8 + 4 * entry)
        moved = int.from_bytes(index[at], "big") + len(index)
        index[at] = moved.to_bytes(4, "big")
    before = data[: places[b"mdat"].start]
    media = data[places[b"mdat"]]
    path.write_bytes(before + index + media[: len(media) // 2])
    return path

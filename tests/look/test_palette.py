"""The guides' pictures: a PNG of a palette, whose colours are the page's own as long as there are not too many."""

import struct
import zlib

import numpy as np

from config import palette


def read(file: bytes) -> np.ndarray:
    """The pixels (height, width, 3) of such a PNG."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    parts, at = {}, 8
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        name, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        assert struct.unpack(">I", file[at + 8 + length : at + 12 + length]) == (zlib.crc32(name + data),)
        parts[name], at = data, at + 12 + length
    width, height, *kind = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert kind == [8, 3, 0, 0, 0]
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)[lines[:, 1:]]


def test_few_colours_stay_as_they_are() -> None:
    drawn = np.random.default_rng(1).choice(np.array([0, 90, 255], np.uint8), size=(7, 5, 4))
    assert np.array_equal(read(palette.png(drawn)), drawn[..., :3])


def test_of_many_colours_the_frequent_ones_stay_and_the_others_are_near() -> None:
    drawn = np.zeros((40, 40, 3), np.uint8)
    drawn[:20] = [200, 10, 10]
    drawn[20:] = np.random.default_rng(1).integers(0, 256, size=(20, 40, 3))
    found = read(palette.png(drawn))
    assert np.array_equal(found[:20], drawn[:20])
    assert len(np.unique(found.reshape(-1, 3), axis=0)) == palette.MOST_COLOURS
    assert 0 < np.abs(found[20:].astype(int) - drawn[20:]).mean() < 30

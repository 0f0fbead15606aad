"""A small PNG of a page: at most 256 colours, which is all that a page without photographs needs."""

import struct
import zlib

import numpy as np

MOST_COLOURS = 256


def png(pixels: np.ndarray) -> bytes:
    """The file, of `pixels` (height, width, 3 or 4) in 0 to 255; how opaque they are does not count.

    The most frequent colours stay as they are, each of the others becomes the nearest of them.
    """
    height, width = pixels.shape[:2]
    rgb = pixels[..., :3].astype(np.int64)
    packed = (rgb[..., 0] << 16) | (rgb[..., 1] << 8) | rgb[..., 2]
    colours, where, counts = np.unique(packed, return_inverse=True, return_counts=True)
    parts = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
    kept = parts[np.argsort(-counts, kind="stable")[:MOST_COLOURS]]
    nearest = ((parts[:, None, :] - kept[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
    rows = nearest[where].reshape(height, width).astype(np.uint8)
    # Each row begins with the number of its filter: none, which suits a palette best.
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", kept.astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

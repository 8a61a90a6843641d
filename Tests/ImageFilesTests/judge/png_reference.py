"""A slow, plain reading of the PNG specification: the tests' judge of depths and layouts that Pillow reduces to 8 bits."""

import itertools
import random
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name, payload):
    """A chunk with its checksum."""
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def chunks(data):
    """The names and payloads of all chunks; checksums are checked."""
    assert data[:8] == SIGNATURE
    at, found = 8, []
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        payload = data[at + 8 : at + 8 + size]
        assert zlib.crc32(name + payload) == struct.unpack_from(">I", data, at + 8 + size)[0], name
        found.append((name, payload))
        at += 12 + size
    assert found[0][0] == b"IHDR" and found[-1] == (b"IEND", b"")
    return found


def paeth(left, up, corner):
    guess = left + up - corner
    by_left, by_up, by_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner


def predictions(kind, row, above, distance):
    """What the filter subtracts from each byte of a raw row."""
    for at in range(len(row)):
        left = row[at - distance] if at >= distance else 0
        corner = above[at - distance] if at >= distance else 0
        yield (0, left, above[at], (left + above[at]) // 2, paeth(left, above[at], corner))[kind]


def pack(samples, depth):
    """Samples of one row as bytes, the first in the highest bits."""
    if depth == 16:
        return struct.pack(f">{len(samples)}H", *samples)
    bits = "".join(f"{sample:0{depth}b}" for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def unpack(row, depth, count):
    if depth == 16:
        return list(struct.unpack(f">{count}H", row))
    bits = "".join(f"{byte:08b}" for byte in row)
    return [int(bits[at * depth : (at + 1) * depth], 2) for at in range(count)]


class Raster:
    """Stored samples: rows of pixels, each a tuple."""

    def __init__(self, width, height, depth, colour, rows):
        self.width, self.height, self.depth, self.colour, self.rows = width, height, depth, colour, rows

    @property
    def distance(self):
        return max(1, SAMPLES[self.colour] * self.depth // 8)

    def cropped(self, left, top, width, height):
        rows = [row[left : left + width] for row in self.rows[top : top + height]]
        return Raster(width, height, self.depth, self.colour, rows)

    def turned(self, orientation):
        """As displayed, for an EXIF orientation."""
        rows = self.rows
        if orientation in (2, 3):
            rows = [row[::-1] for row in rows]
        if orientation in (3, 4):
            rows = rows[::-1]
        if orientation >= 5:
            rows = [list(column) for column in zip(*rows)]
            if orientation in (6, 7):
                rows = [row[::-1] for row in rows]
            if orientation in (7, 8):
                rows = rows[::-1]
        return Raster(len(rows[0]), len(rows), self.depth, self.colour, rows)

    def __eq__(self, other):
        return vars(self) == vars(other)


def random_raster(rng, width, height, depth, colour, most=None):
    """Noise over a slope, so that every filter has something to do."""
    top = (1 << depth) if most is None else most
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            slope = (x * 3 + y * 5) * top // 400
            row.append(tuple((slope + rng.randrange(max(1, top // 3))) % top for _ in range(SAMPLES[colour])))
        rows.append(row)
    return Raster(width, height, depth, colour, rows)


def encode(raster, rng, before=(), after=(), interlaced=False, pieces=1):
    """A file with a random filter for each row."""
    stream = bytearray()
    for left, top, across, down in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        rows = [row[left::across] for row in raster.rows[top::down]]
        if not rows or not rows[0]:
            continue
        above = None
        for row in rows:
            raw = pack(list(itertools.chain(*row)), raster.depth)
            above = above or bytes(len(raw))
            kind = rng.randrange(5)
            guesses = predictions(kind, raw, above, raster.distance)
            stream.append(kind)
            stream += bytes((byte - guess) % 256 for byte, guess in zip(raw, guesses))
            above = raw
    packed = zlib.compress(bytes(stream), rng.choice([1, 6, 9]))
    header = struct.pack(
        ">IIBBBBB", raster.width, raster.height, raster.depth, raster.colour, 0, 0, int(interlaced)
    )
    cuts = sorted(rng.randrange(len(packed) + 1) for _ in range(pieces - 1))
    parts = [packed[a:b] for a, b in zip([0, *cuts], [*cuts, len(packed)])]
    body = [(b"IHDR", header), *before, *((b"IDAT", part) for part in parts), *after, (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(*each) for each in body)


def decode(data):
    """The stored samples of a file."""
    found = chunks(data)
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", found[0][1])
    stream = zlib.decompress(b"".join(payload for name, payload in found if name == b"IDAT"))
    samples = SAMPLES[colour]
    distance = max(1, samples * depth // 8)
    rows = [[None] * width for _ in range(height)]
    at = 0
    for left, top, across, down in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        wide, high = len(range(left, width, across)), len(range(top, height, down))
        if not wide or not high:
            continue
        size = (wide * samples * depth + 7) // 8
        above = bytes(size)
        for y in range(high):
            kind, filtered = stream[at], stream[at + 1 : at + 1 + size]
            at += 1 + size
            raw = bytearray(size)
            for index in range(size):
                near = raw[index - distance] if index >= distance else 0
                corner = above[index - distance] if index >= distance else 0
                up = above[index]
                guess = (0, near, up, (near + up) // 2, paeth(near, up, corner))[kind]
                raw[index] = (filtered[index] + guess) % 256
            flat = unpack(raw, depth, wide * samples)
            for x in range(wide):
                rows[top + y * down][left + x * across] = tuple(flat[x * samples : (x + 1) * samples])
            above = raw
    assert at == len(stream)
    return Raster(width, height, depth, colour, rows)

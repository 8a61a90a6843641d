"""Makes PNGs of every kind, and judges what was cut out of them.

    judge_png.py make FOLDER SEED COUNT    writes FOLDER/N.png
    judge_png.py judge FOLDER              reads crops.txt: SOURCE CROP LEFT TOP WIDTH HEIGHT per line, names in FOLDER
"""

import io
import pathlib
import random
import struct
import sys
import zlib

import png_reference as png
from PIL import Image, ImageOps

KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16),
         (6, 8), (6, 16)]


def exif(orientation, order):
    """An EXIF block with a make and an orientation."""
    entries = [(0x010F, 2, 4, b"abc\0"), (0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    block = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(entries))
    for tag, kind, count, value in entries:
        block += struct.pack(order + "HHI", tag, kind, count) + value
    return block + struct.pack(order + "I", 0)


def random_chunks(rng, colour, depth, orientation):
    """Ancillary chunks before and after the pixels, in an order that the specification allows."""
    first = [
        (b"pHYs", struct.pack(">IIB", 3780, rng.choice([3780, 3000]), 1)),
        (b"gAMA", struct.pack(">I", 45455)),
        (b"iCCP", b"sRGB-like\0\0" + zlib.compress(rng.randbytes(300))),
        (b"cHRM", rng.randbytes(32)),
        (b"tIME", struct.pack(">HBBBBB", 2025, 4, 3, 2, 1, 0)),
        (b"prVt", rng.randbytes(9)),
    ]
    texts = [
        (b"tEXt", b"parameters\0a caf\xe9, masterpiece\nSteps: 20"),
        (b"zTXt", b"prompt\0\0" + zlib.compress(b"{}" * 200)),
        (b"iTXt", "workflow\0\1\0\0\0".encode() + zlib.compress("Größe ü".encode() * 9)),
        (b"iTXt", "note\0\0\0de\0Notiz\0Größe ü".encode()),
    ]
    rng.shuffle(first)
    before = first[: rng.randrange(len(first) + 1)]
    most = None
    if colour == 3:
        most = rng.randrange(1, (1 << depth) + 1)
        before.append((b"PLTE", rng.randbytes(3 * most)))
        if rng.random() < 0.5:
            before.append((b"tRNS", rng.randbytes(rng.randrange(1, most + 1))))
    elif colour in (0, 2) and rng.random() < 0.4:
        samples = png.SAMPLES[colour]
        before.append((b"tRNS", struct.pack(f">{samples}H", *(rng.randrange(1 << depth) for _ in range(samples)))))
    if rng.random() < 0.5:
        before.append((b"bKGD", b"\0" * {0: 2, 2: 6, 3: 1, 4: 2, 6: 6}[colour]))
    if orientation != 1:
        before.append((b"eXIf", exif(orientation, rng.choice("<>"))))
    for text in texts:
        if rng.random() < 0.6:
            before.insert(rng.randrange(len(before) + 1), text)
    after = [text for text in texts if rng.random() < 0.3]
    return before, after, most


def make(folder, seed, count):
    for number in range(count):
        rng = random.Random(seed * 100_000 + number)
        colour, depth = KINDS[number % len(KINDS)]
        orientation = rng.choice([1, 1, 1, 2, 3, 4, 5, 6, 7, 8])
        before, after, most = random_chunks(rng, colour, depth, orientation)
        width, height = rng.randrange(1, 40), rng.randrange(1, 40)
        raster = png.random_raster(rng, width, height, depth, colour, most)
        data = png.encode(raster, rng, before, after, rng.random() < 0.3, rng.randrange(1, 5))
        (folder / f"{number}.png").write_bytes(data)
        shown = raster.turned(orientation)
        print(shown.width, shown.height, orientation, depth, png.SAMPLES[colour])


def orientation_of(found):
    for name, payload in found:
        if name == b"eXIf":
            order = "<" if payload[:2] == b"II" else ">"
            return struct.unpack_from(order + "H", payload, 10 + 12 + 8)[0]
    return 1


def expected_chunks(found, orientation):
    """The source's chunks, as they must be in the crop."""
    for name, payload in found:
        if name in (b"IHDR", b"IDAT", b"IEND"):
            continue
        if name == b"eXIf":
            order = "<" if payload[:2] == b"II" else ">"
            payload = payload[:30] + struct.pack(order + "H", 1) + payload[32:]
        if name == b"pHYs" and orientation >= 5:
            payload = payload[4:8] + payload[:4] + payload[8:]
        yield name, payload


def displayed(data):
    """What Pillow shows of a file."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return ImageOps.exif_transpose(image)


def judge_one(source, crop, rectangle):
    """Throws when the crop is not exactly the rectangle."""
    found, made = png.chunks(source), png.chunks(crop)
    orientation = orientation_of(found)
    left, top, width, height = rectangle
    wanted = png.decode(source).turned(orientation).cropped(left, top, width, height)
    assert png.decode(crop) == wanted, "samples differ"
    assert struct.unpack(">IIBBBBB", made[0][1])[6] == 0, "interlaced"
    kept = [each for each in made if each[0] not in (b"IHDR", b"IDAT", b"IEND")]
    assert kept == list(expected_chunks(found, orientation)), "chunks differ"
    names = [name for name, _ in made]
    split = names.index(b"IDAT")
    assert [name for name, _ in found].index(b"IDAT") - 1 == split - 1, "chunks changed sides"
    theirs = displayed(source).crop((left, top, left + width, top + height))
    ours = displayed(crop)
    assert (ours.mode, ours.size, ours.tobytes()) == (theirs.mode, theirs.size, theirs.tobytes()), "Pillow differs"
    assert ours.info.get("icc_profile") == theirs.info.get("icc_profile"), "profiles differ"


def judge(folder):
    lines = (folder / "crops.txt").read_text().split("\n")
    count = 0
    for line in filter(None, lines):
        source, crop, *rectangle = line.split(" ")
        try:
            judge_one((folder / source).read_bytes(), (folder / crop).read_bytes(), tuple(map(int, rectangle)))
        except Exception as error:
            print(f"{line}: {type(error).__name__} {error}")
        count += 1
    print(count, "judged")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "make":
        make(folder, int(sys.argv[3]), int(sys.argv[4]))
    else:
        judge(folder)

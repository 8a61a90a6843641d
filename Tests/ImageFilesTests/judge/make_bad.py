"""Makes files that no crop may be made of; prints a line `NAME CODE` for each: `make_bad.py FOLDER`."""

import io
import pathlib
import random
import struct
import sys
import zlib

from PIL import Image

import png_reference as png

folder = pathlib.Path(sys.argv[1])
rng = random.Random(5)
HEADER = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
ROWS = b"".join(b"\0" + rng.randbytes(24) for _ in range(8))


def keep(name, code, data):
    (folder / name).write_bytes(data)
    print(name, code)


def build(*chunks, header=HEADER):
    body = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return png.SIGNATURE + b"".join(png.chunk(*each) for each in body)


def header(width, height, depth=8, colour=2, last=b"\0\0\0"):
    return struct.pack(">IIBB", width, height, depth, colour) + last


DATA = (b"IDAT", zlib.compress(ROWS))
GOOD = build(DATA)
keep("empty.png", "image-truncated", b"")
keep("text.png", "image-unsupported", b"this is no image at all\n")
keep("one-byte.png", "image-unsupported", b"\x89")
keep("huge.png", "image-too-large", build(DATA, header=header(2**31 - 1, 2**31 - 1)))
keep("bomb.png", "image-truncated", build(DATA, header=header(16_000, 16_000)))
keep("zero.png", "image-corrupt", build(DATA, header=header(0, 8)))
keep("depth.png", "image-corrupt", build(DATA, header=header(8, 8, 5)))
keep("colour.png", "image-corrupt", build(DATA, header=header(8, 8, 8, 5)))
keep("interlace.png", "image-corrupt", build(DATA, header=header(8, 8, 8, 2, b"\0\0\2")))
keep("header-length.png", "image-corrupt", build(DATA, header=HEADER + b"\0"))
keep("no-data.png", "image-corrupt", build())
keep("no-end.png", "image-truncated", GOOD[:-12])
keep("no-header.png", "image-corrupt", png.SIGNATURE + png.chunk(*DATA) + png.chunk(b"IEND", b""))
keep("short.png", "image-truncated", build((b"IDAT", zlib.compress(ROWS[:-1]))))
keep("long.png", "image-corrupt", build((b"IDAT", zlib.compress(ROWS + b"\0"))))
keep("inflated-bomb.png", "image-corrupt", build((b"IDAT", zlib.compress(bytes(50_000_000)))))
keep("filter.png", "image-corrupt", build((b"IDAT", zlib.compress(ROWS[:175] + b"\5" + ROWS[176:]))))
keep("checksum.png", "image-corrupt", build((b"IDAT", DATA[1][:-1] + bytes([DATA[1][-1] ^ 1]))))
keep("crc.png", "image-corrupt", GOOD.replace(GOOD[-16:-12], bytes(4)))
keep("no-palette.png", "image-corrupt", build(DATA, header=header(8, 8, 8, 3)))
keep("palette.png", "image-corrupt", build((b"PLTE", b"abcd"), DATA))
keep("critical.png", "image-corrupt", build((b"ABCD", b"what is this"), DATA))
keep("split.png", "image-corrupt", build(DATA, (b"tEXt", b"a\0b"), (b"IDAT", b"")))
keep("chunk-name.png", "image-corrupt", build((b"a\0bc", b""), DATA))
keep("animated.png", "image-animated", build((b"acTL", struct.pack(">II", 2, 0)), DATA))
keep("chunks.png", "image-too-large", build(*[(b"prVt", b"")] * 10_001, DATA))

picture = Image.frombytes("RGB", (40, 40), rng.randbytes(4800))


def saved(form, **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


jpeg = saved("JPEG")
start = jpeg.index(b"\xff\xc0")
keep("cut.jpg", "image-truncated", jpeg[: len(jpeg) // 2])
keep("header-only.jpg", "image-truncated", jpeg[:10])
keep("no-end.jpg", "image-truncated", jpeg[:-2])
keep("no-scan.jpg", "image-corrupt", jpeg[: start] + b"\xff\xd9")
keep("huge.jpg", "image-too-large", jpeg[: start + 5] + b"\xff\xdc\xff\xdc" + jpeg[start + 9 :])
keep("no-height.jpg", "image-unsupported", jpeg[: start + 5] + b"\0\0" + jpeg[start + 7 :])
keep("lossless.jpg", "image-unsupported", jpeg[: start + 1] + b"\xc3" + jpeg[start + 2 :])
keep("twelve.jpg", "image-unsupported", jpeg[: start + 4] + b"\x0c" + jpeg[start + 5 :])
keep("garbage.jpg", "image-corrupt", jpeg[:20] + b"garbage" + jpeg[20:])
middle = len(jpeg) - 200
keep("marker.jpg", "image-corrupt", jpeg[:middle] + b"\xff\xd9" + jpeg[middle:])
progressive = saved("JPEG", progressive=True)
scan = progressive.index(b"\xff\xda")
scans = progressive[scan : progressive.index(b"\xff\xda", scan + 2)]
scans = scans[: scans.index(b"\xff\xc4")] if b"\xff\xc4" in scans else scans
keep("scans.jpg", "image-corrupt", progressive[:scan] + scans * 700 + progressive[scan:])

webp = saved("WEBP", lossless=True)
keep("cut.webp", "image-truncated", webp[:-30])
keep("no-pixels.webp", "image-corrupt", b"RIFF\x04\0\0\0WEBP")
keep("damaged.webp", "image-corrupt", webp[:25] + bytes(60) + webp[85:])
other = Image.frombytes("RGB", (40, 40), rng.randbytes(4800))
keep("animated.webp", "image-animated", saved("WEBP", save_all=True, append_images=[other]))

tiff = saved("TIFF", compression="tiff_adobe_deflate")
keep("cut.tif", "image-truncated", tiff[:-40])
keep("header-only.tif", "image-truncated", tiff[:20])
keep("pages.tif", "image-animated", saved("TIFF", save_all=True, append_images=[other]))
keep("jpeg-kind.tif", "image-unsupported", saved("TIFF", compression="tiff_lzw").replace(
    struct.pack("<HHIHH", 259, 3, 1, 5, 0), struct.pack("<HHIHH", 259, 3, 1, 34712, 0)))

"""Makes JPEGs, WebPs and TIFFs, and judges what was cut out of them with Pillow.

    judge_pillow.py make FORMAT FOLDER SEED COUNT    writes FOLDER/N.EXTENSION, prints its name and displayed size
    judge_pillow.py judge FORMAT FOLDER              reads crops.txt: SOURCE CROP METHOD LEFT TOP WIDTH HEIGHT per line
"""

import io
import pathlib
import random
import struct
import sys

from PIL import Image, ImageChops, ImageFile, ImageFilter, ImageOps, ImageStat

from judge_png import exif

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><unknown>kept</unknown></x:xmpmeta>"
# Room for a profile in an image of few pixels.
ImageFile.MAXBLOCK = 1 << 20
ICC = b"not a real profile, kept byte for byte " * 8


def photo(rng, mode, width, height):
    """Smooth noise, which survives being encoded at a high quality."""
    bands = []
    for _ in Image.new(mode, (1, 1)).getbands():
        small = Image.frombytes("L", (8, 8), rng.randbytes(64))
        smooth = small.resize((width, height), Image.Resampling.BICUBIC)
        grain = Image.frombytes("L", (width, height), rng.randbytes(width * height))
        bands.append(Image.blend(smooth, grain.filter(ImageFilter.BoxBlur(1)), 0.2))
    return Image.merge(mode, bands) if len(bands) > 1 else bands[0].convert(mode)


def make_jpeg(rng, path):
    mode = rng.choice(["L", "RGB", "RGB", "RGB", "CMYK"])
    image = photo(rng, mode, rng.randrange(1, 120), rng.randrange(1, 120))
    orientation = rng.choice([1, 1, 1, 2, 3, 4, 5, 6, 7, 8])
    options = {"quality": rng.choice([60, 90, 97]), "progressive": rng.random() < 0.3}
    options |= {"optimize": rng.random() < 0.3, "comment": b"made for a test"}
    if mode == "RGB":
        options["subsampling"] = rng.randrange(3)
    if orientation != 1 or rng.random() < 0.3:
        options["exif"] = b"Exif\0\0" + exif(orientation, rng.choice("<>"))
    if rng.random() < 0.5:
        options["icc_profile"] = rng.randbytes(rng.choice([500, 70_000]))
    if rng.random() < 0.3:
        options["restart_marker_blocks"] = 3
    image.save(path, "JPEG", dpi=(72, 72), **options)
    return orientation, image.size


def make_webp(rng, path):
    mode = rng.choice(["RGB", "RGBA"])
    image = photo(rng, mode, rng.randrange(1, 60), rng.randrange(1, 60))
    if mode == "RGBA":
        image.putalpha(image.getchannel("A").point(lambda value: max(1, value)))
    orientation = rng.choice([1, 1, 2, 3, 4, 5, 6, 7, 8])
    options = {"lossless": rng.random() < 0.6, "quality": 90, "exact": True}
    if orientation != 1:
        options["exif"] = exif(orientation, rng.choice("<>"))
    if rng.random() < 0.5:
        options["icc_profile"] = ICC
    if rng.random() < 0.5:
        options["xmp"] = XMP
    image.save(path, "WEBP", **options)
    return orientation, image.size


def make_tiff(rng, path):
    mode = rng.choice(["1", "L", "I;16", "RGB", "RGBA", "CMYK", "F", "P"])
    width, height = rng.randrange(1, 60), rng.randrange(1, 60)
    if mode == "I;16":
        image = Image.frombytes("I;16", (width, height), rng.randbytes(2 * width * height))
    elif mode == "F":
        values = [rng.uniform(-5, 5) for _ in range(width * height)]
        image = Image.frombytes("F", (width, height), struct.pack(f"<{len(values)}f", *values))
    elif mode in "1P":
        image = photo(rng, "RGB", width, height).convert(mode)
    else:
        image = photo(rng, mode, width, height)
    orientation = rng.choice([1, 1, 2, 3, 4, 5, 6, 7, 8])
    # Pillow does not swap the sides of uncompressed images.
    compressions = ["tiff_lzw", "tiff_adobe_deflate", "packbits", "raw"]
    compression = rng.choice(compressions if orientation < 5 else compressions[:3])
    options = {"compression": compression, "tiffinfo": {274: orientation, 270: "a description"}}
    if rng.random() < 0.5:
        options["icc_profile"] = ICC
    image.save(path, "TIFF", **options)
    return orientation, image.size


EXTENSIONS = {"jpeg": "jpg", "webp": "webp", "tiff": "tif"}
MAKERS = {"jpeg": make_jpeg, "webp": make_webp, "tiff": make_tiff}


def make(kind, folder, seed, count):
    for number in range(count):
        rng = random.Random(seed * 100_000 + number)
        name = f"{number}.{EXTENSIONS[kind]}"
        orientation, (width, height) = MAKERS[kind](rng, folder / name)
        print(name, *((width, height) if orientation < 5 else (height, width)), orientation)


def segments(data):
    """The application segments and comments of a JPEG."""
    at, found = 2, []
    while data[at + 1] != 0xDA:
        size = struct.unpack_from(">H", data, at + 2)[0]
        if 0xE0 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE:
            found.append(data[at : at + 2 + size])
        at += 2 + size
    return found


def riff(data):
    """The metadata of a WebP, in order."""
    at, found = 12, []
    while at < len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name in (b"ICCP", b"EXIF", b"XMP "):
            found.append(name + data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return found


def upright(block):
    """A block of metadata with its orientation, if it has one, reset."""
    start = block.find(b"abc\0")
    if start < 0:
        return block
    order = "<" if b"II*" in block else ">"
    value = start + 12
    return block[:value] + struct.pack(order + "H", 1) + block[value + 2 :]


def shown(path):
    image = Image.open(path)
    image.load()
    return image, ImageOps.exif_transpose(image)


def difference(ours, theirs):
    """The largest and the mean difference of samples."""
    if ours.mode in ("F", "I;16", "1", "P"):
        return (0, 0) if ours.tobytes() == theirs.tobytes() else (255, 255)
    both = ImageChops.difference(ours, theirs)
    extrema = both.getextrema()
    most = max(high for _, high in extrema) if isinstance(extrema[0], tuple) else extrema[1]
    return most, max(ImageStat.Stat(both).mean)


def no_worse(ours, theirs, **options):
    """Our encoding is as near to what was to be encoded as Pillow's with the same settings."""
    # A sample of colour stands for two by two pixels: one that has fewer of them at an edge is another mean. Crops are
    # never so small that this is most of them.
    if min(ours.size) < 8:
        return
    buffer = io.BytesIO()
    theirs.save(buffer, **options)
    peer = Image.open(buffer).convert(theirs.mode)
    mean, limit = difference(ours, theirs)[1], difference(peer, theirs)[1]
    assert mean <= 1.25 * limit + 0.5, f"differs by {mean} in the mean, Pillow's by {limit}"


def sampling(path):
    """Pillow's number for the subsampling of a JPEG as displayed; `keep` for what has none."""
    image = Image.open(path)
    if image.mode != "RGB":
        return -1
    across, down = image.layer[0][1:3]
    if image.getexif().get(274, 1) >= 5:
        across, down = down, across
    return {(1, 1): 0, (2, 1): 1, (2, 2): 2}.get((across, down), 2)


def judge_jpeg(source, crop, method, ours, theirs, rectangle, size):
    orientation = Image.open(source).getexif().get(274, 1)
    assert segments(crop.read_bytes()) == [upright(each) for each in segments(source.read_bytes())], "segments"
    if method != "losslessTransform":
        quality = int(method.split(":")[1])
        assert quality >= 95
        no_worse(ours, theirs, format="JPEG", quality=quality, subsampling=sampling(source))
        return
    left, top, width, height = rectangle
    # Colour is spread over neighbours, which are missing at new edges; and turned blocks are rounded otherwise.
    inner = [2 if left else 0, 2 if top else 0, 2 if left + width < size[0] else 0, 2 if top + height < size[1] else 0]
    box = (inner[0], inner[1], width - inner[2], height - inner[3])
    # libjpeg does not smooth colours across images of up to four columns, but down those of up to four rows.
    is_tiny = orientation != 1 and min(size) < 16
    if box[0] < box[2] and box[1] < box[3] and not is_tiny:
        most, mean = difference(ours.crop(box), theirs.crop(box))
        assert most <= (0 if orientation == 1 else 6), f"differs by {most}"
    assert Image.open(crop).getexif().get(274, 1) == 1


def judge_webp(source, crop, method, ours, theirs, rectangle, size):
    assert riff(crop.read_bytes()) == [upright(each) for each in riff(source.read_bytes())], "metadata"
    most, mean = difference(ours, theirs)
    is_lossless = b"VP8L" in source.read_bytes()[:1000] or b"VP8L" in source.read_bytes()
    assert (method == "exact") == is_lossless
    if method == "exact":
        assert most == 0, f"differs by {most}"
    else:
        no_worse(ours, theirs, format="WEBP", quality=95, alpha_quality=100)


def values(image, tag):
    """The values of a TIFF tag; 1 is the default of those that are compared."""
    found = image.tag_v2.get(tag, 1)
    return found if isinstance(found, tuple) else (found,)


def judge_tiff(source, crop, method, ours, theirs, rectangle, size):
    first, second = Image.open(source), Image.open(crop)
    if first.mode == "P":
        theirs = theirs.convert("RGB")
    assert ours.mode == theirs.mode, f"{ours.mode} is not {theirs.mode}"
    assert difference(ours, theirs)[0] == 0, "pixels"
    for tag in (258, 259) if first.mode != "P" else (259,):
        assert values(first, tag) == values(second, tag), f"tag {tag}"
    assert second.tag_v2.get(274, 1) == 1, "orientation"
    assert second.tag_v2.get(270) == "a description"
    assert first.info.get("icc_profile") == second.info.get("icc_profile"), "profile"


JUDGES = {"jpeg": judge_jpeg, "webp": judge_webp, "tiff": judge_tiff}


def judge(kind, folder):
    count = 0
    for line in filter(None, (folder / "crops.txt").read_text().split("\n")):
        source, crop, method, *rectangle = line.split(" ")
        left, top, width, height = rectangle = tuple(map(int, rectangle))
        try:
            _, whole = shown(folder / source)
            _, ours = shown(folder / crop)
            theirs = whole.crop((left, top, left + width, top + height))
            assert ours.size == theirs.size, f"{ours.size} is not {theirs.size}"
            JUDGES[kind](folder / source, folder / crop, method, ours, theirs, rectangle, whole.size)
        except Exception as error:
            print(f"{line}: {type(error).__name__} {error}")
        count += 1
    print(count, "judged")


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[3])
    if sys.argv[1] == "make":
        make(sys.argv[2], where, int(sys.argv[4]), int(sys.argv[5]))
    else:
        judge(sys.argv[2], where)

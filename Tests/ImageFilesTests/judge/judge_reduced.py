"""Makes images and judges what was made of them in small.

    judge_reduced.py make FOLDER             writes files, prints NAME EXTENSION-OF-ITS-THUMBNAIL
    judge_reduced.py judge FOLDER SIDE       compares FOLDER/NAME.small with Pillow's reduction
    judge_reduced.py features FOLDER         prints NAME and the figures that this script computes, as JSON lines
"""

import io
import json
import math
import pathlib
import random
import sys

from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat

import png_reference as png
from judge_pillow import photo
from judge_png import exif

NAMES = ["rgb.png", "grey.png", "sixteen.png", "palette.png", "alpha.png", "key.png", "turned.png", "one.png",
         "photo.jpg", "grey.jpg", "turned.jpg", "inks.jpg", "profile.jpg", "photo.webp", "photo.tif", "wide.jpg"]


def make(folder):
    rng = random.Random(11)
    picture = photo(rng, "RGB", 700, 500)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(folder / "rgb.png", icc_profile=profile)
    picture.convert("L").save(folder / "grey.png")
    small = png.random_raster(rng, 61, 43, 16, 2)
    (folder / "sixteen.png").write_bytes(png.encode(small, rng, interlaced=True))
    picture.quantize(200).save(folder / "palette.png")
    with_alpha = picture.copy()
    with_alpha.putalpha(photo(rng, "L", 700, 500))
    with_alpha.save(folder / "alpha.png")
    two = Image.new("RGB", (64, 64), (10, 200, 30))
    two.paste((255, 0, 0), (0, 0, 32, 64))
    two.save(folder / "key.png", transparency=(255, 0, 0))
    picture.save(folder / "turned.png", exif=exif(6, "<"))
    picture.crop((0, 0, 1, 1)).save(folder / "one.png")
    picture.save(folder / "photo.jpg", quality=95)
    picture.convert("L").save(folder / "grey.jpg", quality=95)
    picture.save(folder / "turned.jpg", quality=95, exif=b"Exif\0\0" + exif(8, ">"))
    Image.merge("CMYK", [*picture.split(), Image.new("L", picture.size, 30)]).save(folder / "inks.jpg", quality=95)
    picture.save(folder / "profile.jpg", quality=95, icc_profile=profile)
    picture.save(folder / "photo.webp", lossless=True)
    picture.save(folder / "photo.tif", compression="tiff_lzw")
    photo(rng, "RGB", 3000, 40).save(folder / "wide.jpg", quality=95)
    for name in NAMES:
        print(name, "png" if name in ("alpha.png", "key.png") else "jpg")


def displayed(path):
    image = Image.open(path)
    image.load()
    return ImageOps.exif_transpose(image)


def colours(image):
    """RGB, or RGBA when there is anything transparent."""
    if image.mode == "CMYK":
        image = ImageChops.invert(image)
        c, m, y, k = image.split()
        return Image.merge("RGB", [ImageChops.multiply(band, k) for band in (c, m, y)])
    if image.mode.startswith("I"):
        return image.convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def size_of(width, height, side):
    longest = max(width, height)
    if longest <= side:
        return width, height
    return max(1, (2 * width * side + longest) // (2 * longest)), max(1, (2 * height * side + longest) // (2 * longest))


def apart(ours, theirs):
    """The mean difference of samples."""
    return max(ImageStat.Stat(ImageChops.difference(ours, theirs)).mean)


def judge(folder, side):
    for name in NAMES:
        source, small = displayed(folder / name), Image.open(folder / f"{name}.small")
        small.load()
        wanted = size_of(*source.size, side)
        theirs = colours(source)
        reduced = theirs.resize(wanted, Image.Resampling.BOX) if theirs.size != wanted else theirs
        problems = []
        if small.size != wanted:
            problems.append(f"size {small.size} is not {wanted}")
        elif small.mode != reduced.mode:
            problems.append(f"mode {small.mode} is not {reduced.mode}")
        else:
            black = [Image.new("RGBA", wanted, (0, 0, 0, 255)) for _ in range(2)]
            ours = Image.alpha_composite(black[0], small) if small.mode == "RGBA" else small
            theirs = Image.alpha_composite(black[1], reduced) if small.mode == "RGBA" else reduced
            mean, limit = apart(ours, theirs), 2
            if small.format == "JPEG":
                buffer = io.BytesIO()
                reduced.save(buffer, "JPEG", quality=85)
                limit += 1.1 * apart(Image.open(buffer), reduced)
            if mean > limit:
                problems.append(f"differs by {mean} in the mean, not {limit}")
        if name in ("rgb.png", "profile.jpg") and small.info.get("icc_profile") != source.info["icc_profile"]:
            problems.append("the profile is missing")
        if problems:
            print(name, *problems)
    print(len(NAMES), "judged")


def variance(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


def features(path):
    """The figures after their formulas, for an image that is not reduced."""
    image = displayed(path).convert("RGB")
    width, height = image.size
    pixels = list(image.get_flattened_data())
    luma = [(2126 * r + 7152 * g + 722 * b + 5000) // 10000 for r, g, b in pixels]
    at = lambda x, y: luma[y * width + x]
    laplacian = [at(x, y - 1) + at(x - 1, y) + at(x + 1, y) + at(x, y + 1) - 4 * at(x, y)
                 for y in range(1, height - 1) for x in range(1, width - 1)]
    shares = [luma.count(value) / len(luma) for value in set(luma)]
    rg, yb = [r - g for r, g, b in pixels], [(r + g) / 2 - b for r, g, b in pixels]
    mean = lambda values: sum(values) / len(values)
    # Luma averaged over 9 × 8 areas: each pixel made 72 smaller ones.
    areas = [[0] * 9 for _ in range(8)]
    for y in range(height * 8):
        for x in range(width * 9):
            areas[y // height][x // width] += at(x // 9, y // 8)
    bits = "".join("1" if row[x] < row[x + 1] else "0" for row in areas for x in range(8))
    return {
        "sharpness": variance(laplacian),
        "exposure": mean(luma) / 255,
        "contrast": math.sqrt(variance(luma)) / 255,
        "entropy": -sum(share * math.log2(share) for share in shares),
        "colourfulness": math.sqrt(variance(rg) + variance(yb)) + 0.3 * math.sqrt(mean(rg) ** 2 + mean(yb) ** 2),
        "clippedShadows": sum(value <= 2 for value in luma) / len(luma),
        "clippedHighlights": sum(value >= 253 for value in luma) / len(luma),
        "perceptualHash": f"{int(bits, 2):016x}",
    }


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "make":
        make(where)
    elif sys.argv[1] == "judge":
        judge(where, int(sys.argv[3]))
    else:
        for number in range(6):
            rng = random.Random(number)
            image = photo(rng, "RGB", rng.randrange(20, 60), rng.randrange(20, 60))
            image.point(lambda value: max(0, min(255, (value - 128) * 4 + 128))).save(where / f"{number}.png")
            print(json.dumps({"name": f"{number}.png"} | features(where / f"{number}.png")))

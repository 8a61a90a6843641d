"""Cuts or shrinks images with pyvips, Pillow or OpenCV, each in its usual way, in as many processes as asked for.

    image_peers.py PEER crop WORKERS FOLDER LEFT TOP WIDTH HEIGHT SOURCE...
    image_peers.py PEER thumbnail WORKERS FOLDER SIDE SOURCE...

As in Darkroom's program, a crop is synced, renamed to its final name, and its folder is synced; a thumbnail is renamed.
"""

import multiprocessing
import os
import pathlib
import sys

PEER, TASK, WORKERS, FOLDER = sys.argv[1], sys.argv[2], int(sys.argv[3]), pathlib.Path(sys.argv[4])
NUMBERS = [int(text) for text in sys.argv[5 : 9 if TASK == "crop" else 6]]
SOURCES = sys.argv[9 if TASK == "crop" else 6 :]

# One thread for each image: that is the fastest with several workers, and the same as Darkroom does.
if PEER == "pyvips":
    os.environ["VIPS_CONCURRENCY"] = "1"
    import pyvips

    # An older library that lies about is no peer.
    assert (pyvips.version(0), pyvips.version(1)) >= (8, 18), "pyvips uses another libvips than its binary package"
    pyvips.cache_set_max(0)
elif PEER == "pillow":
    from PIL import Image
else:
    import cv2

    cv2.setNumThreads(1)


def crop(source: str, target: str) -> None:
    """Level 6 and all filters for PNG, quality 95 and the source's subsampling for JPEG."""
    left, top, width, height = NUMBERS
    is_png = source.endswith(".png")
    subsampling = "444" not in source
    if PEER == "pyvips":
        image = pyvips.Image.new_from_file(source, access="sequential", fail_on="warning")
        image = image.crop(left, top, width, height)
        if is_png:
            image.pngsave(target, compression=6, filter="all")
        else:
            image.jpegsave(target, Q=95, subsample_mode="on" if subsampling else "off")
    elif PEER == "pillow":
        image = Image.open(source).crop((left, top, left + width, top + height))
        image.save(target, **({} if is_png else {"quality": 95, "subsampling": 2 if subsampling else 0}))
    else:
        image = cv2.imread(source, cv2.IMREAD_UNCHANGED)[top : top + height, left : left + width]
        factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampling else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
        cv2.imwrite(target, image, [cv2.IMWRITE_PNG_COMPRESSION, 6] if is_png else options)


def shrink(source: str, target: str) -> None:
    """Each library's quickest way that gives a good picture."""
    side = NUMBERS[0]
    if PEER == "pyvips":
        image = pyvips.Image.thumbnail(source, side, height=side, size="down", fail_on="warning")
        image.jpegsave(target, Q=85)
    elif PEER == "pillow":
        image = Image.open(source)
        image.draft("RGB", (side, side))
        image.thumbnail((side, side))
        image.save(target, quality=85)
    else:
        # A quarter is the most that leaves 3072 pixels larger than 512.
        image = cv2.imread(source, cv2.IMREAD_COLOR if source.endswith(".png") else cv2.IMREAD_REDUCED_COLOR_4)
        scale = side / max(image.shape[:2])
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        cv2.imwrite(target, image, [cv2.IMWRITE_JPEG_QUALITY, 85])


def sync(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def work(index: int) -> None:
    source = SOURCES[index]
    ending = pathlib.Path(source).suffix if TASK == "crop" else ".jpg"
    begun = FOLDER / f"{index}.part{ending}"
    (crop if TASK == "crop" else shrink)(source, str(begun))
    if TASK == "crop":
        sync(begun)
    begun.rename(FOLDER / f"{index}{ending}")
    if TASK == "crop":
        sync(FOLDER)


if __name__ == "__main__":
    if WORKERS == 1:
        for number in range(len(SOURCES)):
            work(number)
    else:
        with multiprocessing.Pool(WORKERS) as pool:
            pool.map(work, range(len(SOURCES)), chunksize=1)

"""Writes JPEGs twice with the same coefficients, sequential and progressive: `make_pairs.py FOLDER SEED COUNT`.

Prints the stem of each pair (STEM.a.jpg, STEM.b.jpg) and its size.
"""

import pathlib
import random
import sys

from judge_pillow import photo

folder, seed, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    rng = random.Random(seed * 1000 + number)
    mode = rng.choice(["L", "RGB", "RGB", "RGB", "CMYK"])
    picture = photo(rng, mode, rng.randrange(1, 150), rng.randrange(1, 150))
    if number % 4 == 0:
        # Edges that no coefficient is too large for.
        picture = picture.point(lambda value: 255 if value > 128 else 0)
    options = {"quality": rng.choice([5, 60, 90, 97, 100]), "optimize": rng.random() < 0.5}
    if mode == "RGB":
        options["subsampling"] = rng.randrange(3)
    picture.save(folder / f"{number}.a.jpg", **options)
    picture.save(folder / f"{number}.b.jpg", progressive=True, **options)
    print(number, *picture.size)

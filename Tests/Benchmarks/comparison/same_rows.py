"""Whether two folders hold the same rows of a dataset: same_rows.py FOLDER OTHER [TOLERANCE]"""

import json
import math
import sys


def same(a, b) -> bool:
    if isinstance(a, bool) or isinstance(b, bool) or isinstance(a, str) or isinstance(b, str):
        return type(a) is type(b) and a == b
    if a is None or b is None:
        return a is b
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def compare(folder: str, other: str) -> dict[str, int]:
    """The count of rows of each file; an AssertionError names the first row that differs."""
    counts = {}
    for name in ["selections", "crops", "images"]:
        with open(f"{folder}/{name}.jsonl") as ours, open(f"{other}/{name}.jsonl") as theirs:
            number = 0
            for number, (a, b) in enumerate(zip(ours, theirs, strict=True), 1):
                a, b = json.loads(a), json.loads(b)
                for column in a.keys() | b.keys():
                    assert column in a and column in b and same(a[column], b[column]), (
                        name, number, column, a.get(column), b.get(column))
            counts[name] = number
    return counts


if __name__ == "__main__":
    print(compare(*sys.argv[1:3]))

"""The grouping of images, once more, from the words of contracts.md section 2 and the decisions in Grouping's docstring.

Reads lines of JSON arrays (the names of one folder's images) on standard input; prints for each a JSON array of groups,
each {"images": [...], "flags": [...]}. Written for clearness: it removes from lists and asks every question anew.
"""

import datetime
import functools
import json
import re
import sys

STAGES = [
    ("stage1_generated", 1),
    ("stage1.5_face_swapped", 1.5),
    ("stage2_upscaled", 2),
    ("stage3_enhanced", 3),
]
LOOKAHEAD = 50
MAX_GAP = datetime.timedelta(minutes=15)
MAX_GROUP_SIZE = 4


@functools.cache
def stage(name):
    lowered = "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)
    for text, number in STAGES:
        if text in lowered:
            return number
    return 0


@functools.cache
def moment(name):
    found = re.match(r"([0-9]{8}_[0-9]{6})(?=[_.]|\Z)", name)
    if not found:
        return None
    try:
        return datetime.datetime.strptime(found.group(1), "%Y%m%d_%H%M%S")
    except ValueError:
        return None


def stem(name):
    dot = name.rfind(".")
    return name if dot <= 0 else name[:dot]


def order(name):
    return (moment(name), stage(name), name.encode())


def walk(images):
    """Takes the first image and what belongs to it out of the sorted list; returns the group and who was passed over."""
    group, passed = [images[0]], set()
    while True:
        current = group[-1]
        position = images.index(current)
        candidates = []
        for other in images[position + 1 : position + 1 + LOOKAHEAD]:
            if stage(other) <= stage(current) or moment(other) - moment(current) > MAX_GAP:
                break
            candidates.append(other)
        if not candidates:
            break
        lowest = min(stage(c) for c in candidates)
        chosen = next(c for c in candidates if stage(c) == lowest)
        passed.update(candidates[: candidates.index(chosen)])
        group.append(chosen)
    for image in group:
        images.remove(image)
    return group, passed


def groups(names):
    stems = [stem(n) for n in names]
    doubled = {n for n in names if stems.count(stem(n)) > 1}
    alone = [n for n in names if n in doubled or moment(n) is None]
    walked = sorted((n for n in names if n not in alone), key=order)
    twins = {
        n
        for n in walked
        if sum((moment(o), stage(o)) == (moment(n), stage(n)) for o in walked) > 1
    }
    result, ever_passed = [], set()
    rest = list(walked)
    while rest:
        group, passed = walk(rest)
        flags = set()
        if passed or any(n in ever_passed for n in group):
            flags.add("out-of-order")
        ever_passed |= passed
        if len(group) > MAX_GROUP_SIZE:
            flags.add("too-large")
        if any(stage(n) == 0 for n in group):
            flags.add("unknown-stage")
        if any(n in twins for n in group):
            flags.add("repeated-stage")
        result.append({"images": group, "flags": sorted(flags)})
    for name in sorted(alone, key=lambda n: (moment(n) or datetime.datetime.max, stage(n), n.encode())):
        flags = set()
        if moment(name) is None:
            flags.add("no-timestamp")
        if stage(name) == 0:
            flags.add("unknown-stage")
        if name in doubled:
            flags.add("same-stem")
        result.append({"images": [name], "flags": sorted(flags)})
    return result


for line in sys.stdin:
    if line.strip():
        print(json.dumps(groups(json.loads(line))))

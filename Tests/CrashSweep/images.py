"""A small workspace with images for the crash sweep: decisions of every kind, and on the second night their undoing.

Everything is generated, from no random source, so that a fault point means the same operation on every machine."""

import hashlib
import json
import os
import shutil
import struct
import zlib

from workspace import write

PIPELINE = "nightly"
PROJECT = "p1"
ROOT = "images"
INBOX = f"data/review/inbox/{PROJECT}.jsonl"
SIDE = 96

# Group to the stages of its images; all images of a group have one time.
GROUPS = {
    "approve": ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled"],
    "override": ["stage1_generated", "stage2_upscaled"],
    "crop": ["stage1_generated", "stage2_upscaled"],
    "reject": ["stage1_generated", "stage2_upscaled"],
    "accept": ["stage2_upscaled"],
    "later": ["stage2_upscaled"],
    "skip": ["stage3_enhanced"],
    "undecided": ["stage1_generated"],
}
FOLDERS = {"reject": "batch b", "later": "batch b"}
RECTANGLE = [0.125, 0.125, 0.875, 0.9375]

# After two nights, in place of a third one, people say what they did by hand: another command than `run`.
ACCEPTING = 3


def png(seed):
    """A PNG of noise, so small that it costs no time and so big that it can be cropped."""
    noise = b""
    while len(noise) < SIDE * SIDE * 3:
        noise += hashlib.sha256(f"{seed} {len(noise)}".encode()).digest()
    rows = b"".join(b"\0" + noise[row * SIDE * 3:(row + 1) * SIDE * 3] for row in range(SIDE))

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def folder(group):
    return FOLDERS.get(group, "batch a")


def images(group):
    hour = list(GROUPS).index(group) + 8
    return [f"20250701_{hour:02d}0000_{stage}.png" for stage in GROUPS[group]]


def stem(image):
    return image[: -len(".png")]


def companions(group, image):
    """Names and contents of the files that travel with an image."""
    files = {f"{stem(image)}.yaml": f"seed: {image}\n".encode()}
    if group in ("approve", "crop", "reject"):
        files[f"{stem(image)}.caption"] = f"a caption of {image}\n".encode()
    return files


def files():
    """Every file of the project by its path below the root: what must never be lost."""
    made = {}
    for group in GROUPS:
        for image in images(group):
            made[f"{folder(group)}/{image}"] = png(image)
            for name, content in companions(group, image).items():
                made[f"{folder(group)}/{name}"] = content
    return made


def group_id(group):
    """As GroupID.swift says."""
    parts = ["group-1", PROJECT, folder(group)] + sorted(stem(image) for image in images(group))
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(struct.pack("<Q", len(part.encode())) + part.encode())
    return "g_" + hasher.hexdigest()[:20]


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def decision(group, action, minute, **members):
    """One line of the inbox, with its id."""
    line = {"schema": "decision_v1", "project": PROJECT, "group": group_id(group), "action": action,
            "actor": "human", "images": images(group), "decidedAt": f"2025-07-02T10:{minute:02d}:00.000000Z",
            "blind": False}
    line.update(members)
    if action == "undo":
        line["images"] = []
    line["id"] = hashlib.sha256(canonical(line).encode()).hexdigest()[:32]
    return line


def recommendation(group, index, **members):
    names = images(group)
    shown = {"recommender": "sweep", "version": "1", "index": index, "image": names[index],
             "group": group_id(group), "images": names,
             "digests": [hashlib.sha256(png(name)).hexdigest() for name in names]}
    shown.update(members)
    return shown


# All that people decided on the first day.
FIRST = {
    "approve": decision("approve", "approve", 1, image=images("approve")[2],
                        recommendation=recommendation("approve", 2)),
    "override": decision("override", "override", 2, image=images("override")[0]),
    "crop": decision("crop", "crop", 3, image=images("crop")[1], crop=RECTANGLE),
    "reject": decision("reject", "reject", 4),
    "accept": decision("accept", "accept-crop", 5, image=images("accept")[0], crop=RECTANGLE,
                       recommendation=recommendation("accept", 0, crop=RECTANGLE)),
    "later": decision("later", "crop", 6, image=images("later")[0]),
    "skip": decision("skip", "skip", 7),
}


def second_lines():
    """What people do the next day: three undos, one of them decided anew, a rectangle, and a first decision."""
    lines = [decision(group, "undo", 20 + index, undoes=FIRST[group]["id"])
             for index, group in enumerate(["approve", "crop", "reject"])]
    lines.append(decision("reject", "override", 30, image=images("reject")[1]))
    lines.append(decision("later", "crop", 31, image=images("later")[0], crop=RECTANGLE))
    lines.append(decision("skip", "override", 32, image=images("skip")[0]))
    return lines


def undo_lines(night):
    """Takes back all that stands when a night has begun: what was decided later first."""
    standing = list(FIRST.values())
    if night == 2:
        second = second_lines()
        undone = {line["undoes"] for line in second if line["action"] == "undo"}
        standing = [line for line in standing if line["id"] not in undone]
        standing += [line for line in second if line["action"] != "undo"]
    names = {group_id(group): group for group in GROUPS}
    wanted = [line for line in reversed(standing) if line["action"] != "skip"]
    return [decision(names[line["group"]], "undo", 40 + index, undoes=line["id"]) for index, line in enumerate(wanted)]


def append(root, lines):
    path = os.path.join(root, INBOX)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write("".join(canonical(line) + "\n" for line in lines))


# What people do by hand after the second night, and then say: a set moved between content folders, an image within a
# production folder, an image and a companion that are gone.
def moved():
    """Present place by the place where custody had the file: what one folder takes in, and what another one does."""
    image = images("undecided")[0]
    found = {f"{folder('undecided')}/{name}": f"found/{name}" for name in [image, *companions("undecided", image)]}
    picked = images("skip")[0]
    found[f"__selected/{picked}"] = f"__selected/best/{picked}"
    return found


def lost():
    """Place where custody had the file by its first path: an image, and a companion of another."""
    image = images("reject")[1]
    companion = f"{stem(images('override')[0])}.yaml"
    return {f"{folder('reject')}/{image}": f"__selected/{image}",
            f"{folder('override')}/{companion}": f"__selected/{companion}"}


def acceptance():
    """The words in which people say so."""
    words = ["audit", "--accept", "found", "--accept", f"__selected/best/{images('skip')[0]}"]
    for place in lost().values():
        words += ["--accept-loss", place]
    return words


def by_hand(root):
    """Moves and loses files as people do, without a word to custody."""
    for source, target in moved().items():
        path = os.path.join(root, ROOT, target)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.rename(os.path.join(root, ROOT, source), path)
    for place in lost().values():
        os.remove(os.path.join(root, ROOT, place))


def pipeline(repository):
    """The stages on images of the pipeline that people run at night; the Trash is not waited for."""
    with open(os.path.join(repository, "pipelines", f"{PIPELINE}.json"), encoding="utf-8") as file:
        text = json.load(file)
    text["stages"] = {name: stage for name, stage in text["stages"].items()
                      if stage["uses"].startswith(("images.", "audit."))}
    text["stages"]["trash"]["with"] = {"trashAfterDays": 0}
    text["stages"]["audit"]["with"] = {"rehash": True}
    for part in ("parameters", "finally"):
        text.pop(part, None)
    return json.dumps(text, indent=2) + "\n"


def make(root, repository):
    """The workspace before its first night."""
    write(root, "configs/darkroom.json", "{}\n")
    write(root, f"pipelines/{PIPELINE}.json", pipeline(repository))
    manifest = {"schema": "project_v1", "id": PROJECT, "root": ROOT}
    write(root, f"data/projects/{PROJECT}.project.json", json.dumps(manifest) + "\n")
    for path, content in files().items():
        write(root, f"{ROOT}/{path}", content)
    os.makedirs(os.path.join(root, "home"))
    append(root, FIRST.values())


def night(root, number):
    """What is added before a night, to the workspace as the night before left it."""
    if number == 2:
        append(root, second_lines())
    if number == ACCEPTING:
        by_hand(root)


def copy(source, target):
    """A copy with times. The journal knows absolute paths: `target` is where `source` was made."""
    shutil.rmtree(target, ignore_errors=True)
    os.spawnlp(os.P_WAIT, "cp", "cp", "-a", source, target)

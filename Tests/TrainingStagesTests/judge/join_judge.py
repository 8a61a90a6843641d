"""Computes a project's dataset from the databases with nothing of Darkroom, and compares: join_judge.py WORKSPACE PROJECT"""

import hashlib
import json
import math
import os
import sqlite3
import sys
from collections import Counter
from datetime import datetime


def connect(path):
    if not os.path.exists(path):
        return None
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database


workspace, project = sys.argv[1:]
decisions = connect(f"{workspace}/data/training/ai_training_decisions/{project}.db")
measured_database = connect(f"{workspace}/data/training/image_measurements/{project}.db")
custody = connect(f"{workspace}/data/state/custody.sqlite")
folder = f"{workspace}/data/training/datasets/{project}/current"

rows = decisions.execute("SELECT * FROM ai_decisions ORDER BY CAST(group_id AS BLOB)").fetchall()
older = {}
for crop in decisions.execute("SELECT * FROM older_crops ORDER BY occurrence"):
    older.setdefault(crop["group_id"], []).append(crop)
measured = {}
if measured_database:
    measured = {m["digest"]: m for m in measured_database.execute("SELECT * FROM image_measurements")}
first, receipts = {}, {}
if custody:
    for place, digest in custody.execute("SELECT origin, hex(first_digest) FROM files WHERE project = ?", [project]):
        first.setdefault(place, set()).add(digest.lower())
    made = custody.execute(
        "SELECT group_id, hex(a.digest) FROM orders o JOIN passes p ON p.order_sequence = o.sequence"
        " JOIN acts a ON a.pass = p.id WHERE o.project = ? AND cause = 'crop' AND o.state = 'done'"
        " AND a.kind = 'place' AND direction = 'perform' ORDER BY o.sequence", [project])
    receipts = {group: digest.lower() for group, digest in made}


def listed(text):
    return None if text is None else json.loads(text)


def reason(row):
    if row["actor"] == "machine":
        return "machine"
    if row["user_action"] == "skip":
        return "skip"
    for name, digest in zip(listed(row["images"]), listed(row["image_digests"]) or []):
        place = f"{row['directory']}/{name}" if row["directory"] else name
        if place in first and digest not in first[place]:
            return "digests-changed"
    return None


left_out, crops_left_out = Counter(), Counter()
kept = []
for row in rows:
    why = reason(row)
    if why is None:
        kept.append(row)
        continue
    left_out[why] += 1
    crops_left_out[why] += (row["final_crop_coords"] is not None) + len(older.get(row["group_id"], []))

# Lineages: groups with near images, the same unmeasured content, or the content of another's crop.
parent = {row["group_id"]: row["group_id"] for row in kept}


def root(group):
    while parent[group] != group:
        group = parent[group]
    return group


def join(a, b):
    a, b = root(a), root(b)
    parent[max(a, b, key=str.encode)] = min(a, b, key=str.encode)


def telling(value):
    bits = [[value >> (8 * y + x) & 1 for x in range(8)] for y in range(8)]
    ones = sum(map(sum, bits))
    down = sum(bits[y][x] != bits[y + 1][x] for y in range(7) for x in range(8))
    across = sum(bits[y][x] != bits[y][x + 1] for y in range(8) for x in range(7))
    return min(ones, 64 - ones, down, across) >= 8


traces, contents = [], {}
for row in kept:
    for digest in listed(row["image_digests"]) or []:
        contents.setdefault(digest, set()).add(row["group_id"])
        if digest in measured:
            value = int(measured[digest]["perceptual_hash"], 16)
            if telling(value):
                traces.append((value, row["group_id"]))
    if row["group_id"] in receipts:
        contents.setdefault(receipts[row["group_id"]], set()).add(row["group_id"])
for index, (value, group) in enumerate(traces):
    for other, neighbour in traces[:index]:
        if bin(value ^ other).count("1") <= 4:
            join(group, neighbour)
for groups in contents.values():
    for group in groups:
        join(group, min(groups))


moments = {row["group_id"]: (datetime.fromisoformat(row["decided_at"].replace("Z", "+00:00")), row["group_id"].encode())
           for row in kept}
oldest = {}
for group in parent:
    oldest[root(group)] = min(oldest.get(root(group), group), group, key=moments.get)


def split_of(lineage):
    number = int.from_bytes(hashlib.sha256(b"darkroom-split-v1\0" + lineage.encode()).digest()[:8], "big")
    share = number / 2**64
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def truth(value):
    return None if value is None else bool(value)


def stage(name):
    names = {"stage1_generated": 1.0, "stage1.5_face_swapped": 1.5, "stage2_upscaled": 2.0, "stage3_enhanced": 3.0}
    return next((rank for part, rank in names.items() if part in name.lower()), 0.0)


selections, crops, images = [], [], []


def add_crop(row, common, identity, occurrence, image, rectangle, size, at, session, made):
    names = listed(row["images"])
    index = names.index(image) if image in names else None
    digests = listed(row["image_digests"])
    digest = digests[index] if digests and index is not None else None
    facts = measured.get(digest)
    if facts and ((size[0] or facts["width"]), (size[1] or facts["height"])) != (facts["width"], facts["height"]):
        crops_left_out["size-disagrees"] += 1
        return
    shown = listed(row["ai_crop_coords"])
    pixels = None
    if size[0] and size[1]:
        products = [value * side for value, side in zip(rectangle, size + size)]
        whole = [round(v) if abs(v - round(v)) < 1e-6 else None for v in products]
        pixels = [w if w is not None else math.floor(v) if i < 2 else math.ceil(v)
                  for i, (v, w) in enumerate(zip(products, whole))]
    crop = dict(
        common, ai_crop_accepted=truth(row["ai_crop_accepted"]), ai_crop_coords=shown, area_difference=None,
        centre_distance=None, crop_digest=made, crop_id=identity, crop_match=None, cropped_at=at,
        decided_at=row["decided_at"], exposure=common["exposure"] if shown else "none", final_crop_coords=rectangle,
        final_crop_pixels=pixels, image=image, image_digest=digest, image_height=size[1], image_width=size[0], iou=None,
        occurrence=occurrence, session=session)
    if shown:
        def area(r):
            return (r[2] - r[0]) * (r[3] - r[1])
        crop["area_difference"] = area(shown) - area(rectangle)
        crop["centre_distance"] = math.hypot(
            (shown[0] + shown[2] - rectangle[0] - rectangle[2]) / 2, (shown[1] + shown[3] - rectangle[1] - rectangle[3]) / 2)
        shared = (max(0, min(shown[2], rectangle[2]) - max(shown[0], rectangle[0]))
                  * max(0, min(shown[3], rectangle[3]) - max(shown[1], rectangle[1])))
        crop["iou"] = shared / (area(shown) + area(rectangle) - shared)
        crop["crop_match"] = (index is not None and index == row["ai_selected_index"]
                              and all(abs(a - b) <= 0.05 + 1e-9 for a, b in zip(shown, rectangle)))
    crops.append(crop)


for row in kept:
    names, digests = listed(row["images"]), listed(row["image_digests"])
    picked, recommended = row["user_selected_index"], row["ai_selected_index"]
    lineage = f"{project}/{oldest[root(row['group_id'])]}"
    exposure = ("none" if recommended is None and row["ai_crop_coords"] is None and row["recommender"] is None else
                "unknown" if row["blind"] is None else "blind" if row["blind"] else
                "shown" if row["shown_at"] else "unknown")
    shared = dict(group_id=row["group_id"], lineage_id=lineage, project_id=project, split=split_of(lineage))
    common = dict(
        shared, exposure=exposure, model_digest=row["model_digest"], recommender=row["recommender"],
        recommender_version=row["recommender_version"], schema_version=row["schema_version"])
    latency = (moment(row["decided_at"]) - moment(row["shown_at"])).total_seconds() if row["shown_at"] else None
    selections.append(dict(
        common, action=row["user_action"], ai_confidence=row["ai_confidence"],
        ai_crop_accepted=truth(row["ai_crop_accepted"]), ai_crop_coords=listed(row["ai_crop_coords"]),
        ai_selected_index=recommended, decided_at=row["decided_at"], decision_id=row["decision_id"],
        directory=row["directory"], image_digests=digests, image_height=row["image_height"],
        image_width=row["image_width"], images=names, latency_seconds=latency if latency and latency > 0 else None,
        picked_image=None if picked is None else names[picked],
        selection_match=None if recommended is None else recommended == picked, shown_at=row["shown_at"],
        user_selected_index=picked))
    for index, name in enumerate(names):
        digest = digests[index] if digests else None
        facts = measured.get(digest)
        image = dict(
            shared, image=name, image_digest=digest, index=index, picked=index == picked, prompt=facts["prompt"] if facts else None,
            recommended=None if recommended is None else index == recommended, stage=stage(name))
        for column in ["attention_x", "attention_y", "clipped_highlights", "clipped_shadows", "colourfulness", "contrast",
                       "entropy", "exposure", "perceptual_hash", "sharpness"]:
            image[column] = facts[column] if facts else None
        image["image_width"], image["image_height"] = (facts["width"], facts["height"]) if facts else (None, None)
        images.append(image)
    for crop in older.get(row["group_id"], []):
        add_crop(row, common, crop["crop_id"], crop["occurrence"], crop["image"], listed(crop["crop_coords"]),
                 [crop["image_width"], crop["image_height"]], crop["crop_timestamp"], crop["session"], None)
    if row["final_crop_coords"]:
        if row["group_id"] in older:
            facts = measured.get((listed(row["image_digests"]) or [None] * len(names))[picked]) if picked is not None else None

            def is_recorded(crop):
                if picked is not None and crop["image"] != names[picked]:
                    return False
                sides = [crop[side] or row[side] or (facts and facts[side.replace("image_", "")])
                         for side in ["image_width", "image_height"]]
                steps = [0.5 / side if side else 1e-6 for side in sides * 2]
                pairs = zip(listed(crop["crop_coords"]), listed(row["final_crop_coords"]), steps)
                return all(abs(a - b) <= step + 1e-9 for a, b, step in pairs)
            found = any(map(is_recorded, older[row["group_id"]]))
            crops_left_out["in-older-records" if found else "differs-from-older-records"] += 1
        elif picked is None:
            crops_left_out["crop-without-pick"] += 1
        else:
            add_crop(row, common, f"{project}/{row['group_id']}", 0, names[picked], listed(row["final_crop_coords"]),
                     [row["image_width"], row["image_height"]], row["crop_timestamp"], None, receipts.get(row["group_id"]))
groups = {row["group_id"] for row in rows}
for group, records in older.items():
    if group not in groups:
        crops_left_out["crop-without-decision"] += len(records)


def same(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


manifest_text = open(f"{folder}/manifest.json", "rb").read()
manifest = json.loads(manifest_text)
assert os.readlink(folder) == "versions/" + hashlib.sha256(manifest_text).hexdigest()[:16]
assert [f["path"] for f in manifest["files"]] == ["crops.jsonl", "images.jsonl", "selections.jsonl"]
assert sorted(os.listdir(folder)) == ["crops.jsonl", "images.jsonl", "manifest.json", "selections.jsonl"]
for entry, expected in zip(manifest["files"], [crops, images, selections]):
    content = open(f"{folder}/{entry['path']}", "rb").read()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"] and len(content) == entry["bytes"], entry
    found = [json.loads(line) for line in content.splitlines()]
    assert len(found) == len(expected) == entry["rows"], (entry, len(found), len(expected))
    for number, (a, b) in enumerate(zip(found, expected), 1):
        assert sorted(a) == sorted(b) and list(a) == sorted(a), (entry["path"], number, set(a) ^ set(b))
        for column in a:
            assert same(a[column], b[column]), (entry["path"], number, column, a[column], b[column])
crops_left_out = +crops_left_out
assert manifest["selections"]["left_out"] == dict(left_out), (manifest["selections"], left_out)
assert manifest["crops"]["left_out"] == dict(crops_left_out), (manifest["crops"], crops_left_out)
assert manifest["sources"]["decisions"] == len(rows) == len(selections) + sum(left_out.values())
finished = manifest["sources"]["final_crops"] + manifest["sources"]["older_crops"]
assert finished == sum(r["final_crop_coords"] is not None for r in rows) + sum(map(len, older.values()))
assert finished == len(crops) + sum(crops_left_out.values())
for split, share in manifest["splits"].items():
    for name, table in [("selections", selections), ("crops", crops), ("images", images)]:
        assert share[name] == sum(row["split"] == split for row in table), (split, name)
    assert share["lineages"] == len({row["lineage_id"] for row in selections if row["split"] == split}), split
assert manifest["exposure"] == {k: sum(r["exposure"] == k for r in selections)
                                for k in ["shown", "blind", "none", "unknown"]}
assert manifest["classes"]["actions"] == {k: sum(r["action"] == k for r in selections)
                                          for k in ["approve", "crop", "reject"]}
assert manifest["leakage"] == {"leaks": 0, "rows": len(selections) + len(crops) + len(images)}
print(len(selections), len(crops), len(images), "rows;", manifest["near_duplicates"]["clusters"], "clusters")

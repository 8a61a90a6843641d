"""A small workspace for the crash sweep of the training stages: two projects, and a pipeline from join to export.

The project with images is that of images.py, worked on by an undisturbed night, so that custody knows its images and
decisions have receipts. The other has as many decisions as a model needs, and no images. Everything is generated, from
no random source, so that a fault point means the same operation on every machine."""

import hashlib
import json
import os
import sqlite3

import images
from workspace import write

PIPELINE = "training"
DECIDED = "p2"
DECISIONS = f"data/training/ai_training_decisions/{DECIDED}.db"
MEASUREMENTS = f"data/training/image_measurements/{DECIDED}.db"

# What the runs of a night must agree on byte for byte; whatever else lies there is a leftover.
RESULTS = ["data/training/datasets", "data/training/models", "data/training/exports", "data/training/promotion.json"]
# What no run may touch.
INPUTS = ["data/training/ai_training_decisions", "data/training/image_measurements", images.ROOT, "home",
          "data/file_operations_logs", "data/projects", "data/review", "pipelines", "configs"]

# How many groups of each split are decided before a night: as few as a model can be fitted and promoted on.
QUOTAS = {1: {"train": 30, "validation": 64, "test": 66}, 2: {"train": 150, "validation": 70, "test": 70}}
# What the person likes changes, so that the second night's model is better than the first's.
LIKED = {1: "contrast", 2: "sharpness"}

STAGES = {
    "join": {"uses": "training.join"},
    "report": {"uses": "training.report", "needs": ["join"]},
    "check": {"uses": "training.check", "needs": ["join"], "with": {"checks": "training", "onFailure": "keep"}},
    "gate": {"uses": "training.gate", "needs": ["check"]},
    "fit": {"uses": "training.fit", "needs": ["join", "check"], "with": {"errorBound": 0.4, "minimumGroups": 20}},
    "export": {"uses": "training.export", "needs": ["join", "check"],
               "with": {"project": images.PROJECT, "images": "copy", "shardSamples": 4,
                        "formats": ["jsonl", "csv", "preferences", "imagefolder", "yolo", "webdataset"]}},
    "link": {"uses": "training.export", "needs": ["join", "check"],
             "with": {"project": images.PROJECT, "images": "link", "formats": ["coco"]}},
    "rows": {"uses": "training.export", "needs": ["join", "check"], "with": {"project": DECIDED}},
}


def share(*parts):
    """A number from 0 to 1 that follows from its name, with three digits."""
    digest = hashlib.sha256(" ".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") * 1000 // 2**64 / 1000


def split(group):
    """As Documents/training.md says."""
    digest = hashlib.sha256(b"darkroom-split-v1\0" + f"{DECIDED}/{group}".encode()).digest()
    number = int.from_bytes(digest[:8], "big") * 100 >> 64
    return "train" if number < 80 else "validation" if number < 90 else "test"


def groups(night):
    """The ids of the groups that are decided before a night."""
    missing = dict(QUOTAS[night])
    number = 100_000 * night
    found = []
    while any(missing.values()):
        group = f"g_{number:020d}"
        number += 1
        if missing[split(group)] > 0:
            missing[split(group)] -= 1
            found.append(group)
    return found


def measured(group, index):
    """What was measured of an image: the columns of image_measurements."""
    def figure(name, scale=1.0):
        return round(share(group, index, name) * scale, 6)

    return {
        "digest": hashlib.sha256(f"{group} {index}".encode()).hexdigest(), "width": 800, "height": 600,
        "sharpness": figure("sharpness", 900), "exposure": figure("exposure"), "contrast": figure("contrast", 0.5),
        "entropy": figure("entropy", 8), "colourfulness": figure("colourfulness", 90),
        "clipped_shadows": figure("shadows", 0.1), "clipped_highlights": figure("highlights", 0.1),
        "attention_x": figure("x"), "attention_y": figure("y"),
        "perceptual_hash": hashlib.sha256(f"hash {group} {index}".encode()).hexdigest()[:16], "version": 1,
        "prompt": f"picture of {group}"}


def decided(group, night):
    """The row of a group that a person decided on: the image that is the better one by what is liked that night."""
    both = [measured(group, index) for index in (0, 1)]
    chosen = max((0, 1), key=lambda index: both[index][LIKED[night]])
    row = {
        "group_id": group, "timestamp": f"2025-07-0{night}T10:00:00Z", "decided_at": f"2025-07-0{night}T10:00:00.5Z",
        "shown_at": f"2025-07-0{night}T09:59:00Z", "project_id": DECIDED, "directory": "batch",
        "images": json.dumps([f"{group}_stage1_generated.png", f"{group}_stage2_upscaled.png"]),
        "image_digests": json.dumps([image["digest"] for image in both]), "user_selected_index": chosen,
        "user_action": "approve", "image_width": 800, "image_height": 600, "actor": "human", "blind": 0,
        "decision_id": hashlib.sha256(group.encode()).hexdigest()[:32], "schema_version": 4}
    if split(group) == "train" and share(group, "asked") < 0.5:
        row.update(ai_selected_index=1, ai_confidence=0.75, recommender="sweep", recommender_version="1",
                   blind=int(share(group, "blind") < 0.3), selection_match=int(chosen == 1))
    if share(group, "crop") < 0.4:
        x, y = both[chosen]["attention_x"] / 2, both[chosen]["attention_y"] / 2
        row.update(user_action="crop", final_crop_coords=json.dumps([x, y, x + 0.5, y + 0.5]),
                   crop_timestamp=f"2025-07-0{night}T11:00:00Z")
    return row


def insert(root, path, schema, table, rows):
    """Adds rows to a database of the second project, which is made where it is missing."""
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    is_new = not os.path.exists(full)
    with sqlite3.connect(full) as connection:
        if is_new:
            with open(schema, encoding="utf-8") as file:
                connection.executescript(file.read())
        for row in rows:
            places = ",".join("?" * len(row))
            connection.execute(f"INSERT INTO {table} ({','.join(row)}) VALUES ({places})", list(row.values()))
    connection.close()


def add_decisions(root, repository, night):
    """What people decided in the second project before a night."""
    schemas = os.path.join(repository, "data/schema")
    new = groups(night)
    insert(root, DECISIONS, os.path.join(schemas, "ai_decisions_v4.sql"), "ai_decisions",
           [decided(group, night) for group in new])
    insert(root, MEASUREMENTS, os.path.join(schemas, "image_measurements_v1.sql"), "image_measurements",
           [measured(group, index) for group in new for index in (0, 1)])


def make(root, repository):
    """The workspace before the first night on images."""
    images.make(root, repository)
    # The second project's rows come from no inbox: its custody is not what is swept here.
    path = os.path.join(root, "pipelines", f"{images.PIPELINE}.json")
    with open(path, encoding="utf-8") as file:
        nightly = json.load(file)
    nightly["stages"]["audit"]["with"]["project"] = images.PROJECT
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(nightly, indent=2) + "\n")
    manifest = {"schema": "project_v1", "id": DECIDED, "root": "none"}
    write(root, f"data/projects/{DECIDED}.project.json", json.dumps(manifest) + "\n")
    os.makedirs(os.path.join(root, "none"))
    text = {"version": 1, "name": PIPELINE, "stages": STAGES}
    write(root, f"pipelines/{PIPELINE}.json", json.dumps(text, indent=2) + "\n")

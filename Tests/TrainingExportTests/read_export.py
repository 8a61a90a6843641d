"""Loads an export with its format's own reader and compares it with the dataset's rows, read with json.

    read_export.py FORMAT EXPORT DATASET [DIGEST,...]

The digests are of images that cannot be there any more. Exits with an error on the first difference.
"""
import csv
import glob
import hashlib
import io
import json
import math
import os
import sys

import jsonschema

SPLITS = ["train", "validation", "test"]
SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../data/schema")


def rows(dataset, table):
    with open(f"{dataset}/{table}.jsonl", "rb") as file:
        return [json.loads(line) for line in file]


def equal(got, wanted, what):
    if got != wanted:
        raise SystemExit(f"{what}: got {got!r}, wanted {wanted!r}")


def validate(documents, name):
    with open(f"{SCHEMAS}/{name}.schema.json") as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    for document in documents:
        validator.validate(document)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def check_manifest(export):
    """Every file is listed with its size and digest, and rows seen = exported + left out by construction."""
    with open(f"{export}/manifest.json") as file:
        manifest = json.load(file)
    validate([manifest], "training_export_manifest_v1")
    found = sorted(
        os.path.relpath(os.path.join(folder, name), export)
        for folder, _, names in os.walk(export) for name in names)
    listed = [file["path"] for file in manifest["files"]]
    equal(sorted(listed + ["manifest.json"]), found, "the files of the manifest")
    for file in manifest["files"]:
        equal(file["bytes"], os.path.getsize(f"{export}/{file['path']}"), f"bytes of {file['path']}")
        equal(file["sha256"], sha256(f"{export}/{file['path']}"), f"digest of {file['path']}")
    for name, account in manifest["rows"].items():
        equal(account["seen"], sum(account["exported"].values()) + sum(account["left_out"].values()), name)
    return manifest


def is_null(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def check_jsonl(export, dataset, gone):
    import pandas
    count = 0
    for table in ["selections", "crops", "images"]:
        wanted = rows(dataset, table)
        frame = pandas.read_json(
            f"{export}/{table}.jsonl", lines=True, dtype=False, convert_dates=False, precise_float=True)
        equal(len(frame), len(wanted), table)
        for got, row in zip(frame.to_dict("records"), wanted):
            for column, value in row.items():
                if value is None:
                    equal(is_null(got[column]), True, f"{table} {column}")
                else:
                    equal(got[column], value, f"{table} {column}")
            count += 1
    return count


def check_csv(export, dataset, gone):
    import pandas
    count = 0
    for table in ["selections", "crops", "images"]:
        wanted = rows(dataset, table)
        path = f"{export}/{table}.csv"
        with open(path, newline="", encoding="utf-8") as file:
            text = file.read()
        equal(text.endswith("\r\n"), True, f"the end of {table}")
        plain = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        exact = pandas.read_csv(path, dtype=str, keep_default_na=False)
        typed = pandas.read_csv(path, float_precision="round_trip")
        for frame in [plain, exact, typed]:
            equal(len(frame), len(wanted), table)
        for index, row in enumerate(wanted):
            for column, value in row.items():
                cells = [plain[index][column], exact[column].iloc[index]]
                equal(cells[0], cells[1], f"{table} {column}")
                if value is None:
                    equal(cells[0], "", f"{table} {column}")
                elif isinstance(value, str):
                    equal(cells[0], value, f"{table} {column}")
                else:
                    equal(json.loads(cells[0]), value, f"{table} {column}")
                    if isinstance(value, (int, float)) and not isinstance(value, bool):
                        equal(float(typed[column].iloc[index]), float(value), f"{table} {column}")
            count += 1
    return count


def names(dataset):
    """What identifies an image in any export."""
    return {(row["group_id"], row["index"]): row for row in rows(dataset, "images")}


def check_imagefolder(export, dataset, gone):
    import datasets
    loaded = datasets.load_dataset("imagefolder", data_dir=export)
    for path in glob.glob(f"{export}/*/metadata.jsonl"):
        with open(path) as file:
            validate(map(json.loads, file), "training_imagefolder_v1")
    wanted = {key: row for key, row in names(dataset).items() if row["image_digest"] not in gone}
    actions = {row["group_id"]: row["action"] for row in rows(dataset, "selections")}
    seen = set()
    for split in loaded:
        raw = loaded[split].cast_column("image", datasets.Image(decode=False))
        for picture, sample in zip(loaded[split], raw):
            key = (sample["group_id"], sample["index"])
            row = wanted[key]
            seen.add(key)
            equal(sample["image_digest"], row["image_digest"], "digest")
            equal(sha256(sample["image"]["path"]), row["image_digest"], "content")
            equal(split, row["split"], "split")
            equal(sample["image_name"], row["image"], "name")
            equal(sample["picked"], row["picked"], "picked")
            equal(sample["stage"], row["stage"], "stage")
            equal(sample["action"], actions[row["group_id"]], "action")
            equal(sample["text"], caption(dataset, row), "text")
            assert picture["image"].size[0] >= 8
    equal(seen, set(wanted), "images")
    return len(seen)


def caption(dataset, row):
    """As the rule is: `.caption`, else `.txt`, else the prompt, else nothing."""
    root = os.path.abspath(f"{dataset}/../../../../../../images")
    folders = {one["group_id"]: one["directory"] for one in rows_of(dataset)}
    stem = os.path.splitext(f"{root}/{folders[row['group_id']]}/{row['image']}")[0]
    for suffix in [".caption", ".txt"]:
        if os.path.exists(stem + suffix):
            with open(stem + suffix) as file:
                return file.read().rstrip("\r\n")
    return row["prompt"] or ""


cache = {}


def rows_of(dataset):
    if dataset not in cache:
        cache[dataset] = rows(dataset, "selections")
    return cache[dataset]


def check_preferences(export, dataset, gone):
    import datasets
    files = {s: f"{export}/{s}.jsonl" for s in SPLITS if os.path.exists(f"{export}/{s}.jsonl")}
    loaded = datasets.load_dataset("json", data_files=files)
    for path in files.values():
        with open(path) as file:
            validate(map(json.loads, file), "training_preference_v1")
    wanted = set()
    for row in rows(dataset, "selections"):
        picked = row["user_selected_index"]
        if row["action"] == "reject" or picked is None:
            continue
        digests = row["image_digests"]
        for index, digest in enumerate(digests):
            if index != picked and not {digest, digests[picked]} & gone:
                wanted.add((row["group_id"], row["split"], digests[picked], digest))
    prompts = {row["group_id"]: set() for row in rows(dataset, "selections")}
    for row in rows(dataset, "images"):
        prompts[row["group_id"]].add(row["prompt"] or "")
    seen = set()
    for split in loaded:
        for sample in loaded[split]:
            equal(sample["split"], split, "split")
            seen.add((sample["group_id"], split, sample["chosen_digest"], sample["rejected_digest"]))
            equal(sample["prompt"] in prompts[sample["group_id"]], True, "prompt")
            for role in ["chosen", "rejected"]:
                if sample[role].startswith("images/"):
                    equal(sha256(f"{export}/{sample[role]}"), sample[f"{role}_digest"], role)
    equal(seen, wanted, "pairs")
    equal(sum(len(loaded[split]) for split in loaded), len(wanted), "pairs")
    return len(wanted)


def check_coco(export, dataset, gone, brings=True):
    from PIL import Image
    from pycocotools.coco import COCO
    wanted = {row["crop_id"]: row for row in rows(dataset, "crops") if row["image_digest"] not in gone}
    seen = set()
    for split in SPLITS:
        stdout, sys.stdout = sys.stdout, io.StringIO()
        try:
            coco = COCO(f"{export}/{split}.json")
        finally:
            sys.stdout = stdout
        equal([c["name"] for c in coco.loadCats(coco.getCatIds())], ["crop"], "categories")
        for note in coco.loadAnns(coco.getAnnIds()):
            row = wanted[note["crop_id"]]
            seen.add(note["crop_id"])
            equal(row["split"], split, "split")
            image = coco.loadImgs(note["image_id"])[0]
            equal((image["width"], image["height"]), (row["image_width"], row["image_height"]), "size")
            equal(image["image_digest"], row["image_digest"], "digest")
            x1, y1, x2, y2 = row["final_crop_coords"]
            x, y, width, height = note["bbox"]
            box = [x / image["width"], y / image["height"], (x + width) / image["width"],
                   (y + height) / image["height"]]
            for got, edge in zip(box, [x1, y1, x2, y2]):
                equal(abs(got - edge) < 1e-12, True, "edge")
            if brings:
                with Image.open(f"{export}/{image['file_name']}") as picture:
                    equal(picture.size, (image["width"], image["height"]), "picture")
                equal(sha256(f"{export}/{image['file_name']}"), row["image_digest"], "content")
        equal(len(coco.getAnnIds()), len(set(coco.getAnnIds())), "ids")
    equal(seen, set(wanted), "crops")
    return len(seen)


def check_coco_none(export, dataset, gone):
    return check_coco(export, dataset, gone, brings=False)


def check_yolo(export, dataset, gone):
    """As ultralytics reads it: images of the folder that data.yaml names, labels where `images` is `labels`."""
    import yaml
    from PIL import Image
    with open(f"{export}/data.yaml") as file:
        data = yaml.safe_load(file)
    equal(data["names"], {0: "crop"}, "classes")
    wanted = {}
    for row in rows(dataset, "crops"):
        if row["image_digest"] not in gone:
            wanted.setdefault(row["image_digest"], []).append(row)
    count = 0
    for split, key in zip(SPLITS, ["train", "val", "test"]):
        for path in sorted(glob.glob(f"{glob.escape(export)}/{data[key]}/*")):
            crops = wanted.pop(sha256(path))
            with Image.open(path) as picture:
                picture.verify()
            label = os.path.splitext(path.replace("/images/", "/labels/"))[0] + ".txt"
            with open(label) as file:
                lines = [line.split() for line in file]
            equal(len(lines), len(crops), "boxes")
            for row, (kind, *numbers) in zip(crops, lines):
                equal(row["split"], split, "split")
                equal(kind, "0", "class")
                cx, cy, width, height = map(float, numbers)
                box = [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2]
                for got, edge in zip(box, row["final_crop_coords"]):
                    equal(abs(got - edge) < 1e-12, True, "edge")
                count += 1
    equal(wanted, {}, "images without a file")
    return count


def check_webdataset(export, dataset, gone):
    import tarfile
    import webdataset
    shards = sorted(glob.glob(f"{glob.escape(export)}/*.tar"))
    wanted = {key: row for key, row in names(dataset).items() if row["image_digest"] not in gone}
    keys, seen = set(), set()
    for shard in shards:
        with tarfile.open(shard) as file:
            for member in file:
                equal((member.mtime, member.uid, member.gid, member.mode), (0, 0, 0, 0o644), member.name)
                equal(member.name.count("."), 1, member.name)
        split = os.path.basename(shard).split("-")[0]
        raw = {s["__key__"]: s for s in webdataset.WebDataset(shard, shardshuffle=False)}
        for sample in webdataset.WebDataset(shard, shardshuffle=False).decode("pil"):
            equal(sample["__key__"] in keys, False, "a key twice")
            keys.add(sample["__key__"])
            key = (sample["json"]["group_id"], sample["json"]["index"])
            row = wanted[key]
            seen.add(key)
            equal(row["split"], split, "split")
            equal(hashlib.sha256(raw[sample["__key__"]]["png"]).hexdigest(), row["image_digest"], "content")
            equal(sample["txt"], caption(dataset, row), "text")
            for column, value in row.items():
                equal(sample["json"][column], value, column)
            crops = [c["final_crop_coords"] for c in rows(dataset, "crops")
                     if c["group_id"] == row["group_id"] and c["image"] == row["image"]]
            equal(sample["json"]["crops"], crops, "crops")
            assert sample["png"].size[0] >= 8
    equal(seen, set(wanted), "images")
    return len(seen)


def check_real(export, log, gone):
    """The real log of crops, against exports of it in `csv`, `jsonl` and `coco`."""
    import pandas
    from pycocotools.coco import COCO
    with open(log, newline="") as file:
        records = list(csv.DictReader(file))
    frame = pandas.read_csv(f"{export}/csv/crops.csv")
    lines = pandas.read_json(f"{export}/jsonl/crops.jsonl", lines=True, precise_float=True)
    boxes = []
    for split in SPLITS:
        stdout, sys.stdout = sys.stdout, io.StringIO()
        try:
            coco = COCO(f"{export}/coco/{split}.json")
        finally:
            sys.stdout = stdout
        for note in coco.loadAnns(coco.getAnnIds()):
            x, y, width, height = note["bbox"]
            image = coco.loadImgs(note["image_id"])[0]
            boxes.append((image["image_name"], x, y, x + width, y + height))

    def of_table(table, decode):
        found = []
        for row in table.to_dict("records"):
            x1, y1, x2, y2 = decode(row["final_crop_coords"])
            width, height = row["image_width"], row["image_height"]
            found.append((row["image"], x1 * width, y1 * height, x2 * width, y2 * height))
        return found

    wanted = sorted(
        (os.path.basename(r["chosen_path"]), *(float(r[f"crop_{edge}"]) for edge in ["x1", "y1", "x2", "y2"]))
        for r in records)
    for what, found in [("coco", boxes), ("csv", of_table(frame, json.loads)),
                        ("jsonl", of_table(lines, list))]:
        equal(len(found), len(wanted), what)
        for got, row in zip(sorted(found, key=lambda box: (box[0], *(round(edge, 3) for edge in box[1:]))), wanted):
            equal(got[0], row[0], what)
            for a, b in zip(got[1:], row[1:]):
                equal(abs(a - b) <= 0.5, True, f"{what} {row}: {got}")
    return len(wanted)


def main():
    kind, export, dataset = sys.argv[1:4]
    gone = set(filter(None, sys.argv[4].split(",")))
    if kind != "real":
        check_manifest(export)
    print(globals()[f"check_{kind}"](export, dataset, gone))


main()

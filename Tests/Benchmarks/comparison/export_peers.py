"""Does what an export does with pandas and Python's library: export_peers.py csv|jsonl|copy|link DATASET OUTPUT [IMAGES]"""

import hashlib
import json
import os
import pathlib
import shutil
import sys

TABLES = ["selections", "crops", "images"]


def tables(form: str, dataset: pathlib.Path, output: pathlib.Path) -> None:
    """Reads the tables, and writes them as the other form; exact numbers, no guessed dates."""
    import pandas

    for table in TABLES:
        frame = pandas.read_json(
            dataset / f"{table}.jsonl", lines=True, dtype=False, convert_dates=False, precise_float=True)
        if form == "csv":
            frame.to_csv(output / f"{table}.csv", index=False)
        else:
            frame.to_json(output / f"{table}.jsonl", orient="records", lines=True, force_ascii=False)


def images(form: str, dataset: pathlib.Path, output: pathlib.Path, folder: pathlib.Path) -> None:
    """Brings in every image that has the digest of its row, by copy or hard link; a copy is made durable."""
    folders = {}
    with open(dataset / "selections.jsonl", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            folders[row["group_id"]] = row["directory"]
    with open(dataset / "images.jsonl", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            source = folder / folders[row["group_id"]] / row["image"]
            with open(source, "rb") as image:
                if hashlib.file_digest(image, "sha256").hexdigest() != row["image_digest"]:
                    raise SystemExit(f"{source} has changed")
            target = output / row["split"] / f"{row['group_id']}-{row['index']}.png"
            target.parent.mkdir(exist_ok=True)
            if form == "link":
                os.link(source, target)
                continue
            shutil.copyfile(source, target)
            with open(target, "rb+") as copy:
                os.fsync(copy.fileno())


def main() -> None:
    form, dataset, output = sys.argv[1], *map(pathlib.Path, sys.argv[2:4])
    output.mkdir()
    if form in ("csv", "jsonl"):
        tables(form, dataset, output)
    else:
        images(form, dataset, output, pathlib.Path(sys.argv[4]))


main()

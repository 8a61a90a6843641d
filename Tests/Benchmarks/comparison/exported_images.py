"""Makes a workspace with images of a megabyte, a decision on each pair of them, and the dataset of these decisions."""

import hashlib
import json
import pathlib
import random
import sqlite3
import struct
import subprocess
import zlib

from .decisions import PROJECT, SCHEMAS

WIDTH, HEIGHT = 640, 540


def _png(source: random.Random) -> bytes:
    """Noise that is not compressed: a PNG costs nothing to make and is as large as a real one."""
    row = WIDTH * 3
    rows = b"".join(b"\0" + source.randbytes(row) for _ in range(HEIGHT))

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def _pair(root: pathlib.Path, number: int, source: random.Random) -> dict[str, object]:
    """Writes the two images of a group, and gives the row of the decision for the second."""
    time = f"202501{1 + number // 1440 % 28:02}_{number // 60 % 24:02}{number % 60:02}00"
    names = [f"{time}_{stage}.png" for stage in ("stage1_generated", "stage2_upscaled")]
    folder = f"batch {number // 1440}"
    digests = []
    for name in names:
        content = _png(source)
        digests.append(hashlib.sha256(content).hexdigest())
        path = root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {"group_id": f"g_{number:020}", "timestamp": "2025-02-01T00:00:00Z", "project_id": PROJECT,
            "directory": folder, "images": json.dumps(names), "user_selected_index": 1, "user_action": "approve",
            "image_digests": json.dumps(digests), "actor": "human", "decided_at": "2025-02-01T00:00:00Z", "blind": 0,
            "decision_id": hashlib.sha256(b"%d" % number).hexdigest()[:32], "image_width": WIDTH, "image_height": HEIGHT}


def make(darkroom: pathlib.Path, workspace: pathlib.Path, count: int) -> None:
    """Writes the workspace with `count` images, unless it is there."""
    done = workspace / "made"
    if done.exists():
        return
    source = random.Random(11)
    database = workspace / "data/training/ai_training_decisions" / f"{PROJECT}.db"
    database.parent.mkdir(parents=True)
    with sqlite3.connect(database) as connection:
        connection.executescript((SCHEMAS / "ai_decisions_v4.sql").read_text())
        for number in range(count // 2):
            row = _pair(workspace / "images", number, source)
            marks = ",".join("?" * len(row))
            connection.execute(f"INSERT INTO ai_decisions ({','.join(row)}) VALUES ({marks})", list(row.values()))
    connection.close()
    join(darkroom, workspace, {"catalog": {"uses": "images.catalog"}})
    done.touch()


def join(darkroom: pathlib.Path, workspace: pathlib.Path, before: dict[str, object]) -> None:
    """Publishes the dataset of a workspace that has decisions."""
    stages = {**before, "join": {"uses": "training.join", "after": list(before)}}
    for name, content in {
        "configs/darkroom.json": {},
        f"data/projects/{PROJECT}.project.json": {"schema": "project_v1", "id": PROJECT, "root": "images"},
        "pipelines/join.json": {"version": 1, "name": "join", "stages": stages},
    }.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    (workspace / "images").mkdir(exist_ok=True)
    subprocess.run([darkroom, "run", "join", "--workspace", workspace], check=True, stdout=subprocess.DEVNULL)

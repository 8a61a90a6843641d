"""Makes the databases of a project with many decisions, the same ones every time."""

import hashlib
import json
import pathlib
import random
import sqlite3

SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "data" / "schema"
STAGES = ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled", "stage3_enhanced"]
PROJECT = "mojo"


def _database(path: pathlib.Path, schema: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript((SCHEMAS / schema).read_text())
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("BEGIN")
    return database


def _rectangle(source: random.Random) -> list[float]:
    x, y = round(source.random() * 0.4, 4), round(source.random() * 0.4, 4)
    return [x, y, round(x + 0.3 + source.random() * 0.3, 4), round(y + 0.3 + source.random() * 0.3, 4)]


def _decision(number: int, source: random.Random) -> tuple:
    """A row of ai_decisions: half with a recommendation, a third with a crop, some of machines, some older, some skips."""
    group = "g_" + hashlib.sha256(b"group %d" % number).hexdigest()[:20]
    day, time = 1 + number // 86_400 % 28, f"{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}"
    images = [f"202501{day:02}_{time}_{number}_{stage}.png" for stage in STAGES[: source.randint(2, 4)]]
    digests = [hashlib.sha256(b"%d %d" % (number, index)).hexdigest() for index in range(len(images))]
    older = source.random() < 0.05
    action = source.choices(["approve", "crop", "reject", "skip"], [40, 40, 15, 5])[0]
    if action == "skip" and not older:
        action = "approve"
    picked = None if action in ("reject", "skip") else source.randrange(len(images))
    recommended = source.randrange(len(images)) if source.random() < 0.5 else None
    shown_crop = _rectangle(source) if recommended is not None and source.random() < 0.6 else None
    accepted = None if shown_crop is None or picked is None else int(action == "approve")
    final = _rectangle(source) if action == "crop" and source.random() < 0.8 or accepted == 1 else None
    if older and accepted == 1 and source.random() < 0.5:
        final = None
    match = None if recommended is None or action == "skip" else int(picked == recommended)
    crop_match = None
    if shown_crop and final:
        near = all(abs(a - b) <= 0.05 + 1e-9 for a, b in zip(shown_crop, final))
        crop_match = int(picked == recommended and near)
    second = source.randrange(10, 59)
    known = recommended is not None and not older
    return (
        group, f"2025-02-{day:02}T10:20:{second}Z", PROJECT, f"batch {number % 100}", None, json.dumps(images, separators=(",", ":")),
        recommended, json.dumps(shown_crop, separators=(",", ":")) if shown_crop else None,
        round(source.random(), 6) if recommended is not None else None, picked, action, accepted,
        json.dumps(final, separators=(",", ":")) if final else None, "2025-03-01T00:00:00.000000Z" if final else None, 832, 1216,
        match, crop_match, None if older else json.dumps(digests, separators=(",", ":")), "rules" if known else None,
        "1" if known else None, "c" * 64 if known and source.random() < 0.5 else None,
        "machine" if source.random() < 0.03 else "human",
        None if older else f"2025-02-{day:02}T10:19:{second}.{source.randrange(10**6):06}Z",
        f"2025-02-{day:02}T10:20:{second}Z", None if older else int(source.random() < 0.05),
        None if older else hashlib.sha256(group.encode()).hexdigest()[:32], 3 if older else 4), ([] if older else digests)


def _measurement(digest: str, source: random.Random) -> tuple:
    def share() -> float:
        return source.random()

    return (digest, 832, 1216, share() * 2000, share(), share() / 2, share() * 8, share() * 90, share() / 100, share() / 100,
            share(), share(), f"{source.getrandbits(64):016x}", 1)


def make(workspace: pathlib.Path, count: int) -> None:
    """Writes both databases, unless they are there: `count` decisions with 2 to 4 images, nearly all of them measured."""
    done = workspace / f"decisions-{count}"
    if done.exists():
        return
    source = random.Random(7)
    training = workspace / "data" / "training"
    decisions = _database(training / "ai_training_decisions" / f"{PROJECT}.db", "ai_decisions_v4.sql")
    measurements = _database(training / "image_measurements" / f"{PROJECT}.db", "image_measurements_v1.sql")
    marks = ",".join("?" * 28)
    digests: list[str] = []
    for number in range(count):
        row, measured = _decision(number, source)
        decisions.execute(f"INSERT INTO ai_decisions VALUES ({marks})", row)
        digests += [digest for digest in measured if source.random() < 0.95]
    digests.sort()
    insert = f"INSERT INTO image_measurements VALUES ({','.join('?' * 14)}, NULL)"
    measurements.executemany(insert, (_measurement(digest, source) for digest in digests))
    for database in (decisions, measurements):
        database.execute("COMMIT")
        database.close()
    done.touch()

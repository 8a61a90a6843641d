"""What must hold for people's files after a fault: nothing lost, nothing twice, and the end of an undisturbed night."""

import collections
import hashlib
import json
import os
import sqlite3

import checks
import images

TRASH = "home/Trash"
LOGS = "data/file_operations_logs"
JOURNAL = "data/state/custody.sqlite"
DECISIONS = f"data/training/ai_training_decisions/{images.PROJECT}.db"
MEASUREMENTS = f"data/training/image_measurements/{images.PROJECT}.db"


def contents(folder):
    """SHA-256 by path of all files below a folder, and the folders; hidden ones too."""
    found = {}
    for path, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(path, name), folder) + "/"] = "folder"
        for name in files:
            full = os.path.join(path, name)
            with open(full, "rb") as file:
                found[os.path.relpath(full, folder)] = hashlib.sha256(file.read()).hexdigest()
    return found


def without_empty_folders(found):
    """Contents without the folders that hold no file."""
    return {
        path: what for path, what in found.items()
        if what != "folder" or any(other.startswith(path) for other in found if not other.endswith("/"))}


def trash(root):
    """The Trash, with its notes in place of their digests; when something was deleted is no part of it."""
    found = contents(os.path.join(root, TRASH))
    for path in found:
        if path.endswith(".trashinfo"):
            with open(os.path.join(root, TRASH, path), encoding="utf-8") as file:
                found[path] = "".join(line for line in file if not line.startswith("DeletionDate="))
    return found


def rows(path, query):
    """Rows of a database that nobody has open; WAL and all. One that is not there has none."""
    if not os.path.exists(path):
        return [], []
    connection = sqlite3.connect(path)
    try:
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()
    return found, ([] if sound == "ok" else [f"{path}: {sound}"])


def operations(root):
    """The records of custody in the operation log by op_id, without times and runs, and what is wrong with lines."""
    found, problems = {}, []
    folder = os.path.join(root, LOGS)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with open(os.path.join(folder, name), "rb") as file:
            text = file.read()
        if text and not text.endswith(b"\n"):
            problems.append(f"{name} ends in the middle of a line")
        for number, line in enumerate(text.splitlines(), 1):
            try:
                record = json.loads(line)
            except ValueError:
                problems.append(f"{name}:{number} is no JSON: {line[:80]!r}")
                continue
            for member in ("timestamp", "session_id", "run_id"):
                record.pop(member, None)
            if record["op_id"] in found:
                problems.append(f"{name}:{number} is the second record of {record['op_id']}")
            found[record["op_id"]] = json.dumps(record, sort_keys=True)
    return found, problems


class World:
    """All that a night leaves of people's files, comparable between runs at one path."""

    def __init__(self, root):
        self.problems = []
        self.parts = {
            "project": contents(os.path.join(root, images.ROOT)), "trash": trash(root)}
        self.parts["log"], problems = operations(root)
        self.problems += problems
        decided, problems = rows(os.path.join(root, DECISIONS), "SELECT * FROM ai_decisions")
        self.problems += problems
        self.parts["row"] = {
            row["group_id"]: json.dumps({k: v for k, v in row.items() if k != "crop_timestamp"}, sort_keys=True)
            for row in decided}
        measured, problems = rows(os.path.join(root, MEASUREMENTS), "SELECT * FROM image_measurements")
        self.problems += problems
        self.parts["measurement"] = {row["digest"]: json.dumps(row, sort_keys=True) for row in measured}
        orders, problems = rows(
            os.path.join(root, JOURNAL), "SELECT id, cause, group_id, decision, state FROM orders")
        self.problems += problems
        self.parts["order"] = {row["id"]: json.dumps(row, sort_keys=True) for row in orders}
        places, problems = rows(
            os.path.join(root, JOURNAL),
            "SELECT origin, generation, hex(first_digest) AS first, hex(digest) AS digest, kind, place_kind, place"
            " FROM files")
        self.problems += problems
        self.parts["registry"] = {
            f"{row['origin']} {row['generation']}": json.dumps(row, sort_keys=True) for row in places}
        said, problems = rows(
            os.path.join(root, JOURNAL),
            "SELECT acceptances.id, origin, generation, acceptances.kind, acceptances.place, state FROM acceptances"
            " JOIN files ON files.id = file")
        self.problems += problems
        self.parts["acceptance"] = {row["id"]: json.dumps(row, sort_keys=True) for row in said}

    def differences(self, other, empty_folders=True):
        """What is otherwise in the other world, which should be the same.

        A group that fails once is worked on a run later, so that another group makes the production folder, and the
        undo of the one that made it removes it or not. Where that may be, empty folders do not count.
        """
        found = list(other.problems)
        for part, expected in self.parts.items():
            there = other.parts[part]
            if part == "project" and not empty_folders:
                expected, there = without_empty_folders(expected), without_empty_folders(there)
            found += [f"{part}: {line}" for line in checks.difference(expected, there)]
        return found


def conservation(root, lost=()):
    """Whatever happened and whenever: each image is in exactly one place, each companion in one at least; but those that
    people lost."""
    there = collections.Counter(contents(os.path.join(root, images.ROOT)).values())
    there.update(contents(os.path.join(root, TRASH)).values())
    found = []
    for path, content in images.files().items():
        count = there[hashlib.sha256(content).hexdigest()]
        if path in lost:
            continue
        if count == 0 or (count > 1 and path.endswith(".png")):
            found.append(f"CUSTODY BROKEN: {path} is in {count} places")
    return found


def untouched(root):
    """How the project differs from the first day, hidden files and empty folders too; the Trash has nothing of it."""
    expected = {path: hashlib.sha256(content).hexdigest() for path, content in images.files().items()}
    expected.update({f"{os.path.dirname(path)}/": "folder" for path in expected})
    found = checks.difference(expected, contents(os.path.join(root, images.ROOT)))
    found += [f"left in the Trash: {path}" for path in trash(root) if not path.endswith("/")]
    orders, _ = rows(os.path.join(root, JOURNAL), "SELECT id FROM orders WHERE state <> 'undone'")
    return found + [f"order {row['id']} is not undone" for row in orders]


def conclusions(root):
    """What a finished night must have come to, by the decisions alone; so that the reference is no mere mirror."""
    found = []
    orders, _ = rows(os.path.join(root, JOURNAL), "SELECT state, count(*) AS n FROM orders GROUP BY state")
    if any(row["state"] not in ("done", "undone") for row in orders):
        found.append("an order is neither done nor undone")
    cropped = contents(os.path.join(root, images.ROOT, "__cropped"))
    decided, _ = rows(os.path.join(root, DECISIONS), "SELECT count(*) AS n FROM ai_decisions")
    if not any(path.endswith(".png") for path in cropped):
        found.append("no crop was made")
    measured, _ = rows(os.path.join(root, MEASUREMENTS), "SELECT count(*) AS n FROM image_measurements")
    expected = sum(path.endswith(".png") for path in images.files())
    if measured[0]["n"] != expected:
        found.append(f"{measured[0]['n']} of {expected} images were measured")
    if decided[0]["n"] < 5:
        found.append(f"only {decided[0]['n']} groups have rows")
    if not any(path.startswith("files/") and path.endswith(".png") for path in trash(root)):
        found.append("nothing is in the Trash")
    return found


def accepted(root):
    """What must have come of people's words: each of them once, in the journal and in the log."""
    said, _ = rows(
        os.path.join(root, JOURNAL),
        "SELECT origin, acceptances.kind, acceptances.place FROM acceptances JOIN files ON files.id = file"
        " WHERE state = 'done'")
    found = sorted((row["kind"], row["origin"] if row["kind"] == "lost" else row["place"]) for row in said)
    expected = sorted([("moved", place) for place in images.moved().values()]
                      + [("lost", origin) for origin in images.lost()])
    problems = [] if found == expected else [f"accepted was {found}, not {expected}"]
    records, torn = operations(root)
    words = [record for record in records.values() if json.loads(record)["type"] == "user_action"]
    if len(words) != len(expected):
        problems.append(f"the log has {len(words)} records of {len(expected)} words")
    return problems + torn

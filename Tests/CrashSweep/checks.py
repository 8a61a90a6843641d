"""What must hold after a fault: the same bytes, a sound state database, no work done twice, nothing left behind."""

import hashlib
import os
import shutil
import sqlite3

import workspace


def digests(root, paths):
    """SHA-256 by path of all files and link targets below some paths of a workspace."""
    found = {}

    def add(path):
        full = os.path.join(root, path)
        if os.path.islink(full):
            found[path] = "-> " + os.readlink(full)
        elif os.path.isdir(full):
            for name in sorted(os.listdir(full)):
                add(f"{path}/{name}")
            return
        elif os.path.exists(full):
            with open(full, "rb") as file:
                found[path] = hashlib.sha256(file.read()).hexdigest()
            return
        else:
            found[path] = "missing"
            return
        if os.path.isdir(full):
            for name in sorted(os.listdir(full)):
                add(f"{path}/{name}")

    for path in paths:
        add(path)
    return found


def difference(expected, found):
    """One line for each path that differs, at most five."""
    lines = []
    for path in sorted(set(expected) | set(found)):
        if expected.get(path) != found.get(path):
            lines.append(f"{path}: expected {expected.get(path, 'nothing')}, found {found.get(path, 'nothing')}")
    return lines[:5]


class State:
    """The state database as it stands, read from a copy: opening the original would repair and change it."""

    def __init__(self, root, scratch):
        self.connection = None
        self.root = root
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(scratch)
        for suffix in ["", "-wal", "-journal"]:
            source = os.path.join(root, "data/state/darkroom.db" + suffix)
            if os.path.exists(source):
                shutil.copyfile(source, os.path.join(scratch, "darkroom.db" + suffix))
        if os.path.exists(os.path.join(scratch, "darkroom.db")):
            self.connection = sqlite3.connect(os.path.join(scratch, "darkroom.db"))

    def rows(self, query, *values):
        if self.connection is None:
            return []
        try:
            return self.connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # The first migration was cut short.
                return []
            raise

    def close(self):
        if self.connection is not None:
            self.connection.close()

    def last_run(self):
        rows = self.rows("SELECT max(id) FROM runs")
        return rows[0][0] if rows and rows[0][0] is not None else 0

    def committed(self, run):
        """Unit to fingerprint, of the checkpoints that a run committed."""
        rows = self.rows("SELECT stage, unit, hex(fingerprint) FROM checkpoints WHERE run = ?", run)
        return {(stage, unit): fingerprint for stage, unit, fingerprint in rows}

    def executed(self, run):
        rows = self.rows("SELECT DISTINCT stage, unit FROM attempts WHERE run = ?", run)
        return set(rows)

    def problems(self):
        """What is wrong with the database itself, and with the files that it says are there."""
        found = []
        if self.connection is None:
            return ["there is no state database"]
        for line in self.rows("PRAGMA integrity_check"):
            if line[0] != "ok":
                found.append(f"integrity check: {line[0]}")
        if self.rows("PRAGMA foreign_key_check"):
            found.append("foreign keys do not hold")
        for stage, unit in self.rows(
            "SELECT stage, unit FROM checkpoints WHERE ended_by IS NULL GROUP BY pipeline, stage, unit HAVING count(*) > 1"
        ):
            found.append(f"{stage}/{unit} has more than one current checkpoint")
        for path, digest in self.rows(
            "SELECT path, hex(digest) FROM outputs JOIN checkpoints ON id = checkpoint WHERE ended_by IS NULL"
        ):
            full = os.path.join(self.root, path)
            if os.path.islink(full):
                content = os.readlink(full).encode()
            elif os.path.exists(full):
                with open(full, "rb") as file:
                    content = file.read()
            else:
                found.append(f"committed, but missing: {path}")
                continue
            if hashlib.sha256(content).hexdigest().upper() != digest:
                found.append(f"committed, but altered: {path}")
        return found


def leftovers(root):
    """Paths that have no business in a workspace at rest."""
    found = []
    for folder in ["data/state/staging", "data/state/displaced"]:
        for path, _, files in os.walk(os.path.join(root, folder)):
            found += [os.path.relpath(os.path.join(path, name), root) for name in files]
            if path != os.path.join(root, folder) and not files:
                found.append(os.path.relpath(path, root) + "/")
    return sorted(found)


def unreferenced(root, state):
    """Artifact directories that no current checkpoint names: space for `gc`, no error."""
    named = {row[0] for row in state.rows("SELECT artifact FROM checkpoints WHERE ended_by IS NULL")}
    found = []
    top = os.path.join(root, "data/state/artifacts")
    for stage in sorted(os.listdir(top)) if os.path.isdir(top) else []:
        for unit in sorted(os.listdir(os.path.join(top, stage))):
            for name in sorted(os.listdir(os.path.join(top, stage, unit))):
                path = f"data/state/artifacts/{stage}/{unit}/{name}"
                if path not in named:
                    found.append(path)
    return found


class Reference:
    """What an undisturbed run made of a night's inputs."""

    def __init__(self, root):
        self.results = digests(root, workspace.RESULTS)
        self.inputs = digests(root, workspace.INPUTS)


def repeated(before, after):
    """Units that the first run had committed and the second ran again although their fingerprint is the same."""
    first, second = before.last_run(), after.last_run()
    if first == 0 or first == second:
        return []
    done, again, now = before.committed(first), after.executed(second), after.committed(second)
    return [
        f"{stage}/{unit} was committed by run {first} and ran again in run {second}"
        for stage, unit in sorted(again)
        if (stage, unit) in done and now.get((stage, unit), done[stage, unit]) == done[stage, unit]
    ]


def settled(root, reference, state, staging_is_empty=True):
    """All that must hold when a run has reported success. What it could not remove, the next run does."""
    found = difference(reference.results, digests(root, workspace.RESULTS))
    found += ["input touched: " + line for line in difference(reference.inputs, digests(root, workspace.INPUTS))]
    found += state.problems()
    found += [
        f"left behind: {path}" for path in leftovers(root)
        if staging_is_empty or not path.startswith("data/state/staging")
    ]
    running = state.rows("SELECT id FROM runs WHERE state = 'running'")
    found += [f"run {row[0]} still says that it is running" for row in running]
    return found

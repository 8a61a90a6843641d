"""The order of durable operations in an undisturbed run, checked against a disk that forgets all it may forget.

A kill leaves what the kernel has; a power failure leaves only what was synced. So the trace of a run is played on a
model in which written bytes last from fsync of their file on, and names from fsync of their directory on. Then:

- no file gets its final name before its bytes last;
- no link is switched to a directory that might not be there after a power failure;
- when a commit reaches the disk, every published file and every name on its path lasts."""

import os

STAGING = "data/state/staging"
# Their loss costs nothing that was promised: private attempts, logs, the lock, and SQLite's own files.
PRIVATE = (STAGING, "data/state/logs", "data/state/lock", "data/state/darkroom.db")
COMMIT_FILE = "data/state/darkroom.db-wal"


def is_private(path):
    return any(path == place or path.startswith((place + "/", place + "-")) for place in PRIVATE)


def is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


class Disk:
    """Which bytes and names would be lost now. Paths are relative to the workspace; "" is its root."""

    def __init__(self):
        self.files = {}  # path -> number of the file behind it
        self.links = {}  # path -> target
        self.unsynced = set()  # numbers of files with bytes that do not last
        self.names = {}  # directory -> names in it that do not last
        self.number = 0
        self.last_whole_sync = 0
        self.staged_since = {}  # staging directory -> when it was made
        self.problems = []

    def find(self, path, time):
        """The file at a path; one that the trace has not seen was there before, or a child program wrote it."""
        if path not in self.files:
            self.number += 1
            self.files[path] = self.number
            if is_below(path, STAGING):
                staging = "/".join(path.split("/")[:4])
                if self.last_whole_sync < self.staged_since.get(staging, time):
                    self.unsynced.add(self.number)
        return self.files[path]

    def add(self, path):
        folder, name = os.path.split(path)
        self.names.setdefault(folder, set()).add(name)

    def drop(self, path):
        folder, name = os.path.split(path)
        self.names.get(folder, set()).discard(name)

    def move(self, table, source, target):
        for path in [path for path in table if is_below(path, source)]:
            table[target + path[len(source):]] = table.pop(path)

    def lost_below(self, folder):
        """What a power failure might take of a directory: its own name, names and bytes in it."""
        lost = []
        parent, name = os.path.split(folder)
        if name in self.names.get(parent, ()):
            lost.append(folder)
        for place, names in self.names.items():
            if is_below(place, folder):
                lost += [f"{place}/{name}" for name in names]
        lost += [f"the bytes of {path}" for path, file in self.files.items()
                 if is_below(path, folder) and file in self.unsynced]
        return sorted(lost)

    def check_commit(self, number):
        for folder, names in sorted(self.names.items()):
            for name in sorted(names):
                path = f"{folder}/{name}" if folder else name
                if not is_private(path):
                    self.problems.append(f"operation {number}: committed, but the name {path} would be lost with the power")
                    self.drop(path)  # Once is enough.
        for path, file in sorted(self.files.items()):
            if file in self.unsynced and not is_private(path):
                self.problems.append(f"operation {number}: committed, but the bytes of {path} would be lost")
                self.unsynced.discard(file)

    def rename(self, number, time, source, target):
        if source not in self.links and not any(is_below(path, source) for path in [*self.files, *self.names]):
            self.find(source, time)
        if is_below(source, STAGING) and not is_private(target):
            for path in [path for path in self.files if is_below(path, source) and self.files[path] in self.unsynced]:
                self.problems.append(f"operation {number}: {target} got its name before the bytes of {path} were synced")
            if source in self.links:
                pointed = os.path.normpath(os.path.join(os.path.dirname(target), self.links[source]))
                for lost in self.lost_below(pointed)[:1]:
                    self.problems.append(f"operation {number}: the link {target} was switched while {lost} could be lost")
        self.drop(source)
        for table in (self.files, self.links, self.names):
            for path in [path for path in table if is_below(path, target)]:
                del table[path]
            self.move(table, source, target)
        self.add(target)

    def apply(self, number, time, name, path, second):
        if name in ("create", "symlink"):
            self.add(path)
            if name == "symlink":
                self.links[path] = second
            else:
                self.find(path, time)
        elif name == "mkdir":
            self.add(path)
            if os.path.dirname(path) == STAGING:
                self.staged_since[path] = time
        elif name in ("write", "pwrite", "writev", "copy", "truncate"):
            self.unsynced.add(self.find(path, time))
        elif name in ("fsync", "fdatasync"):
            if path == COMMIT_FILE:
                self.check_commit(number)
            self.names.pop(path, None)
            if path in self.files or is_below(path, STAGING):
                self.unsynced.discard(self.find(path, time))
        elif name == "syncfs":
            self.names.clear()
            self.unsynced.clear()
            self.last_whole_sync = time
        elif name == "link":
            self.files[second] = self.find(path, time)
            self.add(second)
        elif name == "rename":
            self.rename(number, time, path, second)
        elif name in ("unlink", "rmdir"):
            self.files.pop(path, None)
            self.links.pop(path, None)
            self.names.pop(path, None)
            self.drop(path)


def play(lines, root):
    disk = Disk()
    prefix = root + "/"

    def relative(path):
        return "" if path == root else path.removeprefix(prefix)

    for time, line in enumerate(lines, 1):
        number, name, result, path, second = line.rstrip("\n").split("\t")
        if int(result) >= 0 and not path.endswith(" (deleted)"):
            disk.apply(int(number), time, name, relative(path), relative(second))
    return disk.problems


def problems(laboratory):
    """What is wrong with the order of operations in both nights' undisturbed runs."""
    found = []
    for night in sorted(laboratory.operations):
        with open(laboratory.trace(night), encoding="utf-8") as file:
            lines = file.readlines()
        root = os.path.join(laboratory.work, f"after{night}")
        lost = play(lines, root)
        found += [f"night {night}: {line}" for line in lost[:5]]
        if len(lost) > 5:
            found.append(f"night {night}: and {len(lost) - 5} more of these")
        # The judge must be able to condemn: without its syncs of files and folders, the same run is not durable.
        careless = [line for line in lines if "\tfsync\t" not in line and "\tsyncfs\t" not in line]
        if not play(careless, root):
            found.append(f"night {night}: the judge of durability finds nothing even in a run that never syncs")
    return found

"""Makes operation logs that look like real ones, the same for the same seed.

A workspace gets one log a day, every second one as a gzip archive. The lines have about 409 bytes and are in
time order; people work with one script for a while, change it, and make pauses. Half a per cent of the lines
repeat an earlier one of their day.
"""

import datetime
import gzip
import json
import multiprocessing
import pathlib
import random

FIRST_DAY = datetime.date(2025, 3, 1)
SCRIPTS = [
    "ai_desktop_multi_crop",
    "ai_assisted_reviewer",
    "character_sorter",
    "web_image_selector",
    "multi_crop_tool",
    "desktop_image_selector",
]
OPERATIONS = [
    ("crop", "{}/__cropped"),
    ("move", "{}/__selected"),
    ("move", "{}/__crop"),
    ("copy", "{}/__crop_auto"),
    ("stage_delete", "{}/__delete_staging"),
    ("send_to_trash", "trash"),
    ("delete", None),
    ("restore", "{}/restored"),
]
PROJECTS = ["mojo1", "mojo3", "mixed-0919"]
# A log's share of its day in seconds: a work session may go on over midnight, because the next log starts at 0.
DAY_END = 86_200
NOTE = "image-only count"


def day_lines(seed: int, index: int, count: int, start: float = 0, end: float = DAY_END) -> bytes:
    """`count` lines of day number `index`, between two seconds of that day."""
    chance = random.Random(f"{seed} {index} {start}")
    day = FIRST_DAY + datetime.timedelta(days=index)
    lines: list[str] = []
    moments = _moments(chance, count, start, end)
    script = SCRIPTS[0]
    for number, (microsecond, changes) in enumerate(moments):
        if changes:
            # The last stretch is of the same script as the next day's first one, so that it can go on.
            script = SCRIPTS[0] if changes == "last" else chance.choice(SCRIPTS)
        if number > 10 and chance.random() < 0.005:
            lines.append(lines[chance.randrange(number)])
        else:
            lines.append(_line(chance, day, microsecond, script, number))
    return ("\n".join(lines) + "\n").encode()


def _moments(chance: random.Random, count: int, start: float, end: float) -> list[tuple[int, str]]:
    """Ascending microseconds of the day, no two the same, and whether another script starts there."""
    stretch = max(10, count // 76)
    step = 52_000 / max(count, 1)
    steps, changes, left = [], [], stretch
    for number in range(count):
        left -= 1
        if left <= 0:
            left = chance.randrange(stretch // 2, stretch + stretch // 2 + 1)
            changes.append("last" if count - number < stretch * 2 else "next")
            if changes[-1] == "last":
                left = count
            steps.append(chance.uniform(300, 1800) if chance.random() < 0.5 else step)
        else:
            changes.append("")
            steps.append(chance.uniform(40, 250) if chance.random() < 0.001 else chance.random() * 2 * step)
    scale = (end - start) / max(sum(steps), 1e-9)
    moments, position, before = [], start, -1
    for length, change in zip(steps, changes):
        position += length * scale
        before = max(before + 1, int(position * 1e6))
        moments.append((before, change))
    return moments


def _line(chance: random.Random, day: datetime.date, microsecond: int, script: str, number: int) -> str:
    seconds, fraction = divmod(microsecond, 1_000_000)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    stamp = f"{day:%Y%m%d}_{hour:02}{minute:02}{second:02}"
    batch = f'"batch_{number // 50}"' if number % 150 < 100 else "null"
    zone = "Z" if chance.random() < 0.1 else "+00:00"
    head = (
        f'"script": "{script}", "session_id": "{day:%Y%m%d}_{hour:02}0000", "batch_id": {batch}, '
        f'"timestamp": "{day}T{hour:02}:{minute:02}:{second:02}.{fraction:06}{zone}"'
    )
    kind = chance.randrange(400)
    if kind == 0:
        return f'{{"type": "session_start", {head}, "working_dir": "{PROJECTS[number % 3]}"}}'
    if kind == 1:
        return f'{{"type": "batch_start", {head}, "batch_name": "group {number}", "description": "café shots"}}'
    if kind == 2:
        return (
            f'{{"type": "user_action", {head}, "action": "undo", "details": {{"index": {number}, "zoom": 1.5}}}}'
        )
    project = PROJECTS[chance.randrange(3)]
    operation, destination = OPERATIONS[chance.randrange(8)]
    target = "null" if destination is None else f'"{destination.format(project)}"'
    images = "null" if kind == 3 else "1"
    actor = ', "actor": "machine"' if kind < 8 else ""
    stem = f"{stamp}_stage{chance.randrange(3) + 1}_generated"
    caption = f', "{stem}.caption"' if number % 8 == 0 else ""
    return (
        f'{{"type": "file_operation", {head}, "operation": "{operation}", '
        f'"source_dir": "{project}/faces/character_group_{chance.randrange(40)}", "dest_dir": {target}, '
        f'"file_count": {images}, "notes": "{NOTE}", '
        f'"files": ["{stem}.png", "{stem}.yaml"{caption}]{actor}}}'
    )


def _write_day(task: tuple[pathlib.Path, int, int, int]) -> int:
    workspace, seed, index, count = task
    text = day_lines(seed, index, count)
    path = log_path(workspace, index)
    if index % 2 == 0:
        path = workspace / "data/log_archives" / (path.name + ".gz")
        # Without a time inside, so that equal logs are equal archives.
        text_size, text = len(text), gzip.compress(text, 6, mtime=0)
        path.write_bytes(text)
        return text_size
    path.write_bytes(text)
    return len(text)


def log_path(workspace: pathlib.Path, index: int) -> pathlib.Path:
    """Where the plain log of a day lies."""
    day = FIRST_DAY + datetime.timedelta(days=index)
    return workspace / f"data/file_operations_logs/file_operations_{day:%Y%m%d}.log"


def make_workspace(workspace: pathlib.Path, days: int, lines_per_day: int, seed: int = 1) -> int:
    """Makes a workspace with logs and project manifests; returns the size of the logs in bytes, uncompressed."""
    for folder in ["configs", "pipelines", "data/file_operations_logs", "data/log_archives", "data/projects"]:
        (workspace / folder).mkdir(parents=True, exist_ok=True)
    (workspace / "configs/darkroom.json").write_text("{}\n")
    # The third name has no manifest: its events belong to no project.
    for project in PROJECTS[:2]:
        manifest = {"schema": "project_v1", "id": project, "root": project}
        (workspace / f"data/projects/{project}.project.json").write_text(json.dumps(manifest))
    tasks = [(workspace, seed, index, lines_per_day) for index in range(days)]
    with multiprocessing.Pool() as pool:
        return sum(pool.imap_unordered(_write_day, tasks))


class NightlyGrowth:
    """New lines as they come in a working day: the latest log gets some, and a new day's log begins."""

    def __init__(self, workspace: pathlib.Path, days: int, lines: int, seed: int = 2):
        self._workspace, self._lines, self._seed = workspace, lines, seed
        self._latest, self._is_half = days - 1, False

    def grow(self) -> None:
        """Adds the lines of one night, half to the latest log and half to a new one."""
        half = self._lines // 2
        begin, end = (43_200, DAY_END) if self._is_half else (DAY_END, DAY_END + 150)
        with open(log_path(self._workspace, self._latest), "ab") as log:
            log.write(day_lines(self._seed, self._latest, self._lines - half, begin, end))
        self._latest, self._is_half = self._latest + 1, True
        text = day_lines(self._seed, self._latest, half, 0, 43_200)
        log_path(self._workspace, self._latest).write_bytes(text)

"""A small workspace for the crash sweep: two nights of operation logs and a pipeline with every kind of stage.

Everything is generated, from no random source, so that a fault point means the same operation on every machine."""

import gzip
import json
import os
import shutil

PIPELINE = "nightly"
UNITS = [f"batch{number:02d}" for number in range(10)]
SCRIPTS = ["multi_crop_tool", "web_image_selector", "face_grouper"]
OPERATIONS = ["crop", "move", "copy", "stage_delete", "send_to_trash"]

# What the two runs of a night must agree on byte for byte, and what no run may touch.
RESULTS = ["data/snapshot/current", "data/dashboard/dashboard.json", "reports"]
INPUTS = ["data/file_operations_logs", "data/log_archives", "data/projects", "pipelines", "configs", "batches"]


def record(day, number, **changes):
    """One `file_operation` line; about a minute after the one before, with a longer gap now and then."""
    minute = number + (number // 7) * 6
    line = {
        "type": "file_operation",
        "script": SCRIPTS[number % 3],
        "session_id": f"{day}_{number // 7}",
        "batch_id": None,
        "timestamp": f"{day}T{8 + minute // 60:02d}:{minute % 60:02d}:{number % 60:02d}.{number:06d}+00:00",
        "operation": OPERATIONS[number % 5],
        "source_dir": f"mojo3/character_{number % 4:02d}",
        "dest_dir": ["__cropped", "__selected", "__crop", "__delete_staging"][number % 4],
        "file_count": 1 + number % 3,
        "notes": None if number % 2 else "image-only count",
        "files": [f"20250701_{number:06d}_stage2_upscaled.png"],
    }
    line.update(changes)
    return json.dumps(line).encode()


def night(number):
    """The lines that the active log gets on one night, with every kind of line that is not accepted."""
    days = ["2025-09-03", "2025-09-04"] if number == 1 else ["2025-09-04", "2025-09-05"]
    lines = [record(days[0], index + 40 * (number - 1)) for index in range(25)]
    lines += [record(days[1], index) for index in range(20)]
    lines.insert(5, b'{"type": "file_operation", "script": "torn')
    lines.insert(9, b"")
    lines.insert(11, b'{"type": "file_operation", "note": "\xff\xfe"}')
    lines.insert(13, record(days[0], 3, timestamp="yesterday"))
    lines.insert(15, json.dumps({"type": "weather", "timestamp": f"{days[0]}T10:00:00Z"}).encode())
    lines.append(lines[2])
    lines.append(json.dumps({"type": "session_start", "script": SCRIPTS[0], "session_id": days[1],
                             "timestamp": f"{days[1]}T07:00:00Z", "working_dir": "mojo3"}).encode())
    return b"\n".join(lines) + b"\n"


def older(day, copied_from):
    lines = [record(day, index) for index in range(30)]
    lines += [record(copied_from, index) for index in range(4)]  # The same events as in another log.
    return b"\n".join(lines) + b"\n"


def write(root, path, content):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def pipeline(repository):
    """The pipeline that people run at night, with command stages around it."""
    with open(os.path.join(repository, "pipelines", f"{PIPELINE}.json"), encoding="utf-8") as file:
        text = json.load(file)
    text["stages"]["batches"] = {
        "uses": "command",
        "foreach": {"values": UNITS},
        "inputs": ["batches/${unit}.txt"],
        "outputs": ["reports/batches/${unit}.txt"],
        "with": {"run": ["/bin/sh", "-c",
                         "read -r line < batches/${unit}.txt; echo \"${unit}: $line\""
                         " > \"$DARKROOM_STAGING/reports/batches/${unit}.txt\""]},
    }
    text["stages"]["manifest"] = {
        "uses": "command",
        "needs": ["snapshot", "batches"],
        "inputs": ["data/snapshot/current/manifest.json"],
        "outputs": ["reports/manifest.json", "reports/deep/er/two"],
        "with": {"run": ["/bin/sh", "-c",
                         "cd \"$DARKROOM_STAGING/reports\" && mkdir -p deep/er &&"
                         " cat \"$DARKROOM_WORKSPACE/data/snapshot/current/manifest.json\" > manifest.json &&"
                         " echo two > deep/er/two"]},
    }
    return json.dumps(text, indent=2) + "\n"


def make(root, repository):
    """The workspace before its first night."""
    write(root, "configs/darkroom.json", "{}\n")
    write(root, f"pipelines/{PIPELINE}.json", pipeline(repository))
    write(root, "data/projects/mojo3.project.json", '{"schema":"project_v1","id":"mojo3","root":"mojo3"}\n')
    logs = "data/file_operations_logs"
    write(root, f"{logs}/file_operations.log", night(1))
    write(root, f"{logs}/file_operations_20250902.log", older("2025-09-02", "2025-09-01"))
    write(root, f"{logs}/file_operations_20250901.log", older("2025-09-01", "2025-08-31"))
    archive = gzip.compress(older("2025-08-31", "2025-09-01"), mtime=0)
    write(root, "data/log_archives/file_operations_20250831.log.gz", archive)
    for number, unit in enumerate(UNITS):
        write(root, f"batches/{unit}.txt", f"{number} images\n")


def second_night(root):
    """What a day's work adds: lines at the end of the active log, a new log, and some changed inputs."""
    logs = os.path.join(root, "data/file_operations_logs")
    with open(os.path.join(logs, "file_operations.log"), "ab") as file:
        file.write(night(2))
    write(logs, "file_operations_20250906.log", older("2025-09-06", "2025-09-05"))
    for unit in UNITS[::4]:
        write(root, f"batches/{unit}.txt", "more images\n")


def copy(source, target):
    """A copy with times and hard links; `cp` keeps both."""
    shutil.rmtree(target, ignore_errors=True)
    os.spawnlp(os.P_WAIT, "cp", "cp", "-a", source, target)

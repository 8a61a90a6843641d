"""Reads what Darkroom and DuckDB made of the same logs, in one form, so that it can be compared."""

import datetime
import json
import pathlib
from collections import Counter

from .measure import MeasurementError

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def microseconds(text: str) -> int:
    """The instant of a UTC timestamp, in microseconds since 1970."""
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(microseconds=1)


def _lines(path: pathlib.Path) -> list[dict]:
    with open(path, "rb") as file:
        return [json.loads(line) for line in file]


def of_darkroom(workspace: pathlib.Path) -> dict[str, dict]:
    """Bins, sessions and daily figures of a workspace in which the pipeline of `extraction` ran."""
    artifacts = workspace / "data/state/artifacts"
    bins, daily, records, types = {}, {}, {}, Counter()
    for path in artifacts.glob("aggregate/*/*/time_bins_v1/*/bins.jsonl"):
        for row in _lines(path):
            key = ("bin_start_utc", "project_id", "script_id", "operation", "destination")
            name = (microseconds(row[key[0]]), *(row[part] for part in key[1:]))
            bins[name] = (row["events"], row["files"], round(row["work_seconds"] * 1e6))
    for path in artifacts.glob("aggregate/*/*/daily_aggregate_v1/*/aggregate.json"):
        figures = json.loads(path.read_bytes())
        day = microseconds(figures["day"] + "T00:00:00Z") // 86_400_000_000
        for script, own in figures["by_script"].items():
            for operation, tally in own["operations"].items():
                sums = (tally["events"], tally["files"], round(tally["work_seconds"] * 1e6))
                daily[day, script, operation] = sums
            times = (own["first_op_ts"], own["last_op_ts"])
            records[day, script] = (own["event_count"], *(t and microseconds(t) for t in times))
        types.update({(day, name): count for name, count in figures["by_type"].items()})
    sessions = {}
    for path in artifacts.glob("sessions/*/*/derived_sessions_v1/sessions.jsonl"):
        for row in _lines(path):
            sessions[row["script_id"], microseconds(row["start_ts_utc"])] = (
                microseconds(row["end_ts_utc"]),
                row["event_count"],
                row["files_processed"],
                round(row["active_seconds"] * 1e6),
            )
    return {"bins": bins, "daily": daily, "records": records, "types": dict(types), "sessions": sessions}


def of_duckdb(output: pathlib.Path) -> dict[str, dict]:
    """The same of what `duckdb_logs.py` wrote."""
    bins = {}
    for row in _lines(output / "bins.jsonl"):
        name = (row["bin"], row["project"], row["script"], row["operation"], row["category"])
        bins[name] = (row["events"], row["files"], row["work"])
    daily: dict[tuple, tuple] = {}
    for row in _lines(output / "daily.jsonl"):
        key = (row["day"], row["script"], row["operation"])
        sums = (row["events"], row["files"], row["work"])
        daily[key] = tuple(a + b for a, b in zip(daily.get(key, (0, 0, 0)), sums))
    records: dict[tuple, tuple] = {}
    types: Counter = Counter()
    for row in _lines(output / "records.jsonl"):
        key = (row["day"], row["script"])
        count, first, last = records.get(key, (0, None, None))
        if row["type"] == "file_operation":
            first, last = row["first"], row["last"]
        records[key] = (count + row["records"], first, last)
        types[row["day"], row["type"]] += row["records"]
    sessions = {
        (row["script"], row["start"]): (row["end"], row["events"], row["files"], row["active"])
        for row in _lines(output / "sessions.jsonl")
    }
    return {"bins": bins, "daily": daily, "records": records, "types": dict(types), "sessions": sessions}


def require_equal(ours: dict[str, dict], theirs: dict[str, dict]) -> str:
    """Says in one line what was compared; raises when any figure differs."""
    for name, rows in ours.items():
        if rows == theirs[name] and rows:
            continue
        differing = [key for key in rows.keys() | theirs[name].keys() if rows.get(key) != theirs[name].get(key)]
        shown = [f"{key}: {rows.get(key)} and {theirs[name].get(key)}" for key in sorted(differing)[:3]]
        raise MeasurementError(f"{name}: {len(differing)} of {len(rows)} differ: " + "; ".join(shown))
    events = sum(ours["types"].values())
    return f"{events:,} events, " + ", ".join(f"{len(ours[name]):,} {name}" for name in ("bins", "sessions"))


def events_by_day_of_darkroom(workspace: pathlib.Path) -> dict[str, int]:
    """How many different events the published files of each day have."""
    return _count(workspace.glob("data/state/artifacts/merge/*/*/operation_events_v2/*/*.jsonl"))


def events_by_day_of_duckdb(output: pathlib.Path) -> dict[str, int]:
    """The same of what `duckdb_logs.py … jsonl` wrote."""
    return _count(output.glob("events/*/*.json"))


def _count(paths) -> dict[str, int]:
    counts: Counter = Counter()
    for path in paths:
        with open(path, "rb") as file:
            # An event's id is the first member of both forms.
            counts[path.parent.name] += len({line[13:50] for line in file})
    return dict(counts)

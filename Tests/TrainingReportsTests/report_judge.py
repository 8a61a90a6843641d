"""Computes a training report from a dataset's files with the libraries of others, and compares it with ours.

Usage: report_judge.py DATASET REPORT
Prints each difference; the exit status is 1 when there is one.
"""

import datetime
import json
import pathlib
import statistics
import sys

from scipy.stats import binomtest
from statsmodels.stats.proportion import confint_proportions_2indep

Z_LEVEL = 0.95


def proportion(hits):
    hits = list(hits)
    count, n = sum(hits), len(hits)
    if n == 0:
        return {"count": 0, "n": 0, "share": None, "low": None, "high": None}
    interval = binomtest(count, n).proportion_ci(Z_LEVEL, method="wilson")
    return {"count": count, "n": n, "share": count / n, "low": interval.low, "high": interval.high}


def difference(first, second):
    few = min(len(first), len(second)) < 30
    low = high = value = None
    if not few:
        low, high = confint_proportions_2indep(
            sum(first), len(first), sum(second), len(second), compare="diff", method="newcomb", alpha=0.05)
        value = sum(first) / len(first) - sum(second) / len(second)
    return {"difference": value, "low": low, "high": high, "minimum": 30, "too_few": few}


def median(numbers):
    return {"n": len(numbers), "median_seconds": statistics.median(numbers) if numbers else None}


def calibration(rows):
    """Bins whose ends are at the tenths of the sorted answers, moved up over equal confidences."""
    rows = [r for r in rows if r["user_selected_index"] is not None]
    known = sorted((r["ai_confidence"], r["selection_match"]) for r in rows if r["ai_confidence"] is not None)
    bins, start = [], 0
    for tenth in range(1, 11):
        end = len(known) * tenth // 10
        if end <= start:
            continue
        while end < len(known) and known[end][0] == known[end - 1][0]:
            end += 1
        bins.append(known[start:end])
        start = end
    means = [statistics.fmean(c for c, _ in b) for b in bins]
    shares = [proportion(hit for _, hit in b) for b in bins]
    error = sum(len(b) / len(known) * abs(m - s["share"]) for b, m, s in zip(bins, means, shares)) if known else None
    return {
        "n": len(known), "without_confidence": len(rows) - len(known), "expected_error": error,
        "bins": [{"mean_confidence": m, "agreement": s} for m, s in zip(means, shares)],
    }


def key(row):
    return (row["recommender"], row["recommender_version"], row["model_digest"])


def second(row):
    return datetime.datetime.fromisoformat(row["decided_at"][:19])


def week(row):
    year, number, _ = second(row).isocalendar()
    return f"{year:04}-W{number:02}"


def recommender(name, selections, crops):
    mine = [r for r in selections if r["ai_selected_index"] is not None and key(r) == name]
    drawn = [r for r in crops if r["ai_crop_coords"] is not None and key(r) == name]
    days = sorted(r["decided_at"][:10] for r in mine)

    def hits(rows):
        return [r["selection_match"] for r in rows]

    def seen(exposure):
        return hits(r for r in mine if r["exposure"] == exposure)

    weeks = {}
    for row in mine:
        weeks.setdefault(week(row), []).append(row["selection_match"])
    overlaps = [r["iou"] for r in drawn if r["iou"] is not None and r["crop_match"] is not None]
    luck = [1 / len(r["images"]) if r["user_selected_index"] is not None else 0 for r in mine]
    ours = [r for r in mine if r["schema_version"] == 4]
    abstention = []
    if ours:
        starts = {}
        for row in selections:
            if row["ai_selected_index"] is not None and row["schema_version"] == 4:
                starts[key(row)] = min(starts.get(key(row), second(row)), second(row))
        text = lambda k: [part or "" for part in k]
        order = sorted(starts, key=lambda k: (starts[k], text(k)))
        place = order.index(name)
        end = starts[order[place + 1]] if place + 1 < len(order) else datetime.datetime.max
        for row in selections:
            if row["schema_version"] == 4 and starts[name] <= second(row) < end:
                if row["ai_selected_index"] is None:
                    abstention.append(True)
                elif key(row) == name:
                    abstention.append(False)
    return {
        "recommender": name[0], "version": name[1], "model_digest": name[2], "decisions": len(mine),
        "first_day": days[0] if days else None, "last_day": days[-1] if days else None,
        "selection": {
            "all": proportion(hits(mine)), "shown": proportion(seen("shown")), "blind": proportion(seen("blind")),
            "unknown": proportion(seen("unknown")),
            "choices": proportion(hits(r for r in mine if len(r["images"]) > 1)),
            "chance": statistics.fmean(luck) if luck else None,
            "shown_less_blind": difference(seen("shown"), seen("blind")),
        },
        "crops": {
            "iou": {
                "n": len(overlaps), "mean": statistics.fmean(overlaps) if overlaps else None,
                "median": statistics.median(overlaps) if overlaps else None,
                "at_least_0_5": proportion(o >= 0.5 for o in overlaps),
                "at_least_0_9": proportion(o >= 0.9 for o in overlaps),
            },
            "match": proportion(r["crop_match"] for r in drawn if r["crop_match"] is not None),
            "accepted": proportion(r["ai_crop_accepted"] for r in drawn if r["ai_crop_accepted"] is not None),
        },
        "weeks": [
            {"week": w, "first_day": str(datetime.datetime.strptime(w + "-1", "%G-W%V-%u").date()),
             "agreement": proportion(weeks[w])}
            for w in sorted(weeks)
        ],
        "calibration": calibration(mine), "abstention": proportion(abstention),
        "latency": {
            e: median([r["latency_seconds"] for r in mine if r["exposure"] == e and r["latency_seconds"] is not None])
            for e in ("shown", "blind")
        },
    }


def report(selections, crops):
    names = {key(r) for r in selections if r["ai_selected_index"] is not None}
    names |= {key(r) for r in crops if r["ai_crop_coords"] is not None}
    parts = [recommender(name, selections, crops) for name in names]
    text = lambda p: [p["recommender"] or "", p["version"] or "", p["model_digest"] or ""]
    parts.sort(key=text)
    parts.sort(key=lambda p: p["last_day"] or "", reverse=True)
    days = sorted(r["decided_at"][:10] for r in selections)
    exposures = ("shown", "blind", "none", "unknown")
    return {
        "decisions": {
            "n": len(selections), "first_day": days[0] if days else None, "last_day": days[-1] if days else None,
            "by_exposure": {e: sum(r["exposure"] == e for r in selections) for e in exposures},
            "by_action": {a: sum(r["action"] == a for r in selections) for a in ("approve", "crop", "reject")},
            "crops": len(crops), "crops_with_recommendation": sum(r["ai_crop_coords"] is not None for r in crops),
            "latency": {
                e: median([r["latency_seconds"] for r in selections
                           if r["exposure"] == e and r["latency_seconds"] is not None]) for e in exposures},
        },
        "recommenders": parts,
    }


def compare(ours, theirs, place, problems):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if ours.keys() != theirs.keys():
            problems.append(f"{place}: members {sorted(ours)} and {sorted(theirs)}")
        for name in ours.keys() & theirs.keys():
            compare(ours[name], theirs[name], f"{place}/{name}", problems)
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(ours) != len(theirs):
            problems.append(f"{place}: {len(ours)} and {len(theirs)} items")
        for index, pair in enumerate(zip(ours, theirs)):
            compare(*pair, f"{place}/{index}", problems)
    elif isinstance(theirs, float) or isinstance(ours, float):
        if ours is None or theirs is None or abs(ours - theirs) > 1e-9:
            problems.append(f"{place}: {ours} and {theirs}")
    elif ours != theirs:
        problems.append(f"{place}: {ours!r} and {theirs!r}")


def main():
    folder = pathlib.Path(sys.argv[1])
    tables = [
        [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
        for name in ("selections.jsonl", "crops.jsonl")
    ]
    ours = json.loads(pathlib.Path(sys.argv[2]).read_text("utf-8"))
    for name in ("schema", "project", "dataset"):
        ours.pop(name)
    problems = []
    compare(ours, report(*tables), "", problems)
    print("\n".join(problems[:20]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

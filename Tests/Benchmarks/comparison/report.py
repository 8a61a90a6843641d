"""The table of results, as text for the terminal and for the documentation."""

import dataclasses
import json
import pathlib

from .measure import Figures


@dataclasses.dataclass(frozen=True)
class Row:
    """One comparison: the work, our figures, the peer's where there is one, and the goal in words."""

    work: str
    ours: Figures
    peer: str = ""
    theirs: Figures | None = None
    goal: str = ""
    # What to say instead of the ratio of the wall times.
    verdict: str = ""


HEAD = ["work", "darkroom", "CPU", "peak", "peer", "time", "CPU", "peak", "ratio", "CPU ratio", "runs", "goal"]


def seconds(value: float) -> str:
    """Three digits, in the unit that fits."""
    if value < 0.1:
        return f"{value * 1e3:.1f} ms"
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.2f} s"


def _cells(row: Row) -> list[str]:
    def of(figures: Figures | None) -> list[str]:
        if figures is None:
            return ["", "", ""]
        return [seconds(figures.wall), seconds(figures.processor), f"{figures.peak / 1e6:.0f} MB"]

    ratio, processor = row.verdict, ""
    if row.theirs and not ratio:
        ratio = f"{row.ours.wall / row.theirs.wall:.2f} ×"
        processor = f"{row.ours.processor / row.theirs.processor:.2f} ×"
    return [row.work, *of(row.ours), row.peer, *of(row.theirs), ratio, processor, str(row.ours.runs), row.goal]


def markdown(rows: list[Row]) -> str:
    """A table that is readable as it is and as Markdown."""
    table = [HEAD, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEAD))]
    texts = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in table]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(texts)


def save(rows: list[Row], path: pathlib.Path) -> None:
    """All figures as JSON, with the spread."""
    path.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=2) + "\n")

#!/usr/bin/env python3
"""Measures Darkroom side by side with other programs; `scripts/bench` prepares everything and calls this."""

import argparse
import os
import pathlib
import platform
import shutil
import sys

from comparison.catalogs import Catalog
from comparison.exports import Export
from comparison.extraction import Extraction
from comparison.graphs import CommandGraph
from comparison.images import ImageWork
from comparison.joins import Join
from comparison.measure import Contestant, Launcher, MeasurementError
from comparison.report import Row, markdown, save

IMAGE_CASES = ["crop-png", "crop-jpeg", "thumbnails"]
CASES = ["startup", "extract", "graph", "units", "overhead", "catalog", *IMAGE_CASES, "join", "export"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--darkroom", type=pathlib.Path, required=True, help="the program to measure")
    parser.add_argument("--unit-overhead", type=pathlib.Path, help="the program for units in the own process")
    parser.add_argument("--image-work", type=pathlib.Path, help="the program for crops and thumbnails")
    parser.add_argument("--join-work", type=pathlib.Path, help="the program for joins")
    parser.add_argument("--join-python", type=pathlib.Path, help="a Python with requirements-join.txt")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder for data, made when needed")
    parser.add_argument("--quick", action="store_true", help="small sizes and fewer runs, for a first look")
    parser.add_argument("--events", type=int, help="how many log lines (default: 1,000,000)")
    parser.add_argument("--stages", type=int, nargs="*", help="sizes of the graphs (default: 1000 10000)")
    parser.add_argument("--units", type=int, help="units of the one stage (default: 100,000)")
    parser.add_argument("--files", type=int, help="files of the catalog (default: 100,000)")
    parser.add_argument("--images", type=int, help="PNGs in a run; of JPEGs four times as many (default: 12)")
    parser.add_argument("--decisions", type=int, help="decisions that are joined (default: 1,000,000)")
    parser.add_argument("--exported-decisions", type=int, help="decisions whose rows are exported (default: 100,000)")
    parser.add_argument("--exported-images", type=int, help="images of 1 MB that are exported (default: 1,000)")
    parser.add_argument("--runs", type=int, help="runs that are counted (default: 5)")
    parser.add_argument("--only", nargs="+", choices=CASES, default=CASES, help="the cases to measure")
    options = parser.parse_args()
    options.runs = options.runs or (3 if options.quick else 5)
    options.events = options.events or (50_000 if options.quick else 1_000_000)
    options.units = options.units or (1000 if options.quick else 100_000)
    options.files = options.files or (2000 if options.quick else 100_000)
    options.images = options.images or (3 if options.quick else 12)
    options.decisions = options.decisions or (20_000 if options.quick else 1_000_000)
    options.exported_decisions = options.exported_decisions or (5000 if options.quick else 100_000)
    options.exported_images = options.exported_images or (100 if options.quick else 1000)
    if options.stages is None:
        options.stages = [200] if options.quick else [1000, 10_000]
    options.darkroom = options.darkroom.resolve()
    return options


def startup(launcher: Launcher, options: argparse.Namespace) -> list[Row]:
    """What it takes to start and say the version."""
    contestants = [
        Contestant("darkroom", [options.darkroom, "--version"], options.work),
        Contestant("ninja", ["ninja", "--version"], options.work),
    ]
    figures = launcher.compare(contestants, 31, warm_ups=3)
    return [Row("start-up (--version)", figures["darkroom"], "ninja", figures["ninja"])]


def unit_overhead(launcher: Launcher, options: argparse.Namespace) -> list[Row]:
    """Units that run in the engine's own process and make nothing, or one small file each."""
    rows = []
    count = options.units
    for kind, what in [("empty", "without outputs"), ("file", "with a file of 16 bytes each")]:
        workspace = options.work / f"overhead-{kind}"
        command = [options.unit_overhead.resolve(), kind, str(count), workspace]

        def clean(workspace: pathlib.Path = workspace) -> None:
            shutil.rmtree(workspace, ignore_errors=True)

        # The first one takes as long as the others: nothing has to warm up in so many units.
        cold = launcher.compare([Contestant("cold", command, options.work, clean)], min(options.runs, 3), 0)["cold"]
        idle = launcher.compare([Contestant("idle", command, options.work)], options.runs)["idle"]
        each = f"{cold.wall / count * 1e3:.3f} ms a unit"
        rows.append(Row(f"{count:,} units in process, {what}", cold, goal="≤ 0.1 ms", verdict=each))
        rows.append(Row(f"no-op of the same, {what}", idle, goal="≤ 1 s, ≤ 100 MB"))
        clean()
    return rows


def measure(options: argparse.Namespace) -> list[Row]:
    """All cases that were asked for."""
    launcher = Launcher(options.work)
    rows: list[Row] = []

    def begin(title: str) -> None:
        print(f"{title} …", flush=True)

    if "startup" in options.only:
        begin("start-up")
        rows += startup(launcher, options)
    if "extract" in options.only:
        begin(f"extraction of {options.events:,} lines")
        rows += Extraction(launcher, options.darkroom, options.work, options.events, options.runs).compare()
    for size in options.stages if "graph" in options.only else []:
        begin(f"{size:,} stages")
        cold_runs = options.runs if size <= 1000 else min(options.runs, 3)
        rows += CommandGraph(launcher, options.darkroom, options.work, size, options.runs, cold_runs).compare()
    if "units" in options.only:
        begin(f"{options.units:,} units of one stage")
        graph = CommandGraph(launcher, options.darkroom, options.work, options.units, options.runs, 1, True)
        rows += graph.compare()
    if "overhead" in options.only and options.unit_overhead:
        begin(f"{options.units:,} units in process")
        rows += unit_overhead(launcher, options)
    if "catalog" in options.only:
        begin(f"catalog of {options.files:,} files")
        rows += Catalog(launcher, options.darkroom, options.work, options.files, options.runs).compare()
    image_cases = [case for case in IMAGE_CASES if case in options.only]
    if image_cases and options.image_work:
        begin(f"images: {', '.join(image_cases)}")
        work = ImageWork(launcher, options.image_work, options.work, options.images, options.runs)
        rows += work.compare(image_cases)
    if "join" in options.only and options.join_work and options.join_python:
        begin(f"join of {options.decisions:,} decisions")
        rows += Join(
            launcher, options.join_work, options.join_python, options.work, options.decisions, options.runs).compare()
    if "export" in options.only and options.join_python:
        begin(f"export of {options.exported_decisions:,} decisions and {options.exported_images:,} images")
        rows += Export(
            launcher, options.darkroom, options.join_python, options.work, options.exported_decisions,
            options.exported_images, options.runs).compare()
    return rows


def main() -> int:
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    options.work = options.work.resolve()
    before = os.getloadavg()[0]
    try:
        rows = measure(options)
    except MeasurementError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    save(rows, options.work / "results.json")
    print(f"\n{platform.system()} {platform.machine()}, {os.cpu_count()} processors; load before {before:.1f}, "
          f"after {os.getloadavg()[0]:.1f}. Medians; ratios below 1 mean that Darkroom is faster.\n")
    print(markdown(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())

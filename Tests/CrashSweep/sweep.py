#!/usr/bin/env python3
"""The crash sweep: a fault at every durable operation of a nightly run, then the same command once more.

Each point takes a fresh copy of a small workspace, runs the pipeline with one fault, and gives the identical command
again without any repair. The second run has to end well, with the bytes of an undisturbed run, and without repeating
a unit that was committed. See scripts/crash-sweep --help."""

import argparse
import collections
import concurrent.futures
import os
import random
import shutil
import sys
import time

import durability
import environments
import faulted
import histories
import image_laboratory
import images
import training_laboratory

KILLING = ["kill", "kill-after", "torn"]
FAILING = ["enospc", "eio", "enospc-once", "eio-once"]
# A kill, after which people take everything back: on images only.
UNDOING = ["kill-undo"]
TIMED = ["kill-random", "group-random", "term-random", "int-random"]
# The last operation of an undisturbed first run that still makes the state database, with a margin.
MAKING_THE_STATE = 30
MODES = KILLING + FAILING + ["short"] + UNDOING + TIMED


def eligible(mode, name, night):
    """Whether a fault of this mode changes anything at an operation of this name."""
    if mode in UNDOING and night == images.ACCEPTING:
        return False
    writes = name in ("write", "pwrite", "writev", "copy")
    if mode in ("torn", "short"):
        return writes
    if mode.startswith("enospc"):
        return name not in ("open", "truncate", "unlink", "rmdir", "writeback")
    return True


def all_points(laboratory, modes):
    for night in sorted(laboratory.operations):
        for mode in modes:
            if mode in TIMED:
                continue
            for number, name in laboratory.operations[night]:
                if eligible(mode, name, night):
                    yield faulted.Point(night, mode, at=number)


def random_points(laboratory, modes, count, generator):
    timed = [mode for mode in modes if mode in TIMED]
    nights = sorted(laboratory.operations)
    for index in range(count if timed else 0):
        night = nights[index % len(nights)]
        length = laboratory.seconds[night]
        yield faulted.Point(
            night, timed[index // len(nights) % len(timed)], after=round(generator.uniform(0.02, 0.8) * length, 4),
            jobs=generator.choice([1, 2, 8]))


def sample(points, count, generator, making=MAKING_THE_STATE):
    """`count` of the points, the same share of every mode and night, at other numbers of jobs, too."""
    # The making of the state database is a few operations of thousands, and the worst place to die: all of them.
    chosen = [point for point in points if point.night == 1 and point.mode == "kill" and point.at <= making][:count]
    count -= len(chosen)
    groups = collections.defaultdict(list)
    for point in points:
        groups[(point.mode, point.night)].append(point)
    for index, key in enumerate(sorted(groups)):
        share = count // len(groups) + (1 if index < count % len(groups) else 0)
        for point in sorted(generator.sample(groups[key], min(share, len(groups[key])))):
            chosen.append(point._replace(jobs=generator.choice([1, 1, 2, 8])))
    return chosen


def options():
    parser = argparse.ArgumentParser(prog="crash-sweep", description=__doc__)
    parser.add_argument("--darkroom", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--shim", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--repository", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--points", type=int, default=300, metavar="N", help="how many fault points (default 300)")
    parser.add_argument("--all", action="store_true", help="every operation in every mode; takes hours")
    parser.add_argument("--random", type=int, default=40, metavar="N",
                        help="how many kills and stops at random times (default 40)")
    parser.add_argument("--modes", default=",".join(MODES), help=f"some of {','.join(MODES)}")
    parser.add_argument("--images", action="store_true",
                        help="nights with images in place of nights with logs: decisions, crops, Trash, undo;"
                        " after them, as a third night, `audit --accept` and `--accept-loss`")
    parser.add_argument("--training", action="store_true",
                        help="nights of training in place of nights with logs: join, report, check, gate, fit, export;"
                        " without --all, not at the operations on the state database")
    parser.add_argument("--histories", type=int, default=0, metavar="N",
                        help="in place of points: N random histories of decisions, killed nights and undos, each of a"
                             " random project of --size images")
    parser.add_argument("--size", type=int, default=2000, metavar="M", help="images of a history (default 2000)")
    parser.add_argument("--environments", action="store_true",
                        help="also: full disk, read-only workspace, two runs at once, clock going backwards")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--point", action="append", default=[], metavar="POINT",
                        help="only this point, as printed with a difference (repeat)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--work", help="where the workspaces go (default: /dev/shm, or the temporary folder)")
    parser.add_argument("--keep", action="store_true", help="keep the workspaces of points with differences")
    return parser.parse_args()


def scratch(given):
    parent = given or ("/dev/shm" if os.access("/dev/shm", os.W_OK) else os.environ.get("TMPDIR", "/tmp"))
    path = os.path.join(os.path.realpath(parent), f"crash-sweep-{os.getpid()}")
    os.makedirs(path)
    return path


def chosen_points(chosen, laboratory):
    generator = random.Random(chosen.seed)
    modes = [mode for mode in chosen.modes.split(",") if chosen.images or mode not in UNDOING]
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown:
        sys.exit(f"crash-sweep: there is no mode {unknown[0]}; choose from {','.join(MODES)}")
    if chosen.point:
        return [faulted.Point.parse(text) for text in chosen.point]
    points = list(all_points(laboratory, modes))
    if not chosen.all:
        # A night of training finds the state database made.
        points = sample(points, chosen.points, generator, making=0 if chosen.training else MAKING_THE_STATE)
    points += random_points(laboratory, modes, chosen.random, generator)
    generator.shuffle(points)
    return points


def kind_of_laboratory(chosen):
    if chosen.training:
        return training_laboratory.TrainingLaboratory
    return image_laboratory.ImageLaboratory if chosen.images else faulted.Laboratory


def report(results, seconds, kind):
    """The table by mode. Gives the number of points with differences.

    `kind` is the option that chose the nights, for the command that repeats a point."""
    table = collections.defaultdict(collections.Counter)
    for result in results:
        row = table[result.point.mode]
        row["points"] += 1
        row["hit"] += result.hit
        row["differences"] += bool(result.problems)
        row["unreferenced"] += result.unreferenced
    print(f"{'mode':<14}{'points':>8}{'faulted':>9}{'differ':>8}{'for gc':>8}")
    for mode in [mode for mode in MODES if mode in table]:
        row = table[mode]
        print(f"{mode:<14}{row['points']:>8}{row['hit']:>9}{row['differences']:>8}{row['unreferenced']:>8}")
    bad = [result for result in results if result.problems]
    print(f"{len(results)} points, {len(bad)} with differences, {seconds:.0f} s")
    for result in bad[:20]:
        print(f"\nscripts/crash-sweep{kind} --keep --point {result.point}   # {result.place}")
        for problem in result.problems[:8]:
            print("  " + problem)
    return len(bad)


def main():
    chosen = options()
    started = time.monotonic()
    work = scratch(chosen.work)
    bad = 0
    try:
        if chosen.histories:
            bad = histories.run(chosen, work)
            sys.exit(1 if bad else 0)
        is_of_logs = not (chosen.images or chosen.training)
        laboratory = kind_of_laboratory(chosen)(chosen, work)
        problems = laboratory.prepare()
        if is_of_logs:
            problems += durability.problems(laboratory)
        for problem in problems:
            print("undisturbed run: " + problem)
        bad += len(problems)
        if problems and not is_of_logs:
            sys.exit(1)  # There is nothing to compare with.
        if chosen.environments and is_of_logs:
            bad += environments.run(laboratory)
        points = chosen_points(chosen, laboratory)
        with concurrent.futures.ThreadPoolExecutor(chosen.processes) as pool:
            results = list(pool.map(laboratory.examine, range(len(points)), points))
        kind = " --training" if chosen.training else " --images" if chosen.images else ""
        bad += report(results, time.monotonic() - started, kind)
    finally:
        if chosen.keep and bad:
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

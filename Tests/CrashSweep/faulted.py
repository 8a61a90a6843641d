"""One fault point: a run with a fault, the same command again, and what must hold then."""

import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
from typing import NamedTuple, Optional

import checks
import workspace

STOPS = {"kill-random": signal.SIGKILL, "group-random": signal.SIGKILL,
         "term-random": signal.SIGTERM, "int-random": signal.SIGINT}
CRASHES = {signal.SIGILL, signal.SIGABRT, signal.SIGSEGV, signal.SIGTRAP, signal.SIGBUS, signal.SIGFPE}


class Point(NamedTuple):
    """Where a fault strikes: the night, the mode, and the operation's number or a time in seconds."""
    night: int
    mode: str
    at: int = 0
    after: float = 0.0
    jobs: int = 1

    def __str__(self):
        place = f"{self.after}s" if self.mode in STOPS else str(self.at)
        return f"{self.night}:{self.mode}:{place}:{self.jobs}"

    @staticmethod
    def parse(text):
        night, mode, place, jobs = text.split(":")
        if mode in STOPS:
            return Point(int(night), mode, after=float(place.rstrip("s")), jobs=int(jobs))
        return Point(int(night), mode, at=int(place), jobs=int(jobs))


class Result(NamedTuple):
    point: Point
    place: str
    hit: bool
    problems: list
    unreferenced: int


class Ended(NamedTuple):
    code: int
    output: str
    errors: str


class Laboratory:
    """The reference workspaces of both nights, and how to run the program in a copy."""

    def __init__(self, chosen, work):
        self.program = os.path.realpath(chosen.darkroom)
        self.shim = os.path.realpath(chosen.shim)
        self.repository = chosen.repository
        self.keep = chosen.keep
        self.work = work
        self.operations = {}
        self.seconds = {}
        self.references = {}
        self.lock = threading.Lock()

    def base(self, night):
        """The workspace as it is before a night's run."""
        return os.path.join(self.work, f"before{night}")

    def trace(self, night):
        return os.path.join(self.work, f"trace{night}")

    def command(self, root, jobs, night=1):
        """What is given in a night, and given again."""
        del night
        return [self.program, "run", workspace.PIPELINE, "--workspace", root, "--jobs", str(jobs)]

    def environment(self, root, **faults):
        variables = dict(os.environ, SWIFT_BACKTRACE="enable=no", LC_ALL="C")
        if faults:
            variables.update(LD_PRELOAD=self.shim, FAULT_ROOT=root)
            variables.update({f"FAULT_{name.upper()}": str(value) for name, value in faults.items()})
        return variables

    def run(self, root, jobs=1, night=1, **faults):
        done = subprocess.run(
            self.command(root, jobs, night), env=self.environment(root, **faults), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=120, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    def prepare(self):
        """Runs both nights undisturbed. Gives what is wrong with that already."""
        problems = []
        workspace.make(self.base(1), self.repository)
        for night in (1, 2):
            root = os.path.join(self.work, f"after{night}")
            workspace.copy(self.base(night), root)
            begin = time.monotonic()
            ended = self.run(root, trace=self.trace(night))
            self.seconds[night] = time.monotonic() - begin
            if ended.code != 0:
                problems.append(f"night {night} ended with {ended.code}: {ended.errors.strip()}")
                return problems
            self.references[night] = checks.Reference(root)
            state = checks.State(root, root + ".state")
            problems += checks.settled(root, self.references[night], state)
            state.close()
            with open(self.trace(night), encoding="utf-8") as file:
                self.operations[night] = [
                    (int(fields[0]), fields[1]) for fields in (line.split("\t") for line in file)]
            if night == 1:
                workspace.copy(root, self.base(2))
                workspace.second_night(self.base(2))
        self.operations = {night: sorted(found) for night, found in self.operations.items()}
        return problems

    def removals(self, night):
        """The numbers of the operations that remove artifacts: under their own name, or moved aside before."""
        with open(self.trace(night), encoding="utf-8") as file:
            operations = [line.split("\t") for line in file]
        return sorted(
            int(number) for number, name, _, path, _ in operations
            if name in ("unlink", "rmdir") and ("/data/state/artifacts/" in path or "/staging/superseded" in path))

    def place(self, point):
        """What the operation was in the undisturbed run, for people."""
        if point.mode in STOPS:
            return f"after {point.after} s of {self.seconds[point.night]:.2f} s"
        with open(self.trace(point.night), encoding="utf-8") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                if int(fields[0]) == point.at:
                    return f"{fields[1]} {fields[3].replace(os.path.join(self.work, f'after{point.night}') + '/', '')}"
        return "beyond the last operation"

    # MARK: One point

    def examine(self, index, point):
        root = os.path.join(self.work, f"point{index}")
        try:
            workspace.copy(self.base(point.night), root)
            hit, problems, unreferenced = self.strike(root, index, point)
        except Exception as error:  # A point that cannot be examined is a difference, not the end of the sweep.
            hit, problems, unreferenced = True, [f"the sweep itself failed: {error!r}"], 0
        if not (self.keep and problems):
            shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(root + ".state", ignore_errors=True)
        return Result(point, self.place(point) if problems else "", hit, problems, unreferenced)

    def strike(self, root, index, point):
        reference = self.references[point.night]
        first = self.stopped(root, point) if point.mode in STOPS else self.faulted(root, point)
        problems = self.first_run_problems(root, point, first)
        inputs = checks.difference(reference.inputs, checks.digests(root, workspace.INPUTS))
        problems += ["input touched by the faulted run: " + line for line in inputs]
        before = checks.State(root, root + ".state")
        second = self.run(root, point.jobs)
        if second.code != 0:
            problems.append(f"the next run ended with {second.code}: {second.errors.strip()[-600:]}")
        after = checks.State(root, root + ".state2")
        problems += checks.settled(root, reference, after)
        problems += checks.repeated(before, after)
        unreferenced = len(checks.unreferenced(root, after))
        runs = after.last_run()
        before.close()
        after.close()
        if index % 3 == 0 and not problems:
            problems += self.third_run_problems(root, point, runs)
        shutil.rmtree(root + ".state2", ignore_errors=True)
        hit = first.code != 0 or point.mode == "short"
        return hit, problems, unreferenced

    def faulted(self, root, point):
        mode = point.mode.removesuffix("-undo").removesuffix("-once")
        more = {"once": 1} if point.mode.endswith("-once") else {}
        return self.run(root, point.jobs, point.night, mode=mode, at=point.at, **more)

    def stopped(self, root, point):
        process = subprocess.Popen(
            self.command(root, point.jobs, point.night), env=self.environment(root), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
        try:
            output, errors = process.communicate(timeout=point.after)
            return Ended(process.returncode, output, errors)
        except subprocess.TimeoutExpired:
            pass
        if point.mode == "group-random":
            os.killpg(process.pid, STOPS[point.mode])
        else:
            process.send_signal(STOPS[point.mode])
        output, errors = process.communicate(timeout=60)
        return Ended(process.returncode, output, errors)

    def first_run_problems(self, root, point, ended):
        problems = []
        if ended.code < 0 and -ended.code in CRASHES:
            problems.append(f"the faulted run crashed: signal {-ended.code}: {ended.errors.strip()[-600:]}")
        if point.mode in ("term-random", "int-random"):
            wanted = {"term-random": (143, -signal.SIGTERM), "int-random": (130, -signal.SIGINT)}[point.mode]
            if ended.code not in (0, *wanted):
                problems.append(f"stopped by a signal, it ended with {ended.code}: {ended.errors.strip()[-300:]}")
        elif point.mode == "short" and ended.code != 0:
            problems.append(f"short writes ended it with {ended.code}: {ended.errors.strip()[-300:]}")
        elif point.mode.startswith(("enospc", "eio")) and ended.code > 0:
            if not re.search(r"error|warning|failed|cannot", ended.errors + ended.output):
                problems.append(f"it ended with {ended.code} and said nothing: {ended.output[-300:]!r}")
            # SQLite has one text for a journal that it cannot open, whatever the reason, and takes a database that it
            # cannot open for writing for one that is to be read.
            expected = "No space|full|free space" if point.mode.startswith("enospc") else \
                "Input/output|I/O|unable to open database file|opened for reading only"
            if not re.search(expected, ended.errors + ended.output):
                problems.append(f"its message does not name the reason: {(ended.errors + ended.output)[-3000:]!r}")
        elif point.mode.startswith(("enospc", "eio")) and ended.code < 0:
            problems.append(f"a failing disk ended it with signal {-ended.code}")
        if ended.code == 0:
            # A fault that hit nothing needed, or none: then its success has to be true.
            problems += ["it reported success, but: " + line for line in self.untrue_success(root, point)]
        return problems

    def untrue_success(self, root, point):
        state = checks.State(root, root + ".state2")
        found = checks.settled(root, self.references[point.night], state, staging_is_empty=False)
        state.close()
        return found

    def third_run_problems(self, root, point, runs):
        third = self.run(root, point.jobs)
        problems = []
        if third.code != 0:
            problems.append(f"the third run ended with {third.code}")
        state = checks.State(root, root + ".state2")
        executed = state.executed(state.last_run()) if state.last_run() > runs else set()
        state.close()
        problems += [f"the third run executed {stage}/{unit}" for stage, unit in sorted(executed)]
        return problems

"""Bad surroundings: a full disk, a read-only workspace, two runs at once, a clock that goes backwards.

Each case ends as a crash point does: when the surroundings are good again, the same command gives the bytes of an
undisturbed run. A case that this machine cannot make says so and is counted as skipped."""

import errno
import os
import shutil
import signal
import subprocess
import time

import checks
import workspace


class Skipped(Exception):
    """This machine cannot make the surroundings."""


def attempt(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"{command[0]} failed: {done.stderr.strip()}")


class Case:
    """A copy of the second night's workspace, and what is found wrong with it."""

    night = 2

    def __init__(self, laboratory, name):
        self.laboratory = laboratory
        self.name = name
        self.root = os.path.join(laboratory.work, name)
        self.problems = []

    def expect(self, holds, problem):
        if not holds:
            self.problems.append(problem)

    def expect_failure(self, ended, codes, words):
        """A run that could not do its work: the right code, and a message that says why."""
        said = ended.errors + ended.output
        self.expect(ended.code in codes, f"it ended with {ended.code}, not one of {codes}: {said.strip()[-400:]}")
        self.expect(any(word in said for word in words), f"its message has none of {words}: {said.strip()[-400:]!r}")

    def settle(self, root=None):
        """The same command in good surroundings."""
        root = root or self.root
        ended = self.laboratory.run(root)
        self.expect(ended.code == 0, f"afterwards it ended with {ended.code}: {ended.errors.strip()[-400:]}")
        state = checks.State(root, root + ".state")
        self.problems += checks.settled(root, self.laboratory.references[self.night], state)
        state.close()
        shutil.rmtree(root + ".state", ignore_errors=True)


def full_disk(case):
    """A small file system that a run fills up, at several sizes; then room is made."""
    if os.geteuid() != 0:
        raise Skipped("it mounts a small file system, which needs root")
    mount = case.root + ".disk"
    os.makedirs(mount)
    attempt("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", mount)
    try:
        for free_kib in (0, 40, 120, 260, 420):
            root = os.path.join(mount, "workspace")
            workspace.copy(case.laboratory.base(case.night), root)
            filler = os.path.join(mount, "filler")
            with open(filler, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"\0" * 4096)
                except OSError:
                    pass
            space = os.path.getsize(filler) // 4096 * 4096
            os.truncate(filler, max(0, space - free_kib * 1024))
            ended = case.laboratory.run(root)
            case.expect_failure(ended, (1, 5), ("No space", "full", "free some space"))
            os.remove(filler)
            case.settle(root)
            shutil.rmtree(root)
    finally:
        attempt("umount", mount)


def read_only_mount(case):
    """The whole workspace on a read-only mount."""
    if os.geteuid() != 0:
        raise Skipped("it makes a read-only mount, which needs root")
    workspace.copy(case.laboratory.base(case.night), case.root)
    attempt("mount", "--bind", case.root, case.root)
    try:
        attempt("mount", "-o", "remount,bind,ro", case.root)
        before = checks.digests(case.root, ["data", "reports"])
        ended = case.laboratory.run(case.root)
        case.expect_failure(ended, (5,), ("read-only", "Read-only"))
        case.expect(before == checks.digests(case.root, ["data", "reports"]), "it changed a read-only workspace")
    finally:
        attempt("umount", case.root)
    case.settle()


def without_permission(case):
    """Somebody else's workspace, of which nothing may be written."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        raise Skipped("it runs as another user, which needs root and setpriv")
    workspace.copy(case.laboratory.base(case.night), case.root)
    os.chmod(case.laboratory.work, 0o755)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*command, case.laboratory.program, "--version"], capture_output=True, check=False).returncode != 0:
        raise Skipped("another user cannot reach the program")
    before = checks.digests(case.root, ["data", "reports"])
    done = subprocess.run(
        command + case.laboratory.command(case.root, 1), env=case.laboratory.environment(case.root),
        capture_output=True, text=True, check=False)
    ended = type("Ended", (), {"code": done.returncode, "output": done.stdout, "errors": done.stderr})
    case.expect_failure(ended, (5,), ("Permission denied",))
    case.expect(before == checks.digests(case.root, ["data", "reports"]), "it changed what it may not write")
    case.settle()


def opened(gate, process):
    """The writing end of a named pipe, as soon as the process or its child reads it."""
    while True:
        try:
            return os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO or process.poll() is not None:
                raise
            time.sleep(0.005)


def two_runs(case):
    """A second run while the first one works: it leaves at once with 4, and the first one ends undisturbed."""
    workspace.copy(case.laboratory.base(case.night), case.root)
    # A named pipe holds the first run in one of its commands for as long as the second one takes.
    gate = os.path.join(case.laboratory.work, "gate")
    os.mkfifo(gate)
    path = os.path.join(case.root, "pipelines", f"{workspace.PIPELINE}.json")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    first_unit = workspace.UNITS[0]
    wait = f"[ ${{unit}} != {first_unit} ] || cat {gate} > /dev/null; "
    held = text.replace("read -r line <", wait + "read -r line <", 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(held)
    first = subprocess.Popen(
        case.laboratory.command(case.root, 1), env=case.laboratory.environment(case.root),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        with open(opened(gate, first), "wb"):
            second = case.laboratory.run(case.root)
        case.expect_failure(second, (4,), ("another Darkroom is at work",))
        case.expect(str(first.pid) in second.errors + second.output, "it does not say which process is at work")
    finally:
        try:
            output, errors = first.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            first.send_signal(signal.SIGKILL)
            output, errors = first.communicate()
    case.expect(first.returncode == 0, f"the first run ended with {first.returncode}: {errors.strip()[-400:]}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    case.settle()


def clock_backwards(case):
    """The clock is an hour back in the second night, and forward again in a third run that has nothing to do."""
    workspace.copy(case.laboratory.base(case.night), case.root)
    ended = case.laboratory.run(case.root, clock=-3600)
    case.expect(ended.code == 0, f"with the clock back it ended with {ended.code}: {ended.errors.strip()[-400:]}")
    state = checks.State(case.root, case.root + ".state")
    last = state.last_run()
    case.problems += checks.settled(case.root, case.laboratory.references[case.night], state)
    state.close()
    for shift in (-7200, 0, 7200):
        ended = case.laboratory.run(case.root, clock=shift)
        case.expect(ended.code == 0, f"with the clock moved {shift} s it ended with {ended.code}")
        state = checks.State(case.root, case.root + ".state")
        for run in range(last + 1, state.last_run() + 1):
            for stage, unit in sorted(state.executed(run)):
                case.problems.append(f"with the clock moved {shift} s, {stage}/{unit} ran again")
        last = state.last_run()
        state.close()
    shutil.rmtree(case.root + ".state", ignore_errors=True)


def inputs_go_back(case):
    """Killed while it removes what a new result superseded; then the inputs are again what they were before."""
    laboratory = case.laboratory
    removals = laboratory.removals(case.night)
    case.expect(removals, "the undisturbed run removed nothing")
    for number in removals[:: max(1, len(removals) // 8)]:
        workspace.copy(laboratory.base(case.night), case.root)
        laboratory.run(case.root, mode="kill", at=number)
        for path in workspace.INPUTS:
            shutil.rmtree(os.path.join(case.root, path))
            workspace.copy(os.path.join(laboratory.base(1), path), os.path.join(case.root, path))
        ended = laboratory.run(case.root)
        case.expect(ended.code == 0, f"killed at operation {number}, the next run ended with {ended.code}")
        found = checks.difference(laboratory.references[1].results, checks.digests(case.root, workspace.RESULTS))
        # A file that was published without its commit is nobody's afterwards, and goes aside; artifacts never do.
        found += [
            f"left behind: {path}" for path in checks.leftovers(case.root)
            if not path.startswith("data/state/displaced/") or "/artifacts/" in path
        ]
        case.problems += [f"killed at operation {number}: {line}" for line in found]


CASES = [full_disk, read_only_mount, without_permission, two_runs, clock_backwards, inputs_go_back]


def run(laboratory):
    """All cases; prints a line for each. Gives how many found something wrong."""
    bad = 0
    for examine in CASES:
        case = Case(laboratory, examine.__name__)
        try:
            examine(case)
        except Skipped as reason:
            print(f"{case.name}: SKIPPED: {reason}")
            continue
        print(f"{case.name}: {'as it must be' if not case.problems else 'DIFFERS'}")
        for problem in case.problems[:8]:
            print("  " + problem)
        bad += bool(case.problems)
        if not (laboratory.keep and case.problems):
            shutil.rmtree(case.root, ignore_errors=True)
    return bad

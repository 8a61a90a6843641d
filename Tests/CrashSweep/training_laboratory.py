"""One fault point in a night of training: a run with a fault, the same command again, and what must hold then."""

import glob
import json
import os
import subprocess
import time

import checks
import faulted
import image_laboratory
import images
import training


class TrainingWorld:
    """All that a night of training leaves: its publications by path, its artifacts by unit and name."""

    def __init__(self, root):
        self.results = checks.digests(root, training.RESULTS)
        self.inputs = checks.digests(root, training.INPUTS)
        state = checks.State(root, root + ".world")
        self.outputs = {
            f"{stage}/{unit} {name}": digest
            for stage, unit, name, digest in state.rows(
                "SELECT stage, unit, name, hex(digest) FROM outputs JOIN checkpoints ON id = checkpoint"
                " WHERE ended_by IS NULL AND pipeline = ?", training.PIPELINE)}
        state.close()

    def differences(self, other):
        """What is otherwise in the other world, which should be the same."""
        return (checks.difference(self.results, other.results) + checks.difference(self.outputs, other.outputs)
                + ["input touched: " + line for line in checks.difference(self.inputs, other.inputs)])


def conclusions(root, night):
    """What a finished night must have come to, by the decisions alone; so that the reference is no mere mirror."""
    found = []
    for project, fewest in ((images.PROJECT, 3), (training.DECIDED, sum(training.QUOTAS[1].values()))):
        path = os.path.join(root, f"data/training/datasets/{project}/current/manifest.json")
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
        if manifest["selections"]["rows"] < fewest or manifest["crops"]["rows"] == 0:
            found.append(f"the dataset of {project} has too few rows")
    folder = os.path.join(root, "data/training")
    exports = glob.glob(f"{folder}/exports/*/*/current/manifest.json")
    if len(exports) != 10:
        found.append(f"there are {len(exports)} exports")
    exported = glob.glob(f"{folder}/exports/{images.PROJECT}/*/current/**/*.png", recursive=True)
    if len(exported) < 5 or not any(os.stat(path).st_nlink > 1 for path in exported):
        found.append("images were not exported, or not linked")
    models = {}
    for path in glob.glob(f"{folder}/models/{'[0-9a-f]' * 64}.json"):
        with open(path, encoding="utf-8") as file:
            models[os.path.basename(path)] = file.read()
    with open(f"{folder}/promotion.json", encoding="utf-8") as file:
        decision = json.load(file)
    if len(models) != night or f"{decision['candidate']}.json" not in models:
        found.append(f"night {night} fitted no model of its own; there are {sorted(models)}")
    if f"{decision['current']}.json" not in models:
        found.append(f"night {night} has promoted no model")
    return found


def said(ended):
    return (ended.errors or ended.output).strip()[-1500:]


class TrainingLaboratory(image_laboratory.ImageLaboratory):
    """A night on images, undisturbed; then the training, with faults."""

    def __init__(self, chosen, work):
        super().__init__(chosen, work)
        self.sweeps_all = chosen.all

    def command(self, root, jobs, night=1):
        del night
        return [self.program, "run", training.PIPELINE, "--workspace", root, "--jobs", str(jobs)]

    def night_on_images(self, root):
        """Carries out the decisions; gives what is wrong with that."""
        done = subprocess.run(
            [self.program, "run", images.PIPELINE, "--workspace", root], env=self.environment(root),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=120, check=False)
        return [] if done.returncode == 0 else [f"the night on images: {done.stderr.strip()[-1500:]}"]

    def prepare_slot(self, slot, path):
        """Runs both nights undisturbed at one worker's path. Gives what is wrong with that already."""
        root = os.path.join(path, "workspace")
        training.make(root, self.repository)
        problems = []
        for night in (1, 2):
            images.night(root, night)
            problems += self.night_on_images(root)
            training.add_decisions(root, self.repository, night)
            images.copy(root, os.path.join(path, f"before{night}"))
            trace = {"trace": self.trace(night)} if slot == 0 else {}
            begin = time.monotonic()
            ended = self.run(root, **trace)
            self.seconds[night] = time.monotonic() - begin
            if ended.code != 0:
                problems.append(f"night {night} ended with {ended.code}: {said(ended)}")
            if problems:
                return problems
            self.references[path, night] = TrainingWorld(root)
            problems += conclusions(root, night)
            images.copy(root, os.path.join(path, f"after{night}"))
            self.run(root)
            problems += [f"night {night}, again, executed {unit}" for unit in sorted(self.executed(root))]
            if slot == 0:
                self.operations[night] = self.traced(root, night)
                images.copy(os.path.join(path, f"before{night}"), root)
                self.run(root, jobs=8)
                at_once = self.references[path, night].differences(TrainingWorld(root))
                problems += [f"night {night} with 8 jobs: {line}" for line in at_once]
            images.copy(os.path.join(path, f"after{night}"), root)
        return problems

    def traced(self, root, night):
        """The operations to sweep: half of all are the state database's own, and the nights with logs sweep those."""
        with open(self.trace(night), encoding="utf-8") as file:
            fields = [line.split("\t") for line in file]
        database = os.path.join(root, "data/state/darkroom.db")
        return sorted(
            (int(field[0]), field[1]) for field in fields if self.sweeps_all or not field[3].startswith(database))

    def strike_images(self, root, index, point, reference):
        first = self.stopped(root, point) if point.mode in faulted.STOPS else self.faulted(root, point)
        problems = self.first_run_problems(root, point, first)
        touched = checks.difference(reference.inputs, checks.digests(root, training.INPUTS))
        problems += ["input touched by the faulted run: " + line for line in touched]
        before = checks.State(root, root + ".state")
        second = self.run(root, point.jobs)
        if second.code != 0:
            problems.append(f"the next run ended with {second.code}: {said(second)}")
        after = checks.State(root, root + ".state2")
        problems += reference.differences(TrainingWorld(root))
        problems += after.problems() + checks.repeated(before, after)
        runs = after.last_run()
        before.close()
        after.close()
        problems += [f"left behind: {path}" for path in checks.leftovers(root)]
        if index % 3 == 0 and not problems:
            problems += self.third_run_problems(root, point, runs)
        return first.code != 0 or point.mode == "short", problems

    def untrue_success(self, root, point):
        return self.references[os.path.dirname(root), point.night].differences(TrainingWorld(root))

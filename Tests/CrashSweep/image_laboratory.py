"""One fault point in a night with images: a run with a fault, the same command again, and what must hold then."""

import os
import queue
import shutil
import sys
import time

import checks
import custody
import faulted
import images


class ImageLaboratory(faulted.Laboratory):
    """Journals know absolute paths, so that each worker has one path for all its workspaces, and references of it."""

    def __init__(self, chosen, work):
        super().__init__(chosen, work)
        self.idle = {}
        self.slots = queue.SimpleQueue()
        self.count = chosen.processes

    def environment(self, root, **faults):
        variables = super().environment(root, **faults)
        variables.update(XDG_DATA_HOME=os.path.join(root, "home"), HOME=os.path.join(root, "home"))
        return variables

    def command(self, root, jobs, night=1):
        if night == images.ACCEPTING:
            return [self.program, *images.acceptance(), "--workspace", root]
        return [self.program, "run", images.PIPELINE, "--workspace", root, "--jobs", str(jobs)]

    def prepare(self):
        problems = []
        for slot in range(self.count):
            path = os.path.join(self.work, f"slot{slot}")
            os.makedirs(path)
            problems += self.prepare_slot(slot, path)
            if problems:
                break
            self.slots.put(path)
        return problems

    def prepare_slot(self, slot, path):
        """Runs all nights undisturbed at one worker's path. Gives what is wrong with that already."""
        root = os.path.join(path, "workspace")
        images.make(root, self.repository)
        problems = []
        for night in (1, 2, images.ACCEPTING):
            images.night(root, night)
            images.copy(root, os.path.join(path, f"before{night}"))
            trace = {"trace": self.trace(night)} if slot == 0 else {}
            begin = time.monotonic()
            ended = self.run(root, night=night, **trace)
            self.seconds[night] = time.monotonic() - begin
            if ended.code != 0:
                return [f"night {night} ended with {ended.code}: {(ended.errors or ended.output).strip()[-1500:]}"]
            self.references[path, night] = custody.World(root)
            problems += self.references[path, night].problems + self.conservation(root, night)
            problems += custody.conclusions(root)
            images.copy(root, os.path.join(path, f"after{night}"))
            if night == images.ACCEPTING:
                problems += custody.accepted(root) + self.night_after(root)
            else:
                self.run(root)
                # A group that the review took back is recommended anew, by a stage that comes before.
                self.idle[night] = self.executed(root)
                problems += [f"the second run executed {stage}/{unit}"
                             for stage, unit in sorted(self.idle[night]) if stage != "recommend"]
            images.copy(os.path.join(path, f"after{night}"), root)
            if slot == 0:
                with open(self.trace(night), encoding="utf-8") as file:
                    fields = [line.split("\t") for line in file]
                self.operations[night] = sorted((int(field[0]), field[1]) for field in fields)
        return problems

    def examine(self, index, point):
        path = self.slots.get()
        root = os.path.join(path, "workspace")
        try:
            images.copy(os.path.join(path, f"before{point.night}"), root)
            hit, problems = self.strike_images(root, index, point, self.references[path, point.night])
        except Exception as error:  # A point that cannot be examined is a difference, not the end of the sweep.
            hit, problems = True, [f"the sweep itself failed: {error!r}"]
        if self.keep and problems:
            shutil.rmtree(os.path.join(self.work, f"point{index}"), ignore_errors=True)
            images.copy(root, os.path.join(self.work, f"point{index}"))
        self.slots.put(path)
        if problems:  # The report comes at the end, and a sweep takes long.
            print(f"{point} ({self.place(point)}): {problems[0]}", file=sys.stderr, flush=True)
        return faulted.Result(point, self.place(point) if problems else "", hit, problems, 0)

    def place(self, point):
        return super().place(point).replace(os.path.join(self.work, "slot0/workspace") + "/", "")

    def strike_images(self, root, index, point, reference):
        first = self.stopped(root, point) if point.mode in faulted.STOPS else self.faulted(root, point)
        problems = self.first_run_problems(root, point, first)
        problems += ["after the fault: " + line for line in self.conservation(root, point.night)]
        if point.mode.endswith("-undo"):
            return first.code != 0, problems + self.taken_back(root, point)
        second = self.run(root, point.jobs, point.night)
        if second.code != 0:
            problems.append(f"the next run ended with {second.code}: {(second.errors or second.output).strip()[-900:]}")
        problems += self.conservation(root, point.night)
        problems += reference.differences(custody.World(root), empty_folders=not point.mode.endswith("-once"))
        state = checks.State(root, root + ".state")
        problems += state.problems()
        state.close()
        problems += [f"left behind: {path}" for path in checks.leftovers(root)]
        if index % 3 == 0 and not problems:
            third = self.run(root, point.jobs, point.night)
            if third.code != 0:
                problems.append(f"the third run ended with {third.code}")
            if point.night == images.ACCEPTING:
                problems += reference.differences(custody.World(root)) + self.night_after(root)
            else:
                extra = self.executed(root) - self.idle[point.night]
                problems += [f"the third run executed {stage}/{unit}" for stage, unit in sorted(extra)]
        return first.code != 0 or point.mode == "short", problems

    @staticmethod
    def conservation(root, night):
        """What people lost before the last night is not looked for."""
        return custody.conservation(root, images.lost() if night == images.ACCEPTING else ())

    def night_after(self, root):
        """What is wrong with a run after people's words."""
        ended = self.run(root)
        problems = self.conservation(root, images.ACCEPTING) + custody.accepted(root)
        if ended.code != 0:
            problems.append(f"the night after ended with {ended.code}: {(ended.errors or ended.output).strip()[-900:]}")
        return problems

    def taken_back(self, root, point):
        """What is wrong when people take everything back that a killed night was at: all is as on the first day."""
        images.append(root, images.undo_lines(point.night))
        ended = self.run(root, point.jobs)
        problems = custody.conservation(root) + custody.untouched(root)
        if ended.code != 0:
            problems.append(f"the undoing ended with {ended.code}: {(ended.errors or ended.output).strip()[-900:]}")
        return problems + [f"left behind: {path}" for path in checks.leftovers(root)]

    def executed(self, root):
        """What the last run worked on."""
        state = checks.State(root, root + ".state")
        try:
            return state.executed(state.last_run())
        finally:
            state.close()

    def untrue_success(self, root, point):
        return self.references[os.path.dirname(root), point.night].differences(custody.World(root))

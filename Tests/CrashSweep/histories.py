"""Random histories of a random project: decisions, second thoughts, nights that are killed, and undos that are killed.

After every night that ends, and at the end of each history, an independent count must find every file that was ever made
in exactly one place, with its first bytes, and the rows, records and crops that the inbox asks for, no more and no
fewer. Taking everything back must give the first tree."""

import collections
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import checks
import custody
import images
from workspace import write

STAGES = ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled", "stage3_enhanced"]
FOLDERS = ["batch a", "batch é/inner", "it's \"c\"", ""]
AFTER_CROP = ["keep", "trash", "__originals"]
ROUNDS = 4
# How often a command is killed at most before it may end.
KILLS_IN_A_ROW = 3


class Group(list):
    """The names of a group's images, in the order of their stages."""

    def __init__(self, folder, names):
        super().__init__(names)
        self.folder = folder
        hasher = hashlib.sha256()
        # As GroupID.swift says.
        for part in ["group-1", images.PROJECT, folder] + sorted(images.stem(name) for name in names):
            hasher.update(len(part.encode()).to_bytes(8, "little") + part.encode())
        self.id = "g_" + hasher.hexdigest()[:20]


class Project:
    """A project of random groups below a workspace, and what was made for it: digests by path."""

    def __init__(self, root, repository, count, generator):
        self.root = root
        self.generator = generator
        self.groups = {}
        self.made = {}
        after = AFTER_CROP[generator.randrange(3)]
        text = json.loads(images.pipeline(repository))
        text["stages"]["crop"]["with"] = {"afterCrop": after}
        write(root, "configs/darkroom.json", "{}\n")
        write(root, f"pipelines/{images.PIPELINE}.json", json.dumps(text) + "\n")
        manifest = {"schema": "project_v1", "id": images.PROJECT, "root": images.ROOT}
        write(root, f"data/projects/{images.PROJECT}.project.json", json.dumps(manifest) + "\n")
        os.makedirs(os.path.join(root, "home"))
        made = 0
        while made < count:
            made += self.make_group(len(self.groups))

    def make_group(self, number):
        generator = self.generator
        folder = generator.choice(FOLDERS)
        time_of_day = f"{number // 3600 % 24:02d}{number // 60 % 60:02d}{number % 60:02d}"
        stages = STAGES[: generator.randint(1, 4)]
        group = Group(folder, [f"20250701_{time_of_day}_{stage}.png" for stage in stages])
        self.groups[group.id] = group
        for name in group:
            stem = os.path.join(folder, images.stem(name))
            self.make(stem + ".png", images.png(generator.random()))
            self.make(stem + ".yaml", b"seed: %d\n" % generator.getrandbits(60))
            if generator.random() < 0.3:
                self.make(stem + ".caption", b"caption %d\n" % generator.getrandbits(60))
        return len(group)

    def make(self, path, content):
        write(self.root, f"{images.ROOT}/{path}", content)
        self.made[path] = hashlib.sha256(content).hexdigest()


class Standing:
    """What the inbox says of a group: the decision that stands, and the line that gave it its rectangle."""

    def __init__(self):
        self.decision = None
        self.rectangle = None

    @property
    def crop(self):
        if self.decision is None:
            return None
        return (self.rectangle or self.decision).get("crop")


def fold(path):
    """The standing decisions by group, from the inbox alone."""
    standing = collections.defaultdict(Standing)
    seen = set()
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        group = standing[line["group"]]
        now = group.decision
        if line["action"] == "undo":
            if now and line["undoes"] == now["id"]:
                group.decision = group.rectangle = None
            elif group.rectangle and line["undoes"] == group.rectangle["id"]:
                group.rectangle = None
        elif line["id"] in seen or line["action"] == "skip":
            pass
        elif now is None:
            group.decision = line
        elif now["action"] == line["action"] == "crop" and now["image"] == line["image"] and group.crop is None:
            group.rectangle = line if "crop" in line else None
        seen.add(line["id"])
    return {group: found for group, found in standing.items() if found.decision}


class People:
    """Who decides at random, and changes their mind at random."""

    def __init__(self, project, generator):
        self.project = project
        self.generator = generator
        self.inbox = os.path.join(project.root, images.INBOX)
        self.minutes = 0

    def standing(self):
        return fold(self.inbox) if os.path.exists(self.inbox) else {}

    def line(self, group, action, **members):
        self.minutes += 1
        day, rest = divmod(self.minutes, 1440)
        line = {"schema": "decision_v1", "project": images.PROJECT, "group": group.id, "action": action,
                "actor": "human", "images": [] if action == "undo" else list(group),
                "decidedAt": f"2025-08-{1 + day:02d}T{rest // 60:02d}:{rest % 60:02d}:00.000000Z", "blind": False}
        line.update(members)
        line["id"] = hashlib.sha256(images.canonical(line).encode()).hexdigest()[:32]
        return line

    def rectangle(self):
        edge = self.generator.randrange(5) / 100
        return [edge, 0.01, round(0.9 + edge, 2), 0.99]

    def append(self):
        """A day's lines: first decisions, undos, rectangles that are drawn or taken back, contradictions."""
        generator, lines = self.generator, []
        standing = self.standing()
        for group in self.project.groups.values():
            known = standing.get(group.id)
            if known is None:
                if generator.random() < 0.6:
                    lines.append(self.decided(group))
            elif generator.random() < 0.5:
                lines += self.reconsidered(group, known)
        images.append(self.project.root, lines)

    def decided(self, group):
        index = self.generator.randrange(len(group))
        image, crop = group[index], self.rectangle()
        digests = [self.project.made[os.path.join(group.folder, name)] for name in group]
        shown = {"recommender": "histories", "version": "1", "index": index, "image": image, "group": group.id,
                 "images": list(group), "digests": digests, "crop": crop}
        action = self.generator.choice(
            ["approve", "override", "drawn", "accept-crop", "reject", "skip", "crop", "crop", "crop"])
        members = {
            "approve": {"image": image, "recommendation": shown}, "override": {"image": image},
            "drawn": {"image": image, "crop": crop}, "crop": {"image": image}, "reject": {}, "skip": {},
            "accept-crop": {"image": image, "crop": crop, "recommendation": shown}}[action]
        return self.line(group, "crop" if action == "drawn" else action, **members)

    def reconsidered(self, group, known):
        generator, decision = self.generator, known.decision
        if known.rectangle and generator.random() < 0.7:
            return [self.line(group, "undo", undoes=known.rectangle["id"])]
        if generator.random() < 0.4:
            undo = [self.line(group, "undo", undoes=decision["id"])]
            return undo + ([self.decided(group)] if generator.random() < 0.3 else [])
        if decision["action"] == "crop" and known.crop is None:
            return [self.line(group, "crop", image=decision["image"], crop=self.rectangle())]
        return [self.line(group, "override", image=group[0])] if decision["action"] != "override" else []


class History:
    """One project from its first night to the undoing of everything."""

    def __init__(self, chosen, work, seed):
        self.chosen = chosen
        self.seed = seed
        self.generator = random.Random(seed)
        self.root = os.path.join(work, f"history{seed}")
        self.problems = []
        self.kills = collections.Counter()
        self.seconds = 1.0

    # MARK: Commands

    def environment(self, **faults):
        home = os.path.join(self.root, "home")
        variables = dict(os.environ, SWIFT_BACKTRACE="enable=no", LC_ALL="C.UTF-8", XDG_DATA_HOME=home, HOME=home)
        if faults:
            variables.update(LD_PRELOAD=os.path.realpath(self.chosen.shim), FAULT_ROOT=self.root)
            variables.update({f"FAULT_{name.upper()}": str(value) for name, value in faults.items()})
        return variables

    def start(self, arguments, **faults):
        return subprocess.Popen(
            [os.path.realpath(self.chosen.darkroom), *arguments, "--workspace", self.root],
            env=self.environment(**faults), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")

    def killed(self, arguments, seconds):
        """Kills a command, at a random durable operation or at a random time; it may be done before."""
        if self.generator.random() < 0.5:
            mode = self.generator.choice(["kill", "kill-after", "torn"])
            at = int(10 ** self.generator.uniform(0, 4))
            process = self.start(arguments, mode=mode, at=at)
            process.communicate()
        else:
            process = self.start(arguments)
            try:
                process.communicate(timeout=self.generator.uniform(0.02, 0.9) * seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        self.kills[arguments[0]] += process.returncode == -signal.SIGKILL

    def ended(self, arguments, seconds=1.0, kills=True):
        """Gives a command again until nothing kills it."""
        for _ in range(self.generator.randint(0, KILLS_IN_A_ROW) if kills else 0):
            self.killed(arguments, seconds)
        process = self.start(arguments)
        output, _ = process.communicate()
        return process.returncode, output

    def night(self, kills=True):
        begin = time.monotonic()
        code, output = self.ended(["run", images.PIPELINE, "--jobs", "2"], self.seconds, kills)
        if not kills:
            self.seconds = time.monotonic() - begin
        if code != 0:
            self.problems.append(f"a night ended with {code}: {output.strip()[-1200:]}")

    def undo(self, people):
        """Takes some groups back by command."""
        standing = people.standing()
        for group in self.generator.sample(sorted(standing), min(3, len(standing))):
            code, output = self.ended(["undo", "--group", group], 0.4)
            # Where a killed one had done it already, there is nothing to undo, and that is no error.
            if code != 0:
                self.problems.append(f"undo of {group} ended with {code}: {output.strip()[-600:]}")
        if self.generator.random() < 0.5:
            code, output = self.ended(["undo", "--last", str(self.generator.randint(1, 9))], 0.4)
            if code != 0:
                self.problems.append(f"undo --last ended with {code}: {output.strip()[-600:]}")

    # MARK: The history

    def run(self):
        project = Project(self.root, self.chosen.repository, self.chosen.size, self.generator)
        people = People(project, self.generator)
        tree = custody.contents(os.path.join(self.root, images.ROOT))
        self.night(kills=False)
        self.compare_groups(project)
        for day in range(ROUNDS):
            people.append()
            if day:
                self.undo(people)
            self.night()
            self.conserved(project, people, f"after night {day + 1}")
        self.take_everything_back(people)
        self.night()
        self.conserved(project, people, "after the undoing of everything")
        self.problems += [
            "taken back: " + line
            for line in checks.difference(tree, custody.contents(os.path.join(self.root, images.ROOT)))]
        left = [path for path, what in custody.trash(self.root).items() if what != "folder"]
        self.problems += [f"left in the Trash: {path}" for path in left]
        return self

    def take_everything_back(self, people):
        if self.generator.random() < 0.5:
            code, output = self.ended(["undo", "--last", "1000000"], 2.0)
            if code != 0:
                self.problems.append(f"the undo of everything ended with {code}: {output.strip()[-900:]}")
        # Decisions that nothing was carried out for are taken back by lines.
        standing = people.standing()
        images.append(self.root, [
            people.line(people.project.groups[group], "undo", undoes=known.decision["id"])
            for group, known in standing.items()])

    def compare_groups(self, project):
        """The program's groups are ours."""
        code, output = self.ended(["groups", "--all", "--json", "--limit", "1000000"], kills=False)
        found = set(re.findall(r"g_[0-9a-f]{20}", output))
        if code != 0 or found != set(project.groups):
            self.problems.append(f"groups: {len(found ^ set(project.groups))} of {len(project.groups)} are others")

    # MARK: What must hold

    def conserved(self, project, people, when):
        found = self.files(project) + self.rows(people) + self.records()
        code, output = self.ended(["audit", "--rehash"], kills=False)
        if code != 0:
            found.append(f"the audit ended with {code}: {output.strip()[-900:]}")
        self.problems += [f"{when}: {problem}" for problem in found]

    def files(self, project):
        """Every file in one place, no other files, and the registry knows all places."""
        tree = {path: digest for path, digest in custody.contents(os.path.join(self.root, images.ROOT)).items()
                if digest != "folder"}
        trash = {path: digest for path, digest in custody.trash(self.root).items() if path.startswith("files/")}
        crops = {path for path in tree if path.startswith("__cropped/")}
        # A crop has copies of the companions beside it.
        places = collections.Counter(digest for path, digest in tree.items() if path not in crops)
        places.update(digest for digest in trash.values() if digest != "folder")
        names = {digest: path for path, digest in project.made.items()}
        found = [f"{path} is in {places[digest]} places" for digest, path in names.items() if places[digest] != 1]
        known, problems = custody.rows(
            os.path.join(self.root, custody.JOURNAL),
            "SELECT origin, place, place_kind, lower(hex(digest)) AS digest FROM files")
        registered = {row["place"]: row["digest"] for row in known if row["place_kind"] == "project"}
        decided = {path for path in tree if path.endswith(".decision")}
        found += [f"nobody knows {path}" for path in sorted(set(tree) - set(registered) - decided)]
        found += [f"{path} is not what the registry says" for path, digest in registered.items()
                  if tree.get(path) != digest]
        found += [f"left behind: {path}" for path in tree if os.path.basename(path).startswith(".")]
        return found + problems

    def rows(self, people):
        """A row for each standing decision, with its rectangle; a crop for each rectangle."""
        standing = people.standing()
        rows, problems = custody.rows(
            os.path.join(self.root, custody.DECISIONS), "SELECT * FROM ai_decisions")
        found = list(problems)
        wanted = {group: known.decision["id"] for group, known in standing.items()}
        there = {row["group_id"]: row["decision_id"] for row in rows}
        if there != wanted or len(rows) != len(there):
            found.append(f"{len(set(wanted.items()) ^ set(there.items()))} rows are not those of the inbox")
        for row in rows:
            crop = json.loads(row["final_crop_coords"]) if row["final_crop_coords"] else None
            if row["group_id"] in standing and crop != standing[row["group_id"]].crop:
                found.append(f"the row of {row['group_id']} has the rectangle {crop}")
        crops = [path for path in custody.contents(os.path.join(self.root, images.ROOT, "__cropped"))
                 if path.endswith(".png")]
        rectangles = sum(known.crop is not None for known in standing.values())
        if len(crops) != rectangles:
            found.append(f"{len(crops)} crops for {rectangles} rectangles")
        return found

    def records(self):
        """No order is open, and each record of a pass that was done is in the log once."""
        orders, problems = custody.rows(
            os.path.join(self.root, custody.JOURNAL), "SELECT id, state FROM orders")
        found = problems + [f"order {row['id']} is {row['state']}" for row in orders
                            if row["state"] not in ("done", "undone")]
        logged, problems = custody.operations(self.root)
        passes, _ = custody.rows(os.path.join(self.root, custody.JOURNAL), "SELECT log_lines FROM passes")
        wanted = [json.loads(line)["op_id"] for row in passes for line in json.loads(row["log_lines"])]
        if sorted(wanted) != sorted(logged):
            found.append(f"{len(set(wanted) ^ set(logged))} log records are missing or too many")
        return found + problems


def run(chosen, work):
    """Lives all histories, prints one line for each. Gives the number of those with problems."""
    bad = 0
    for number in range(chosen.histories):
        begin = time.monotonic()
        history = History(chosen, work, chosen.seed + number)
        history.run()
        kills = ", ".join(f"{count} × {name}" for name, count in sorted(history.kills.items()))
        result = f"{len(history.problems)} problems" if history.problems else "everything in its place"
        print(f"history {history.seed}: {chosen.size} images, killed: {kills or 'nothing'}; {result};"
              f" {time.monotonic() - begin:.0f} s", flush=True)
        for problem in history.problems[:8]:
            print("  " + problem)
        bad += bool(history.problems)
        if history.problems and chosen.keep:
            print(f"  kept: {history.root}")
        else:
            shutil.rmtree(history.root, ignore_errors=True)
    return bad

"""The catalog of a project of many image files, cold and with nothing changed, against `find` of the same tree."""

import dataclasses
import json
import pathlib
import shutil
import subprocess

from .measure import Contestant, Launcher
from .report import Row

FOLDERS = 50
STAGES = ["stage1_generated", "stage2_upscaled"]


@dataclasses.dataclass
class Catalog:
    """One project; its files hold a few bytes each, for what is measured is the tree, not the disk."""

    launcher: Launcher
    darkroom: pathlib.Path
    work: pathlib.Path
    files: int
    runs: int

    def compare(self) -> list[Row]:
        """The first scan, which digests and registers every file, then scans that find nothing changed."""
        workspace = self.work / f"catalog-{self.files}"
        self._make(workspace)
        root = workspace / "images"
        run = [self.darkroom, "run", "catalog", "--workspace", workspace]

        def clean() -> None:
            shutil.rmtree(workspace / "data" / "state", ignore_errors=True)

        cold = self.launcher.compare([Contestant("cold", run, self.work, clean)], min(self.runs, 3), 0)["cold"]
        # The first run after the files were made cannot trust their times yet.
        self.launcher.run(Contestant("again", run, self.work))
        find = ["find", root, "-printf", "%p %s %T@ %C@ %i\\n"]
        figures = self.launcher.compare(
            [Contestant("darkroom", run, self.work), Contestant("find", find, self.work)], max(self.runs, 9))
        rate = f"{self.files / cold.wall:,.0f} files/s"
        return [
            Row(f"catalog of {self.files:,} files, cold", cold, verdict=rate),
            Row(f"catalog of {self.files:,} files, nothing changed", figures["darkroom"], "find -printf",
                figures["find"], "≤ 2 ×"),
        ]

    def _make(self, workspace: pathlib.Path) -> None:
        if (workspace / "made").exists():
            return
        shutil.rmtree(workspace, ignore_errors=True)
        pipeline = {"version": 1, "name": "catalog", "stages": {"catalog": {"uses": "images.catalog"}}}
        texts = {
            "configs/darkroom.json": {}, "pipelines/catalog.json": pipeline,
            "data/projects/p.project.json": {"schema": "project_v1", "id": "p", "root": "images"}}
        for path, content in texts.items():
            (workspace / path).parent.mkdir(parents=True, exist_ok=True)
            (workspace / path).write_text(json.dumps(content) + "\n")
        for number in range(self.files):
            folder = workspace / "images" / f"batch {number % FOLDERS:02d}"
            folder.mkdir(parents=True, exist_ok=True)
            group, stage = divmod(number // FOLDERS, len(STAGES))
            time = f"{group // 3600 % 24:02d}{group // 60 % 60:02d}{group % 60:02d}"
            (folder / f"20250701_{time}_{STAGES[stage]}.png").write_bytes(b"%d" % number)
        subprocess.run(["sync"], check=True)
        (workspace / "made").touch()

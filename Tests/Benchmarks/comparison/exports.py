"""Exports of a dataset: rows against pandas, images against Python's library."""

import dataclasses
import json
import pathlib
import shutil

from . import decisions, exported_images
from .measure import Contestant, Launcher, MeasurementError
from .report import Row


@dataclasses.dataclass
class Export:
    """The comparisons on generated decisions and images."""

    launcher: Launcher
    darkroom: pathlib.Path
    # With pandas.
    python: pathlib.Path
    work: pathlib.Path
    selections: int
    images: int
    runs: int

    def compare(self) -> list[Row]:
        """CSV and JSON lines of all rows, then copies and hard links of all images."""
        rows = []
        workspace = self.work / f"decisions-{self.selections}"
        decisions.make(workspace, self.selections)
        exported_images.join(self.darkroom, workspace, {})
        count = sum(json.loads((self._dataset(workspace) / "manifest.json").read_text())[table]["rows"]
                    for table in ("selections", "crops", "images"))
        for form in ("csv", "jsonl"):
            rows.append(self._against(workspace, form, [form], "pandas", f"{count:,} rows as {form}", count, "rows"))
        workspace = self.work / f"exported-images-{self.images}"
        exported_images.make(self.darkroom, workspace, self.images)
        for form in ("copy", "link"):
            command = ["imagefolder", "--images", form]
            what = f"{self.images:,} images of 1 MB, {form}"
            rows.append(self._against(workspace, form, command, "Python", what, self.images, "images"))
        return rows

    def _dataset(self, workspace: pathlib.Path) -> pathlib.Path:
        return workspace / "data/training/datasets" / decisions.PROJECT / "current"

    def _against(
        self, workspace: pathlib.Path, form: str, options: list[str], peer: str, what: str, count: int, unit: str
    ) -> Row:
        outputs = {name: self.work / f"export-{name}" for name in ("darkroom", peer)}

        def clean(name: str) -> None:
            shutil.rmtree(outputs[name], ignore_errors=True)

        ours = [self.darkroom, "train", "export", "--workspace", workspace, "--project", decisions.PROJECT,
                "--format", *options, "--to", outputs["darkroom"]]
        theirs = [self.python.absolute(), pathlib.Path(__file__).with_name("export_peers.py"), form,
                  self._dataset(workspace), outputs[peer], workspace / "images"]
        contestants = [Contestant(name, command, self.work, lambda name=name: clean(name))
                       for name, command in (("darkroom", ours), (peer, theirs))]
        figures = self.launcher.compare(contestants, self.runs)
        self._check(outputs["darkroom"], outputs[peer])
        for name in outputs:
            clean(name)
        rate = f"{count / figures['darkroom'].wall:,.0f} {unit}/s"
        return Row(f"export of {what}: {rate}", figures["darkroom"], peer, figures[peer])

    @staticmethod
    def _check(ours: pathlib.Path, theirs: pathlib.Path) -> None:
        """The same files but for ours with the accounts; of tables the same number of lines, of images the same bytes."""
        for path in sorted(theirs.rglob("*")):
            if path.is_dir():
                continue
            other = ours / path.relative_to(theirs)
            if path.suffix == ".png":
                same = other.read_bytes() == path.read_bytes()
            else:
                # No cell of these tables has a line end.
                same = other.read_bytes().count(b"\n") == path.read_bytes().count(b"\n")
            if not same:
                raise MeasurementError(f"{other} is not what the peer made")

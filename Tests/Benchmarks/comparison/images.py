"""Crops and thumbnails, against pyvips, Pillow and OpenCV."""

import dataclasses
import pathlib
import shutil
import sys

from .measure import Contestant, Figures, Launcher, MeasurementError
from .report import Row

SIDE = 3072
# An odd place, and one on the blocks of any subsampling; the size is the same.
PLAIN, ON_BLOCKS, SIZE = (401, 451), (400, 448), 2150
THUMBNAIL = 512
PEERS = ["pyvips", "pillow", "opencv"]


def picture(side: int, seed: int):
    """A picture with the statistics of a photograph: smooth areas of all sizes, edges, and the grain of a sensor."""
    import numpy
    from PIL import Image

    random = numpy.random.default_rng(seed)
    total = numpy.zeros((side, side, 3), numpy.float32)
    for octave in range(1, 9):
        cells = 2**octave + 1
        noise = random.normal(0, 1, (cells, cells, 3)).astype(numpy.float32)
        planes = [Image.fromarray(noise[:, :, band]).resize((side, side), Image.Resampling.BICUBIC) for band in range(3)]
        layer = numpy.stack([numpy.asarray(plane) for plane in planes], -1)
        total += (0.75 * layer.mean(-1, keepdims=True) + 0.25 * layer) * 60 / 1.6**octave
    rows, columns = numpy.mgrid[0:side, 0:side]
    for _ in range(24):
        x, y, radius = random.uniform(0, side, 3)
        disc = (columns - x) ** 2 + (rows - y) ** 2 < (radius * 0.12 + side / 150) ** 2
        total[disc] += random.normal(0, 40, 3).astype(numpy.float32)
    grain = random.normal(0, 2.5, (side, side, 1)) + random.normal(0, 1.2, (side, side, 3))
    return Image.fromarray(numpy.clip(total + 128 + grain, 0, 255).astype(numpy.uint8))


@dataclasses.dataclass
class ImageWork:
    """The comparisons on some generated pictures."""

    launcher: Launcher
    program: pathlib.Path
    work: pathlib.Path
    images: int
    runs: int

    @property
    def _folder(self) -> pathlib.Path:
        return self.work / "pictures"

    def _make_pictures(self) -> None:
        """Three pictures, each as PNG and as JPEG with and without subsampled colours."""
        if (self._folder / "done").exists():
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        for seed in range(3):
            image = picture(SIDE, seed)
            image.save(self._folder / f"{seed}.png")
            image.save(self._folder / f"{seed}.jpg", quality=95, subsampling=2)
            image.save(self._folder / f"{seed}-444.jpg", quality=95, subsampling=0)
        (self._folder / "done").touch()

    def compare(self, cases: list[str]) -> list[Row]:
        """The rows of the cases among `crop-png`, `crop-jpeg` and `thumbnails`."""
        self._make_pictures()
        rows: list[Row] = []
        if "crop-png" in cases:
            rows += self._crops("crop PNG", "{}.png", PLAIN, self.images, "≤ 1 × pyvips, ≤ 0.25 × Pillow, ≤ 150 MB")
        if "crop-jpeg" in cases:
            many = self.images * 4
            goal = "≤ 1 ×"
            rows += self._crops("crop JPEG 4:2:0", "{}.jpg", PLAIN, many, goal)
            rows += self._crops("crop JPEG 4:4:4", "{}-444.jpg", PLAIN, many, goal)
            rows += self._crops("crop JPEG 4:2:0, lossless", "{}.jpg", ON_BLOCKS, many, "≤ 0.5 ×")
        if "thumbnails" in cases:
            rows += self._thumbnails("thumbnails of PNG", "{}.png", self.images)
            rows += self._thumbnails("thumbnails of JPEG", "{}.jpg", self.images * 4)
        return rows

    def _crops(self, what: str, name: str, place: tuple[int, int], count: int, goal: str) -> list[Row]:
        return self._rows("crop", what, name, [*place, SIZE, SIZE], count, goal)

    def _thumbnails(self, what: str, name: str, count: int) -> list[Row]:
        return self._rows("thumbnail", what, name, [THUMBNAIL], count, "≤ 1 ×")

    def _rows(self, task: str, what: str, name: str, numbers: list[int], count: int, goal: str) -> list[Row]:
        sources = [self._folder / name.format(index % 3) for index in range(count)]
        rows = []
        for workers in (1, 2):
            figures = self._measure(task, workers, numbers, sources)
            sizes = self._check(task, sources[0].suffix == ".png", count)
            for peer in PEERS:
                rate = f"{count / figures['darkroom'].wall:.1f} images/s"
                share = f"{sizes['darkroom'] / sizes[peer]:.2f} × the bytes"
                title = f"{what}, {workers} worker{'s' if workers > 1 else ''}: {rate}"
                rows.append(Row(title, figures["darkroom"], peer, figures[peer], f"{goal}; {share}"))
        return rows

    def _measure(self, task: str, workers: int, numbers: list[int], sources: list[pathlib.Path]) -> dict[str, Figures]:
        contestants = []
        for name in ["darkroom", *PEERS]:
            output = self._output(name)

            def clean(output: pathlib.Path = output) -> None:
                shutil.rmtree(output, ignore_errors=True)
                output.mkdir(parents=True)

            program = [self.program.resolve()]
            if name != "darkroom":
                program = [sys.executable, pathlib.Path(__file__).with_name("image_peers.py"), name]
            command = [*program, task, str(workers), output, *map(str, numbers), *sources]
            contestants.append(Contestant(name, command, self.work, clean))
        return self.launcher.compare(contestants, self.runs)

    def _output(self, name: str) -> pathlib.Path:
        return self.work / f"cut-{name}"

    def _check(self, task: str, is_png: bool, count: int) -> dict[str, int]:
        """All made the same pictures; returns the bytes of each."""
        from PIL import Image, ImageChops, ImageStat

        # What is encoded anew, or shrunk by another filter, is similar only.
        limit = 0 if task == "crop" and is_png else 3
        for index in range(min(3, count)):
            ours, *theirs = [Image.open(self._made(name, index)).convert("RGB") for name in ["darkroom", *PEERS]]
            for name, other in zip(PEERS, theirs):
                if ours.size != other.size:
                    raise MeasurementError(f"{name} made {other.size}, not {ours.size}")
                apart = max(ImageStat.Stat(ImageChops.difference(ours, other)).mean)
                if apart > limit:
                    raise MeasurementError(f"picture {index} differs from that of {name} by {apart} in the mean")
        return {name: sum(path.stat().st_size for path in self._output(name).iterdir()) for name in ["darkroom", *PEERS]}

    def _made(self, name: str, index: int) -> pathlib.Path:
        return next(self._output(name).glob(f"{index}.*"))

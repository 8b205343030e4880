"""Falls that damage to the pictures invents or hides: real clips, frozen, covered, cut, torn, upside down.

    python bench/damaged_clips.py [--data FOLDER] [--label adl] [--every 8] [--only urfd] [--damage frozen black ...]

Each damage is done to every eighth clip of everyday life (or of falls), to its first 14 s. One JSON line a damage:
clips in which a fall is suspected, and what the eyes noted about the pictures.
"""
from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.labelled_clips import labelled  # noqa: E402
from perception.clip import Clip  # noqa: E402
from perception.eyes import Eyes  # noqa: E402
from perception.fall import FallState  # noqa: E402
from perception.learnt import FallModel  # noqa: E402

RATE_HZ, LONGEST_S, DAMAGE_S = 10.0, 14.0, 3.0
Pictures = list[tuple[float, np.ndarray]]


def each(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Pictures], Pictures]:
    """A damage that is done to every picture alike."""
    return lambda pictures: [(time_s, change(picture)) for time_s, picture in pictures]


def at(part: float, change: Callable[[np.ndarray], np.ndarray | None]) -> Callable[[Pictures], Pictures]:
    """A damage that begins at a part of the clip and lasts: what becomes of the picture it began with."""
    def damage(pictures: Pictures) -> Pictures:
        begin_s = pictures[-1][0] * part
        first = next(picture for time_s, picture in pictures if time_s >= begin_s)
        out = [(time_s, change(first) if begin_s <= time_s < begin_s + DAMAGE_S else picture)
               for time_s, picture in pictures]
        return [(time_s, picture) for time_s, picture in out if picture is not None]
    return damage


def small(picture: np.ndarray) -> np.ndarray:
    """As of an old camera: 320 pixels wide, strongly compressed."""
    size = (320, round(320 * picture.shape[0] / picture.shape[1]) // 2 * 2)
    shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", shrunk, [cv2.IMWRITE_JPEG_QUALITY, 60])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def third_dropped(pictures: Pictures) -> Pictures:
    """Every third picture is missing, and nothing says so: all goes faster by half."""
    left = [picture for number, (_, picture) in enumerate(pictures) if number % 3]
    return [(time_s, picture) for (time_s, _), picture in zip(pictures, left, strict=False)]


def written(path: Path, pictures: Pictures, rate: int = int(RATE_HZ)) -> Path:
    """The pictures as an H.264 video."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = *pictures[0][1].shape[:2], "yuv420p"
        for _, picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())
    return path


def torn(pictures: Pictures) -> Pictures:
    """A broadcast that lost one packet in fifty, of 188 bytes each."""
    with tempfile.TemporaryDirectory() as scratch:
        path = written(Path(scratch) / "clip.ts", pictures)
        data, rng = path.read_bytes(), np.random.default_rng(0)
        packets = [data[begin:begin + 188] for begin in range(0, len(data), 188)]
        path.write_bytes(b"".join(one for number, one in enumerate(packets) if number < 20 or rng.random() > 0.02))
        return list(Clip(path, RATE_HZ))


def frozen_and_encoded(pictures: Pictures) -> Pictures:
    """Frozen, then sent as H.264, which makes something slightly different of each picture."""
    with tempfile.TemporaryDirectory() as scratch:
        return list(Clip(written(Path(scratch) / "clip.mp4", DAMAGES["frozen at 0.5"](pictures)), RATE_HZ))


MOMENTS = (0.2, 0.35, 0.5, 0.65, 0.8)
DAMAGES: dict[str, Callable[[Pictures], Pictures]] = {
    "none": each(lambda picture: picture),
    "upside down": each(lambda picture: cv2.rotate(picture, cv2.ROTATE_180)),
    "grey": each(lambda picture: cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)),
    "blurred": each(lambda picture: cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 100)),
    "small": each(small),
    "dark": each(lambda picture: cv2.convertScaleAbs(picture, alpha=0.1)),
    "overexposed": each(lambda picture: cv2.convertScaleAbs(picture, alpha=6.0)),
    "third dropped": third_dropped,
    "torn": torn,
    "frozen and encoded": frozen_and_encoded,
    **{f"frozen at {part}": at(part, lambda picture: picture) for part in MOMENTS},
    **{f"black at {part}": at(part, np.zeros_like) for part in MOMENTS},
    **{f"missing at {part}": at(part, lambda picture: None) for part in MOMENTS},
}


def cut(first: Pictures, second: Pictures, part: float) -> Pictures:
    """One clip until a part of it, then another from that part of its own."""
    cut_s, from_s = first[-1][0] * part, second[-1][0] * part
    return [one for one in first if one[0] < cut_s] + [
        (time_s - from_s + cut_s, picture) for time_s, picture in second if time_s >= from_s]


def suspected(pictures: Pictures) -> tuple[list[float], list[str]]:
    """When falls are suspected, and what the eyes noted about the pictures."""
    with Eyes(model=FallModel.load()) as eyes:
        events = [event for time_s, picture in pictures for event in eyes.look(picture, time_s)]
        return [event.time_s for event in events if event.state == FallState.SUSPECTED], eyes.notes


def tell(damage: str, results: dict[str, tuple[list[float], list[str]]], command: str) -> None:
    """Print one figure."""
    notes = Counter(note.partition(": ")[2].split(" since ")[0] for _, lines in results.values() for note in set(lines))
    falls = {clip: [round(at_s, 1) for at_s in times] for clip, (times, _) in results.items() if times}
    print(json.dumps({"figure": "damaged_clips", "command": command, "damage": damage, "clips": len(results),
                      "suspected": falls, "notes": dict(notes)}), flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data/falls")
    arguments.add_argument("--label", choices=("adl", "fall"), default="adl")
    arguments.add_argument("--every", type=int, default=8)
    arguments.add_argument("--only", default="", help="part of the clips' names")
    arguments.add_argument("--damage", nargs="*", default=[*DAMAGES, "cut"], choices=[*DAMAGES, "cut"])
    options = arguments.parse_args()
    names = [row["clip"] for row in labelled(options.data, options.only) if row["label"] == options.label]
    clips = {name: [one for one in Clip(options.data / name, RATE_HZ) if one[0] < LONGEST_S]
             for name in names[::options.every]}
    command = f"python bench/damaged_clips.py --label {options.label} --every {options.every}"
    for damage in options.damage:
        if damage == "cut":
            tell(damage, {f"{a} to {b} at {part}": suspected(cut(clips[a], clips[b], part))
                          for a, b in pairwise(clips) for part in MOMENTS[::2]}, command)
        else:
            tell(damage, {name: suspected(DAMAGES[damage](pictures)) for name, pictures in clips.items()}, command)


if __name__ == "__main__":
    main()

"""What Anban changes in Whisper's weights: low-rank updates (LoRA, Hu et al. 2021) learnt for care, old age and noise.

The updates (bench/train_ears.py) are added once, when the model is joined from its packages (dialogue/models.py).
"""
from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

ADAPTER = Path(__file__).with_name("whisper_base_adapter.npz")
_FORMAT = 6  # of ctranslate2's model.bin
_FLOAT16 = 4  # how it numbers this dtype


class LowRank(NamedTuple):
    """An update of one weight matrix (outputs, inputs): up @ down, float16."""
    up: np.ndarray    # (outputs, rank)
    down: np.ndarray  # (rank, inputs)


def load_adapter(path: Path = ADAPTER) -> dict[str, LowRank]:
    """The updates by the names of ctranslate2's variables. Raises ValueError where the file is missing or torn."""
    try:
        with np.load(path) as stored:
            names = sorted({name.rpartition(":")[0] for name in stored.files})
            return {name: LowRank(stored[f"{name}:up"], stored[f"{name}:down"]) for name in names}
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read ({error})") from error


def save_adapter(adapter: Mapping[str, LowRank], path: Path) -> None:
    np.savez_compressed(path, **{f"{name}:{side}": getattr(update, side).astype(np.float16)
                                 for name, update in adapter.items() for side in ("up", "down")})


def weights(model: bytearray) -> dict[str, np.ndarray]:
    """The float16 variables of a ctranslate2 model, by name, as views of `model`. Raises ValueError."""
    return {name: np.frombuffer(model, np.float16, int(np.prod(shape)), at).reshape(shape)
            for name, shape, kind, at in _variables(model) if kind == _FLOAT16}


def adapt(model: bytearray, adapter: Mapping[str, LowRank]) -> None:
    """Add the updates to the model in place. Raises ValueError where it is another model than they were learnt for."""
    found = weights(model)
    for name, (up, down) in adapter.items():
        if name not in found or found[name].shape != (up.shape[0], down.shape[1]):
            raise ValueError(f"no weights {name} of {up.shape[0]} x {down.shape[1]}")
        found[name] += up.astype(np.float32) @ down.astype(np.float32)


def _variables(model: bytearray) -> Iterator[tuple[str, tuple[int, ...], int, int]]:
    """(name, shape, kind, where its values begin) of each variable."""
    at = 0

    def number(form: str) -> int:
        nonlocal at
        value, = struct.unpack_from(form, model, at)
        at += struct.calcsize(form)
        return value

    def text() -> str:
        nonlocal at
        length = number("<H")
        at += length
        return bytes(model[at - length:at - 1]).decode(errors="replace")

    try:
        if (form := number("<I")) != _FORMAT:
            raise ValueError(f"format {form}, not {_FORMAT}, of ctranslate2")
        text(), number("<I")  # the specification and its revision
        for _ in range(number("<I")):
            name = text()
            shape = tuple(number("<I") for _ in range(number("<B")))
            kind, size = number("<B"), number("<I")
            if at + size > len(model):
                raise ValueError("the model ends too early")
            yield name, shape, kind, at
            at += size
    except struct.error as error:
        raise ValueError("the model ends too early") from error

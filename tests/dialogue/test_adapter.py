"""What is added to Whisper's weights while they are loaded."""
from __future__ import annotations

import importlib.util
import struct

import numpy as np
import pytest

from dialogue.adapter import LowRank, adapt, load_adapter, save_adapter, weights
from dialogue.models import WHISPER_PARTS, join_whisper


def model(values: np.ndarray, form: int = 6) -> bytearray:
    """A ctranslate2 model of one number, which is no float16, and one matrix."""
    def text(name: str) -> bytes:
        return struct.pack("<H", len(name) + 1) + name.encode() + b"\0"
    variables = (text("decoder/num_heads") + struct.pack("<BBI", 0, 2, 2) + struct.pack("<h", 8),
                 text("a/weight") + struct.pack("<BIIBI", 2, *values.shape, 4, values.nbytes) + values.tobytes())
    return bytearray(struct.pack("<I", form) + text("WhisperSpec") + struct.pack("<II", 3, len(variables))
                     + b"".join(variables) + struct.pack("<I", 0))


@pytest.fixture
def values():
    return np.arange(6, dtype=np.float16).reshape(2, 3)


def update(outputs: int = 2, inputs: int = 3) -> dict[str, LowRank]:
    return {"a/weight": LowRank(np.full((outputs, 1), 0.5, np.float16), np.ones((1, inputs), np.float16))}


def test_an_update_is_added_where_it_belongs_and_nowhere_else(values):
    plain, changed = model(values), model(values)
    adapt(changed, update())
    assert np.array_equal(weights(changed)["a/weight"], values + 0.5)
    weights(changed)["a/weight"][:] = values
    assert changed == plain


def test_updates_survive_being_written_down(tmp_path):
    save_adapter(update(), tmp_path / "adapter.npz")
    read = load_adapter(tmp_path / "adapter.npz")
    assert read.keys() == {"a/weight"}
    assert np.array_equal(read["a/weight"].up @ read["a/weight"].down, np.full((2, 3), 0.5))


def test_a_torn_or_missing_file_of_updates_is_named(tmp_path):
    path = tmp_path / "adapter.npz"
    save_adapter(update(), path)
    path.write_bytes(path.read_bytes()[:100])
    for broken in (path, tmp_path / "missing.npz"):
        with pytest.raises(ValueError, match=broken.name):
            load_adapter(broken)


@pytest.mark.parametrize(("outputs", "inputs"), [(3, 3), (2, 2)])
def test_another_model_is_refused(values, outputs, inputs):
    with pytest.raises(ValueError, match=r"a/weight of \d x \d"):
        adapt(model(values), update(outputs, inputs))


def test_another_format_is_refused(values):
    with pytest.raises(ValueError, match="format 7"):
        adapt(model(values, form=7), update())


@pytest.mark.parametrize("length", [0, 3, 20, 40])
def test_a_torn_model_is_refused(values, length):
    with pytest.raises(ValueError, match="ends too early|a/weight"):
        adapt(model(values)[:length], update())


def test_the_shipped_updates_fit_the_shipped_model(tmp_path):
    if not all(map(importlib.util.find_spec, WHISPER_PARTS)):
        pytest.skip("the packages of whisper-base are not installed")
    whole = bytearray((join_whisper(tmp_path / "whisper", adapter=None) / "model.bin").read_bytes())
    before = weights(bytearray(whole))
    adapt(whole, load_adapter())
    changes = [np.abs(after.astype(np.float32) - before[name]).max() for name, after in weights(whole).items()]
    assert np.isfinite(changes).all() and 0 < sum(change > 0 for change in changes) < len(changes)

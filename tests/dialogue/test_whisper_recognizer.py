"""What can be said of the Whisper engine without its model."""
from __future__ import annotations

import json

import pytest

from dialogue.whisper_recognizer import mended_tokenizer


@pytest.mark.parametrize("merges", [["Ġt o"], ["Ġ t", "Ġt o"], [["Ġt", "o"]]])
def test_the_merge_that_the_common_conversion_lost_is_put_back(tmp_path, merges):
    (tmp_path / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "added_tokens": [], "normalizer": None, "decoder": None, "truncation": None, "padding": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": None,
        "model": {"type": "BPE", "vocab": {"Ġ": 0, "t": 1, "o": 2, "Ġt": 3, "Ġto": 4}, "merges": merges}}))
    assert mended_tokenizer(tmp_path).encode(" to").ids == [4]

"""Wake words by their sound alone: models of microWakeWord, as many voice assistants use them (optional).

The package pymicro-wakeword brings four models and runs any other of that kind.
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np


class WakeWordError(RuntimeError):
    """A wake word cannot be listened for; the message says what to do."""


class WakeWords:
    """Listens for some wake words at once."""

    def __init__(self, models: Sequence[str]) -> None:
        """`models`: names of the package's own models, or paths of JSON files. Raises WakeWordError."""
        try:
            from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model
        except ImportError as error:
            raise WakeWordError(f"wake words need the package pymicro-wakeword ({error}); pip install 'anban[wake]', "
                                "or leave wake_word out of the site file's attention") from error
        try:
            self._models = [MicroWakeWord.from_config(Path(model)) if model.endswith(".json")
                            else MicroWakeWord.from_builtin(Model(model)) for model in models]
        except (OSError, ValueError, KeyError) as error:
            raise WakeWordError(f"a wake word's model cannot be loaded: {error}") from error
        self._features = MicroWakeWordFeatures()

    def accept(self, samples: np.ndarray) -> str:
        """The next sound, int16 (n,) at 16 kHz; the wake word that was just said, "" for none. It is told for some
        tenths of a second after its end."""
        found = ""
        for features in self._features.process_streaming(samples.tobytes()):
            for model in self._models:
                if model.process_streaming(features):
                    found = model.wake_word
        return found

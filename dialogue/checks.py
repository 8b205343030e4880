"""What `anban doctor` asks about the ears: is there a speech model for each language?"""
from __future__ import annotations

from robot.doctor import Check, Finding


def speech_models() -> Finding:
    from dialogue.models import list_models
    installed = [model for model in list_models() if model.path is not None]
    deaf = {"en", "zh", "ja"} - {language for model in installed for language in model.languages}
    if deaf:
        return Finding("error", f"no speech model for {', '.join(sorted(deaf))}", "anban models fetch whisper-base")
    return Finding("ok", ", ".join(model.name for model in installed))


CHECKS = [Check("speech models", speech_models, "anban models fetch whisper-base")]

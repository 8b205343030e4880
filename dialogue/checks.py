"""What `anban doctor` asks about the ears: is there a speech model for each language, do they hear beside the voice?"""
from __future__ import annotations

from robot.doctor import Check, Finding


def speech_models() -> Finding:
    from dialogue.models import list_models
    installed = [model for model in list_models() if model.path is not None]
    deaf = {"en", "zh", "ja"} - {language for model in installed for language in model.languages}
    if deaf:
        return Finding("error", f"no speech model for {', '.join(sorted(deaf))}", "anban models fetch whisper-base")
    return Finding("ok", ", ".join(model.name for model in installed))


def echo_canceller() -> Finding:
    from dialogue.own_voice import OwnVoice
    problem = OwnVoice(0.0).problem
    if problem:
        return Finding("warn", f"the robot hears nothing while it speaks: {problem}", "pip install pywebrtc-audio")
    return Finding("ok", "hears while it speaks")


CHECKS = [Check("speech models", speech_models, "anban models fetch whisper-base"),
          Check("echo canceller", echo_canceller, "pip install --force-reinstall pywebrtc-audio")]

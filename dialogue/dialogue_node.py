"""Ears and voice as a node: /audio/in -> intents; say and ask -> speech.

Reads   /audio/in (AudioChunk, 16 kHz), and what draws its attention (dialogue/attention_topics.py)
Writes  what it hears (dialogue/heard_topics.py), what it says (dialogue/loudspeaker_topics.py)
Serves  /say (Say), /ask (Ask)
"""
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import numpy as np
from anban_interfaces.action import Ask, Say
from anban_interfaces.msg import AudioChunk
from pydantic import Field
from rclpy.action import ActionServer, CancelResponse
from rclpy.task import Future

from dialogue.addressed import ASIDE, MUSIC, taken
from dialogue.asking import Awaited, ask
from dialogue.attention_topics import AttentionTopics
from dialogue.barge_in import Verdict
from dialogue.called import Names
from dialogue.delivery import Delivery, Speech
from dialogue.fixed_phrases import urgent
from dialogue.heard_topics import HeardTopics, slots
from dialogue.hearing import make_hearing
from dialogue.listener import Heard, Listener
from dialogue.loudspeaker_topics import LoudspeakerTopics
from dialogue.made_ahead import MadeAhead, texts_of
from dialogue.manner import AGAIN, LESS, told_manner
from dialogue.microphone import Microphone
from dialogue.own_voice import OwnVoice
from dialogue.phrases import PhraseError
from dialogue.question import Outcome, Question
from dialogue.recognizer import SAMPLE_RATE, Ears
from dialogue.recognizer_health import RecognizerHealth
from dialogue.speaker import AlsaSpeaker
from dialogue.speaking import Speaking
from dialogue.turn import Cancelled, Floor, Turn
from dialogue.unclear import Unclear
from dialogue.voice import Voice
from dialogue.wording import Addressee, Wording
from dialogue.worker import Worker
from robot.answers import DOUBT
from robot.resources import data_dir
from robot.ros import EVENT, CareNode, NodeParameters, seconds
from robot.site import load_site

PIECE = "music"  # the slot of a Say that names a piece to be played after it (robot/music.py)


class DialogueNode(CareNode):
    NAME = "dialogue"

    class Parameters(NodeParameters):
        speaker: Literal["topic", "alsa"] = Field("topic", description="topic: /audio/out; alsa: the sound card")
        alsa_device: str = Field("default", description="ALSA device, where speaker is alsa")
        whisper_model: str = Field("", description="folder of an own Whisper model; empty: the known one")
        recognizer_threads: int = Field(2, ge=1, le=16, description="CPU threads of Whisper")
        listen_while_speaking: bool = Field(True, description="false: hear nothing while the robot speaks")
        tail_s: float = Field(0.5, ge=0.0, le=2.0, description="without it: how long the own voice rings on [s]")

    # --- life ---------------------------------------------------------------------------------------------------------
    def setup(self) -> None:
        site = load_site(self.params.site)
        self._wording = Wording(site)
        guard = self.create_guard_condition(self._deliver)
        self._workers = hears, makes, reads = [Worker(name, guard.trigger) for name in ("hearing", "voice", "music")]
        self._told = HeardTopics(self)
        self._microphone = Microphone(self.now_s)
        self._drawn = AttentionTopics(self, site, self._touched)
        self._loudspeaker = LoudspeakerTopics(
            self, AlsaSpeaker(self.params.alsa_device) if self.params.speaker == "alsa" else None)
        self._speaking = Speaking(self._loudspeaker, self._own_voice())
        self._voice = Voice(self._wording.languages, site.robot.voice, data_dir() / "speech")
        self._delivery = Delivery(self._voice, self._loudspeaker, self._speaking, site, makes.submit, reads.submit,
                                  self.report)
        self._listener = Listener(Ears(self.params.whisper_model, self.params.recognizer_threads), Names.of(site))
        self._hearing = make_hearing(self._listener, hears, self)
        self._awaited = Awaited(self._hearing, self._wording.languages)
        self._unclear = Unclear()
        self._understanding: Callable[[], None] = lambda: None  # tells who asked that an answer is being understood
        self._floor = Floor()
        self._goals: dict[bytes, Turn] = {}
        self._recognizer = RecognizerHealth()
        self.create_subscription(AudioChunk, "/audio/in", self._on_audio, EVENT)
        self._servers = [ActionServer(self, action, name, execute, cancel_callback=self._on_cancel)
                         for action, name, execute in ((Say, "/say", self._on_say), (Ask, "/ask", self._on_ask))]
        self.create_timer(0.5, self._watch)
        self._report_recognizer()
        self._load()
        self._ahead = MadeAhead(self._voice, texts_of(site), makes.submit, self._delivery.report_voice)

    def stop(self) -> None:
        self._floor.cancel_all()

    def teardown(self) -> None:
        for server in self._servers:
            server.destroy()
        for worker in self._workers:
            worker.close()
        self._voice.close()
        self._loudspeaker.close()

    def _deliver(self) -> None:
        for worker in self._workers:
            worker.deliver()

    def _own_voice(self) -> OwnVoice:
        return OwnVoice(self.params.tail_s, self.params.listen_while_speaking)

    def _load(self, _: Any = None) -> None:
        self._workers[0].submit(lambda: self._listener.prepare(self._wording.languages), self._on_loaded)

    def _on_loaded(self, engine: str | None, error: Exception | None) -> None:
        if error:
            self._loudspeaker.after(self._recognizer.not_loaded(error), self._load)
            self._awaited.give(self._recognizer.deaf)
        else:
            self._recognizer.loaded(engine, self._wording.languages)
        self._report_recognizer()

    def _report_recognizer(self) -> None:
        self.report("recognizer", *self._recognizer.health(self.now_s))

    def _watch(self) -> None:
        """Twice a second: whether it hears and can be heard, and whatever must not wait for sound that never comes."""
        health = self._microphone.health(self.now_s)
        self.report("microphone", health.level, health.message)
        mute = self._loudspeaker.problem
        self.report("loudspeaker", "error" if mute else "ok", mute or "plays")
        own_voice = self._speaking.own_voice
        self.report("own voice", "warn" if own_voice.problem else "ok", own_voice.state)
        self._report_recognizer()
        if health.level == "stale":
            self._hearing.interrupt()
        if self._awaited.overdue(self.now_s) and not self._microphone.usable(self.now_s):
            self._awaited.give(health.message)
        if self._floor.free:
            self._ahead.make_next()
            self._loudspeaker.clear()

    # --- hearing ------------------------------------------------------------------------------------------------------
    def _on_audio(self, message: AudioChunk) -> None:
        if message.sample_rate != SAMPLE_RATE:
            self._microphone.refuse(message.sample_rate, self.now_s)
            return
        samples, begin_s = np.array(message.samples, np.int16), seconds(message.header.stamp)
        end_s = begin_s + len(samples) / SAMPLE_RATE
        if end_s < self._microphone.last_s - 1.0:  # the clock was set back: a simulation began anew
            self._awaited.shift(end_s - self._microphone.last_s)
            self._microphone, self._speaking.own_voice = Microphone(self.now_s), self._own_voice()
            self._hearing.interrupt()
        self._microphone.hear(samples, end_s, self.now_s)
        self._drawn.hear(samples, end_s)
        others = self._speaking.own_voice.hear(samples, begin_s)
        if others is None:
            self._hearing.interrupt()
        elif not self._recognizer.deaf:
            self._hearing.accept(*others)
        self._speaking.talked(end_s)
        if self._awaited.overdue(end_s) and not self._hearing.busy and self._microphone.usable(self.now_s):
            self._awaited.give(None)

    def speech_began(self, time_s: float) -> None:
        self._speaking.own_voice.speech_began(time_s)
        self._told.speaks(time_s, True)

    def speech_so_far(self, text: str) -> None:
        if text:
            self._told.so_far(text, self._hearing.languages[0], self.now_s)

    def speech_over(self) -> None:
        self._speaking.own_voice.speech_ended()
        if self._awaited.open:
            self._understanding()

    def heard(self, heard: Heard | None) -> None:
        self._told.speaks(self.now_s, False)
        music, verdict = self._speaking.music, self._speaking.heard(heard)
        if verdict is Verdict.OWN:
            return
        is_taken = taken(heard, verdict, music, self._awaited.open, self._awaited.takes(heard.began_s),
                         lambda: self._drawn.attention.why(heard.understood, heard.began_s, heard.ended_s,
                                                           heard.named, self._speaking.spoken_s))
        why = MUSIC if music else ASIDE if is_taken.aside else is_taken.why
        self._told.said(heard, is_taken, self._unclear.of(
            heard.understood, heard.transcript.text, heard.transcript.language, why, heard.named, heard.ended_s))
        self._recognizer.understood(self._microphone.last_s - heard.ended_s, self.now_s)
        self._report_recognizer()
        if not is_taken.meant:
            return
        again = heard.understood.intent in AGAIN and self._delivery.remembers(heard.ended_s)
        if is_taken.of_music or again:
            self._delivery.asked(heard.understood.intent, LESS in heard.understood.slots)
        if heard.understood.intent and not is_taken.answers:
            self._spoke("", heard)
        if is_taken.answers:
            self._awaited.give(heard)
        elif again and self._floor.free:
            how = told_manner(heard.understood.intent, LESS in heard.understood.slots)
            self.executor.create_task(self._say_again, how)

    def _spoke(self, resident_id: str, heard: Heard) -> None:
        """They are from now on spoken to in the language in which they spoke, if it was heard for sure; the mission
        judges alike."""
        if heard.confidence < DOUBT:
            return
        self._wording.spoke(resident_id, heard.transcript.language)
        self._awaited.listens_in(self._wording.languages)

    def _touched(self) -> None:
        """Who touches it without a word is asked what they want."""
        if not self._hearing.busy:
            self._told.called(self._wording.languages[0], self.now_s)

    def recognition_failed(self, error: Exception) -> None:
        self._recognizer.failed(error)
        self._report_recognizer()

    # --- say and ask --------------------------------------------------------------------------------------------------
    async def _on_say(self, goal: Any) -> Say.Result:
        request, result = goal.request, Say.Result()

        async def act(turn: Turn) -> bool:
            to = self._wording.addressee(request.resident_id, request.language)
            source = next((slot.value for slot in request.slots if slot.name == PIECE), "")
            music = await self._delivery.read(turn, source) if source else None
            if isinstance(music, Exception):
                request.phrase = "music.unreadable"
            words, alarm = self._words(request, to), urgent(request.phrase)
            goal.publish_feedback(Say.Feedback(phase="synthesising"))
            result.message = await self._delivery.say(
                turn, Speech(words, to, alarm), holds=alarm,
                begins=lambda: goal.publish_feedback(Say.Feedback(phase="speaking"))) or self._delivery.broken_off
            if not result.message:
                result.said = words
                if music:
                    result.message = str(music) if isinstance(music, Exception) else \
                        await self._delivery.play(turn, music, to)
            result.success = not result.message
            return result.success

        result.message = await self._turn(goal, act) or result.message
        return result

    async def _on_ask(self, goal: Any) -> Ask.Result:
        request, result = goal.request, Ask.Result(outcome=Outcome.FAILED.value)
        question = Question(list(request.expected), max(1, request.attempts), request.wishes)

        def now(phase: str) -> None:
            goal.publish_feedback(Ask.Feedback(phase=phase, attempt=question.attempt))

        async def act(turn: Turn) -> bool:
            to = self._wording.addressee(request.resident_id, request.language)

            async def say(text: str) -> str:
                return await self._delivery.say(turn, Speech(text, to, urgent(request.phrase)),
                                                begins=lambda: now("speaking")) or self._recognizer.deaf

            async def listen() -> Heard | str | None:
                now("listening")
                self._understanding = lambda: now("understanding")
                try:
                    return await turn.wait(lambda done: self._awaited.begin(
                        question.awaited, to.languages, self.now_s, request.wait_s, self._speaking.own_voice, done))
                finally:
                    self._awaited.end()

            outcome, result.message = await ask(
                question, lambda: self._words(request, to), lambda key: self._wording.phrase(key, to), say,
                lambda: self._speaking.cut, listen)
            result.outcome = outcome.value
            if question.meant:
                self._spoke(request.resident_id, question.last)
            return True

        result.message = await self._turn(goal, act) or result.message
        result.attempts = question.attempt
        if question.last is not None:
            result.heard, result.confidence = question.last.transcript.text, question.last.confidence
            if result.outcome == Ask.Result.ANSWERED:
                result.intent, result.slots = question.meant.intent, slots(question.meant.slots)
        return result

    def _words(self, request: Any, to: Addressee) -> str:
        if not request.phrase:
            return request.text
        return self._wording.phrase(request.phrase, to, {slot.name: slot.value for slot in request.slots})

    async def _say_again(self, how: str) -> None:
        """What was said last once more, for whoever asked for it by the way; `how`: the phrase before it, or ""."""
        turn = Turn(Future)
        with suppress(Cancelled):
            try:
                await self._floor.take(turn)
                await self._delivery.say_again(turn, lambda to: self._wording.phrase(how, to) if how else "")
            finally:
                self._floor.leave(turn)

    async def _turn(self, goal: Any, act: Callable[[Turn], Any]) -> str:
        """Give the goal its turn and end it as `act` returns. The reason why it could not be done, or ""."""
        turn = self._goals[bytes(goal.goal_id.uuid)] = Turn(Future)
        try:
            await self._floor.take(turn)
            goal.succeed() if await act(turn) else goal.abort()
            return ""
        except PhraseError as error:
            goal.abort()
            return str(error)
        except Cancelled:
            goal.canceled() if goal.is_cancel_requested else goal.abort()
            return "cancelled"
        finally:
            self._goals.pop(bytes(goal.goal_id.uuid), None)
            self._floor.leave(turn)

    def _on_cancel(self, goal: Any) -> CancelResponse:
        turn = self._goals.get(bytes(goal.goal_id.uuid))
        if turn:
            turn.cancel()
        return CancelResponse.ACCEPT

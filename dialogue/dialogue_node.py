"""Ears and voice as a node: /audio/in -> intents; say and ask -> speech.

Reads   /audio/in (AudioChunk, 16 kHz), and what draws its attention (dialogue/attention_topics.py)
Writes  /intents (Intent: what was meant for the robot), /overheard (Intent: what was not),
        /humans/voices/tracked (IdsList), /humans/voices/<id>/speech (LiveSpeech),
        /robot/face (String: the caption of what is being said), /audio/out (AudioChunk; empty: stop)
Serves  /say (Say), /ask (Ask)
"""
from __future__ import annotations

from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, time
from typing import Any, Literal

import numpy as np
from anban_interfaces.action import Ask, Say
from anban_interfaces.msg import AudioChunk, Intent, Slot
from hri_msgs.msg import IdsList, LiveSpeech
from pydantic import Field
from rclpy.action import ActionServer, CancelResponse
from rclpy.task import Future
from std_msgs.msg import Header, String

from dialogue.attention import NEEDS_NONE
from dialogue.attention_topics import AttentionTopics
from dialogue.barge_in import Verdict
from dialogue.called import Names
from dialogue.fixed_phrases import fixed_sentences, urgent
from dialogue.hearing import make_hearing
from dialogue.intents import ANSWERS, CALLED
from dialogue.listener import Heard, Listener
from dialogue.manner import AGAIN, Manner, Tone, tone
from dialogue.microphone import Microphone
from dialogue.music import parts, sound_of
from dialogue.own_voice import OwnVoice
from dialogue.phrases import PhraseError, Phrases, load_phrases
from dialogue.question import Outcome, Question
from dialogue.recital import Recital
from dialogue.recognizer import SAMPLE_RATE, Ears
from dialogue.sound import Sound
from dialogue.speaker import AlsaSpeaker
from dialogue.speaking import Speaking
from dialogue.turn import Cancelled, Floor, Turn
from dialogue.voice import Voice
from dialogue.worker import Worker
from robot.resources import data_dir
from robot.ros import EVENT, LATCHED, CareNode, NodeParameters, seconds, stamp
from robot.site import Resident, load_site

VOICE_ID = "voice1"   # who speaks is not told apart: one voice at a time
REMEMBER_S = 60.0     # "say that again" means what was said within the last minute
MUSIC = "music"       # the slot of a Say that names a piece to be played after it (robot/music.py)
CAPTION_S = 10.0      # how long a caption stays after the speech: time to read it twice


class DialogueNode(CareNode):
    NAME = "dialogue"

    class Parameters(NodeParameters):
        language: Literal["", "en", "zh", "ja", "ko"] = Field("", description="of all speech; empty: the residents'")
        speaker: Literal["topic", "alsa"] = Field("topic", description="topic: /audio/out; alsa: the sound card")
        alsa_device: str = Field("default", description="ALSA device, where speaker is alsa")
        whisper_model: str = Field("", description="folder of an own Whisper model; empty: the known one")
        recognizer_threads: int = Field(2, ge=1, le=16, description="CPU threads of Whisper")
        listen_while_speaking: bool = Field(True, description="false: hear nothing while the robot speaks")
        tail_s: float = Field(0.5, ge=0.0, le=2.0, description="without it: how long the own voice rings on [s]")

    # --- life ---------------------------------------------------------------------------------------------------------
    def setup(self) -> None:
        self._site = load_site(self.params.site)
        own = self.params.language
        self._languages = (own,) if own else tuple(dict.fromkeys(r.language for r in self._site.residents))
        self._phrases: dict[str, Phrases] = {}
        guard = self.create_guard_condition(self._deliver)
        self._ears_worker, self._voice_worker = Worker("hearing", guard.trigger), Worker("voice", guard.trigger)
        self._music_worker = Worker("music", guard.trigger)  # an alarm's words must not wait for a file
        listener = Listener(Ears(self.params.whisper_model, self.params.recognizer_threads), Names.of(self._site))
        self._hearing = make_hearing(listener, self._ears_worker, self)
        self._hearing.languages = self._languages
        self._voice = Voice(self._languages, self._site.robot.voice, data_dir() / "speech")
        self._ahead = deque(self._fixed_phrases())  # what is still to be made before it is needed
        self._alsa = AlsaSpeaker(self.params.alsa_device) if self.params.speaker == "alsa" else None
        self._microphone = Microphone(self.now_s)
        self._drawn = AttentionTopics(self, self._site, self._touched)
        self._speaking = Speaking(self, OwnVoice(self.params.tail_s, self.params.listen_while_speaking))
        self._floor = Floor()
        self._goals: dict[bytes, Turn] = {}
        self._deaf: str | None = None             # why nothing can be understood; None: still loading
        self._when_loaded: list[Callable] = []
        self._manners: dict[str, Manner] = defaultdict(Manner)   # by resident
        self._last: tuple[str, str, Resident | None, bool] | None = None  # what, in which language, to whom, urgent
        self._last_s = -REMEMBER_S                # when it had been said
        self._spoken_to = ""
        self._answer: Callable[[Heard | str | None], None] | None = None  # whom an Ask waits for
        self._asking: tuple[Any, Question] | None = None
        self._listen_s = self._deadline_s = self._caption_until_s = 0.0
        self._intents = self.create_publisher(Intent, "/intents", EVENT)
        self._overheard = self.create_publisher(Intent, "/overheard", EVENT)
        self._tracked = self.create_publisher(IdsList, "/humans/voices/tracked", EVENT)
        self._speech = self.create_publisher(LiveSpeech, f"/humans/voices/{VOICE_ID}/speech", EVENT)
        self._face = self.create_publisher(String, "/robot/face", LATCHED)
        self._out = self.create_publisher(AudioChunk, "/audio/out", EVENT)
        self.create_subscription(AudioChunk, "/audio/in", self._on_audio, EVENT)
        self._servers = [ActionServer(self, action, name, execute, cancel_callback=self._on_cancel)
                         for action, name, execute in ((Say, "/say", self._on_say), (Ask, "/ask", self._on_ask))]
        self.create_timer(0.5, self._watch)
        self._ears_worker.submit(lambda: listener.prepare(self._languages), self._on_loaded)
        self._making_ahead = True
        self._voice_worker.submit(self._voice.prepare, self._on_prepared)

    def stop(self) -> None:
        self._floor.cancel_all()

    def teardown(self) -> None:
        for server in self._servers:
            server.destroy()
        for worker in (self._ears_worker, self._voice_worker, self._music_worker):
            worker.close()
        self._voice.close()
        if self._alsa:
            self._alsa.stop()

    def _deliver(self) -> None:
        self._ears_worker.deliver()
        self._voice_worker.deliver()
        self._music_worker.deliver()

    def _on_loaded(self, engine: str | None, error: Exception | None) -> None:
        self._deaf = str(error or "")
        languages = ", ".join(self._languages)
        self.report("recognizer", "error" if error else "ok", self._deaf or f"{engine} hears {languages}")
        for resolve in self._when_loaded:
            resolve(None)

    def _report_voice(self, problem: str) -> None:
        problem = problem or (self._alsa.problem() if self._alsa else "")
        level = "error" if problem else "warn" if self._voice.problem else "ok"
        self.report("voice", level, problem or self._voice.problem or "speaks")

    def _fixed_phrases(self) -> Iterator[tuple[str, str, Tone]]:
        """What a resident will hear again and again, with the language and the tone of the day."""
        for resident in self._site.residents:
            language = self.params.language or resident.language
            if language not in self._site.robot.voice:
                continue
            for text in fixed_sentences(load_phrases(language), language, resident, self._site.medication):
                yield text, language, tone(resident, Manner(), None, time(), urgent=False)

    def _on_prepared(self, _: Any, error: Exception | None) -> None:
        self._making_ahead = False
        self._report_voice(str(error or ""))

    def _make_ahead(self) -> None:
        """One sentence more of those that will be needed, while nobody speaks."""
        if self._ahead and self._floor.free and not self._making_ahead:
            self._making_ahead = True
            text, language, (rate, _, pitch) = self._ahead[0]
            self._voice_worker.submit(lambda: self._voice.make_ahead(text, language, rate, pitch), self._on_made_ahead)

    def _on_made_ahead(self, over: bool, error: Exception | None) -> None:
        self._making_ahead = False
        if over or error:
            self._ahead.popleft()
        self._report_voice(str(error or ""))

    # --- hearing ------------------------------------------------------------------------------------------------------
    def _on_audio(self, message: AudioChunk) -> None:
        if message.sample_rate != SAMPLE_RATE:
            self.report("audio", "error", f"/audio/in comes at {message.sample_rate} Hz; it must have {SAMPLE_RATE}")
            return
        samples, begin_s = np.array(message.samples, np.int16), seconds(message.header.stamp)
        end_s = begin_s + len(samples) / SAMPLE_RATE
        if end_s < self._microphone.last_s - 1.0:  # the clock was set back: a simulation began anew
            self._microphone = Microphone(begin_s)
            self._speaking.own_voice = OwnVoice(self.params.tail_s, self.params.listen_while_speaking)
            self._hearing.interrupt()
        self._microphone.hear(samples, end_s)
        self._drawn.hear(samples, end_s)
        others = self._speaking.own_voice.hear(samples, begin_s)
        if others is None:
            self._hearing.interrupt()
        elif self._deaf == "":
            self._hearing.accept(*others)
        self._speaking.talked(end_s)
        if self._answer and end_s >= self._deadline_s and not self._hearing.busy and self._microphone.usable(end_s):
            self._answer(None)

    def speech_began(self, time_s: float) -> None:
        self._speaking.own_voice.speech_began(time_s)
        self._tracked.publish(IdsList(header=self._header(time_s), ids=[VOICE_ID]))

    def speech_so_far(self, text: str) -> None:
        if text:
            self._speech.publish(LiveSpeech(header=self._header(self.now_s), incremental=text,
                                            locale=self._hearing.languages[0]))

    def speech_over(self) -> None:
        self._speaking.own_voice.speech_ended()
        if self._answer and self._asking:
            self._feedback(self._asking[0], "understanding", self._asking[1])

    def heard(self, heard: Heard | None) -> None:
        self._tracked.publish(IdsList(header=self._header(self.now_s)))
        music, verdict = self._speaking.music, self._speaking.heard(heard)
        if verdict is Verdict.OWN:
            return
        transcript, understood, header = heard.transcript, heard.understood, self._header(heard.ended_s)
        self._speech.publish(LiveSpeech(header=header, final=transcript.text, confidence=transcript.confidence,
                                        locale=transcript.language))
        of_music = music and understood.intent in AGAIN and understood.sure
        aside = verdict is Verdict.ASIDE and not of_music
        asked = not aside and self._answer and heard.began_s >= self._listen_s
        meant = asked or not aside and (
            understood.call_for_help or understood.intent in NEEDS_NONE or of_music or self._drawn.attention.why(
                heard.began_s, heard.ended_s, heard.named, self._last_s))
        # Nothing is settled by the gist of what was said by the way.
        settled = not aside and (understood.sure or self._answer or understood.intent not in ANSWERS)
        (self._intents if meant else self._overheard).publish(Intent(
            header=header, intent=understood.intent if settled else "", text=transcript.text,
            language=transcript.language, confidence=heard.confidence, voice_id=VOICE_ID,
            call_for_help=understood.call_for_help and not aside, slots=_slots(understood.slots)))
        self.report("recognizer", "ok", "hears")
        if not meant:
            return
        if of_music or understood.intent in AGAIN and heard.ended_s - self._last_s < REMEMBER_S:
            self._manners[self._spoken_to].asked(understood.intent)
        if asked:
            self._answer(heard)
        elif understood.intent in AGAIN and self._floor.free and heard.ended_s - self._last_s < REMEMBER_S:
            self.executor.create_task(self._say_again)

    def _touched(self) -> None:
        """Who touches it without a word is asked what they want."""
        if not self._hearing.busy:
            self._intents.publish(Intent(header=self._header(self.now_s), intent=CALLED, confidence=1.0,
                                         language=self._languages[0]))

    def recognition_failed(self, error: Exception) -> None:
        self.report("recognizer", "error", f"recognition failed: {error}")

    def _watch(self) -> None:
        """Twice a second: the microphone's health, and whatever must not wait for sound that never comes."""
        health = self._microphone.health(self.now_s)
        self.report("microphone", health.level, health.message)
        own_voice = self._speaking.own_voice
        self.report("own voice", "warn" if own_voice.problem else "ok", own_voice.state)
        if self._answer and self.now_s >= self._deadline_s and not self._microphone.usable(self.now_s):
            self._answer(health.message)
        self._make_ahead()
        if 0.0 < self._caption_until_s <= self.now_s and self._floor.free:
            self._caption_until_s = 0.0
            self._face.publish(String(data=""))

    # --- say and ask --------------------------------------------------------------------------------------------------
    async def _on_say(self, goal: Any) -> Say.Result:
        result = Say.Result()

        async def act(turn: Turn) -> bool:
            request = goal.request
            resident, language = self._addressee(request)
            source = next((slot.value for slot in request.slots if slot.name == MUSIC), "")
            music = await self._music(turn, source) if source else None
            if isinstance(music, Exception):
                request.phrase = "music.unreadable"
            result.said = self._text(request, language, resident)
            self._feedback(goal, "synthesising")
            result.message = await self._speak(goal, turn, result.said, language, resident, urgent(request.phrase))
            if music and not result.message:
                result.message = str(music) if isinstance(music, Exception) else \
                    await self._play_music(turn, music, language, resident)
            result.success = not result.message
            return result.success

        result.message = await self._turn(goal, act) or result.message
        return result

    async def _on_ask(self, goal: Any) -> Ask.Result:
        request, result = goal.request, Ask.Result(outcome=Outcome.FAILED.value)
        question = Question(list(request.expected), max(1, request.attempts))

        async def act(turn: Turn) -> bool:
            resident, language = self._addressee(request)
            if self._deaf is None:
                await turn.wait(self._when_loaded.append)
            outcome = None
            while outcome is None:
                text = self._phrase(question.confirmation, language, resident, {}) if question.confirmation else \
                    self._text(request, language, resident)
                if question.apologise:
                    text = f"{self._phrase('dialogue.not_understood', language, resident, {})} {text}"
                question.asked()
                result.message = await self._speak(goal, turn, text, language, resident, urgent(request.phrase),
                                                    question) or self._deaf
                if result.message:
                    return True
                heard = self._speaking.cut
                if heard is None or not (heard.understood.call_for_help or heard.understood.intent in question.awaited):
                    self._feedback(goal, "listening", question)
                    heard = await turn.wait(lambda done: self._listen(goal, question, language, request.wait_s, done))
                if isinstance(heard, str):
                    result.message = heard
                    return True
                outcome = question.heard(heard) if heard else question.silence()
            result.outcome = outcome.value
            return True

        result.message = await self._turn(goal, act) or result.message
        result.attempts = question.attempt
        if question.last is not None:
            result.heard, result.confidence = question.last.transcript.text, question.last.confidence
            if result.outcome == Ask.Result.ANSWERED:
                result.intent, result.slots = question.meant.intent, _slots(question.meant.slots)
        return result

    async def _say_again(self) -> None:
        """What was said last once more, for whoever asked for it by the way."""
        turn = Turn(Future)
        with suppress(Cancelled):
            try:
                await self._floor.take(turn)
                await self._speak(None, turn, *self._last)
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
            self._stop_listening()
            self._goals.pop(bytes(goal.goal_id.uuid), None)
            self._floor.leave(turn)

    def _on_cancel(self, goal: Any) -> CancelResponse:
        turn = self._goals.get(bytes(goal.goal_id.uuid))
        if turn:
            turn.cancel()
        return CancelResponse.ACCEPT

    def _listen(self, goal: Any, question: Question, language: str, wait_s: float, done: Callable) -> None:
        def answer(heard: Heard | str | None) -> None:
            self._stop_listening()
            done(heard)
        self._answer, self._asking = answer, (goal, question)
        self._hearing.languages, self._hearing.expected = (language,), question.awaited
        own_voice = self._speaking.own_voice
        self._listen_s = min(self.now_s, own_voice.sense_s)
        self._deadline_s = max(self.now_s, own_voice.quiet_s) + wait_s

    def _stop_listening(self) -> None:
        self._answer = self._asking = None
        self._hearing.languages, self._hearing.expected = self._languages, ()

    async def _speak(self, goal: Any, turn: Turn, text: str, language: str, resident: Resident | None,
                     urgent: bool = False, question: Question | None = None) -> str:
        """Say it, and wait until it has sounded. Returns why it could not, or "". Raises Cancelled."""
        self._last, self._spoken_to = (text, language, resident, urgent), resident.id if resident else ""
        how = self._tone(resident, urgent)
        parts = self._voice.parts(text, language)
        recital = Recital(parts, lambda part: self._voice.kept(part, language, *how),
                          lambda part: self._voice.say(part, language, *how), self._voice_worker.submit)
        self._speaking.begin(holds=urgent and question is None)
        try:
            for number, part in enumerate(parts):
                sound = await turn.wait(recital.next)
                if not isinstance(sound, Sound):
                    self._report_voice(str(sound))
                    return str(sound)
                if number == 0:
                    self._face.publish(String(data=text))
                    self._feedback(goal, "speaking", question)
                problem = await self._speaking.say(turn, sound, part, language, recital.wait_s(sound), recital.left > 0)
                self._report_voice(problem)
                if problem:
                    return problem
                if self._speaking.cut:
                    break
        finally:
            recital.stop()
        return "the sound card refuses to play" if self._alsa and self._alsa.failed else ""

    async def _music(self, turn: Turn, source: str) -> Sound | Exception:
        """The piece, or why it cannot be played. Raises Cancelled."""
        music = await turn.wait(lambda done: self._music_worker.submit(
            lambda: sound_of(source), lambda sound, error: done(error or sound)))
        unreadable = isinstance(music, Exception)
        self.report("music", "warn" if unreadable else "ok", str(music) if unreadable else "plays")
        return music

    async def _play_music(self, turn: Turn, music: Sound, language: str, resident: Resident | None) -> str:
        """Play it to its end. Returns why it was not, or "". Raises Cancelled."""
        left = [] if self._speaking.cut else list(parts(music))
        problem = ""
        while left and not (problem or self._speaking.cut):
            part = left.pop(0)
            problem = await self._speaking.say(turn, part, "", language, part.duration_s, bool(left),
                                               lambda: self._tone(resident, False).volume)
        return "broken off by what was said" if self._speaking.cut else problem

    def _tone(self, resident: Resident | None, urgent: bool) -> Tone:
        local = datetime.fromtimestamp(self.now_s, self._site.zone).time()
        return tone(resident, self._manners[resident.id if resident else ""], self._site.robot.night, local, urgent)

    # --- Loudspeaker --------------------------------------------------------------------------------------------------
    def play(self, sound: Sound) -> str:
        now_s = self.now_s
        if not self._speaking.music:  # beside which people talk with one another
            self._last_s = now_s + sound.duration_s
        self._caption_until_s = now_s + sound.duration_s + CAPTION_S
        if self._alsa:
            return self._alsa.play(sound)
        self._out.publish(AudioChunk(header=self._header(now_s), sample_rate=sound.rate_hz,
                                     samples=array("h", sound.samples.tobytes())))
        return ""

    def silence(self) -> None:
        if self._alsa:
            self._alsa.stop()
        else:
            self._out.publish(AudioChunk(header=self._header(self.now_s), sample_rate=SAMPLE_RATE))
        self._caption_until_s = self.now_s

    # --- small things -------------------------------------------------------------------------------------------------
    def _addressee(self, request: Any) -> tuple[Resident | None, str]:
        """Who is spoken to (None: nobody of the site) and in which language."""
        resident = next((r for r in self._site.residents if r.id == request.resident_id), None)
        own = resident.language if resident else self._languages[0]
        return resident, request.language or self.params.language or own

    def _text(self, request: Any, language: str, resident: Resident | None) -> str:
        if not request.phrase:
            return request.text
        return self._phrase(request.phrase, language, resident, {slot.name: slot.value for slot in request.slots})

    def _phrase(self, key: str, language: str, resident: Resident | None, slots: dict[str, str]) -> str:
        if language not in self._phrases:
            self._phrases[language] = load_phrases(language)
        names = resident.name if resident else {}
        name = names.get(language) or next(iter(names.values()), "")
        return self._phrases[language].next(key, {"name": name, **slots}, resident.id if resident else "")

    def _feedback(self, goal: Any, phase: str, question: Question | None = None) -> None:
        if goal is None:
            return
        if question is None:
            goal.publish_feedback(Say.Feedback(phase=phase))
        else:
            goal.publish_feedback(Ask.Feedback(phase=phase, attempt=question.attempt))

    def after(self, duration_s: float, done: Callable) -> None:
        """Call `done` once, this much ROS time from now."""
        def over() -> None:
            timer.cancel()
            self.destroy_timer(timer)
            done(None)
        timer = self.create_timer(max(1e-3, duration_s), over)

    def _header(self, time_s: float) -> Header:
        return Header(stamp=stamp(time_s))


def _slots(slots: dict[str, str]) -> list[Slot]:
    return [Slot(name=name, value=value) for name, value in slots.items()]

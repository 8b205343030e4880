// The live board: shows regions as the server sends them, rings, answers alarms, and never goes stale in silence.
"use strict";

const SILENT_MS = 7000;          // the server's beat comes every 2 s
const RING_AGAIN_MS = { high: 8000, medium: 15000, low: 60000 };
const RANK = { notice: 0, low: 1, medium: 2, high: 3 };
const byId = (id) => document.getElementById(id);
const texts = JSON.parse(byId("texts").textContent);
const csrf = document.querySelector("meta[name=csrf]").content;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// --- what is painted is told to whoever measures ---------------------------------------------------------------------
const shown = new Map();         // what is on the page: key -> state
function announcePainted(root) {
  const fresh = [];
  for (const element of root.querySelectorAll("[data-shown]")) {
    const { shown: what, shownId: id, state = "", priority = "", code = "", detail = "" } = element.dataset;
    const key = `${what} ${id} ${code}`, now = `${state} ${priority} ${detail}`;
    if (shown.get(key) === now) continue;
    shown.set(key, now);
    fresh.push({ what, id, state, priority, code, detail, received_ms: Number(element.dataset.receivedMs) || null });
  }
  if (fresh.length) requestAnimationFrame(() => requestAnimationFrame(() => {
    for (const item of fresh)
      window.dispatchEvent(new CustomEvent("anban:shown", { detail: { ...item, at_ms: Date.now() } }));
  }));
}

// --- regions: unchanged cards stay the same nodes, so that pictures do not flicker and focus is not lost -----------------
const sources = new Map();
function show(name, html) {
  const region = document.querySelector(`[data-region="${name}"]`);
  const template = document.createElement("template");
  template.innerHTML = html;
  const active = document.activeElement;
  const focus = region.contains(active) && active.closest("[data-keep]")
    ? [active.closest("[data-keep]").id, active.dataset.action] : null;
  for (const fresh of template.content.querySelectorAll("[data-keep]")) {
    const old = byId(fresh.id), source = fresh.outerHTML;
    if (old && sources.get(fresh.id) === source) { fresh.replaceWith(old); continue; }
    sources.set(fresh.id, source);
    const picture = fresh.querySelector(".snapshot img"), before = old && old.querySelector(".snapshot img");
    if (picture && before && picture.getAttribute("src") === before.getAttribute("src")) picture.replaceWith(before);
    if (!old && !connecting) fresh.classList.add("new");
  }
  region.replaceChildren(template.content);
  if (focus) {
    const card = byId(focus[0]);
    const target = card && (card.querySelector(`[data-action="${focus[1]}"]`) || card.querySelector("[data-action]"));
    if (target) target.focus({ preventScroll: true }); else region.focus({ preventScroll: true });
  }
  tellAges();
  if (name === "alarms") alarmsChanged();
  announcePainted(region);
}

// --- time: ages are counted by the clock of the robot that stamped them --------------------------------------------------
let clocks = {}, serverAheadMs = 0, siteAheadMs = null;
function age(seconds) {
  if (seconds < 3) return texts["ago.now"];
  const [unit, n] = seconds < 90 ? ["seconds", seconds] : seconds < 5400 ? ["minutes", seconds / 60]
    : seconds < 129600 ? ["hours", seconds / 3600] : ["days", seconds / 86400];
  return fill(texts[`ago.${unit}`], { n: Math.round(n) });
}
function tellAges() {
  const now = (Date.now() + serverAheadMs) / 1000;
  for (const element of document.querySelectorAll(".age[data-at-s]")) {
    const text = age(now - Number(element.dataset.atS) - (clocks[element.dataset.robot] || 0));
    if (element.textContent !== text) element.textContent = text;
  }
}
const siteTime = (ms) => siteAheadMs === null ? "" : new Date(ms + siteAheadMs).toISOString().slice(11, 19);

// --- alarms: title, sound, words for screen readers ----------------------------------------------------------------------
const announced = new Map();     // alarm -> rank at which it was last said
let loudest = null;
function alarmsChanged() {
  const cards = [...document.querySelectorAll('.card[data-state="raised"]')];
  const urgent = cards.filter((card) => card.dataset.priority !== "notice");
  for (const card of cards) {
    const rank = RANK[card.dataset.priority];
    if ((announced.get(card.dataset.alarmId) ?? -1) >= rank) continue;
    announced.set(card.dataset.alarmId, rank);
    const words = card.querySelector("blockquote");
    const sentence = [texts[`priority.${card.dataset.priority}`] + ": " + card.querySelector("h3").textContent,
      card.querySelector(".place").textContent.trim(), words ? words.textContent : ""].filter(Boolean).join(". ");
    byId(rank >= RANK.medium ? "say-now" : "say").textContent = sentence;
    if (rank > 0 && !connecting) {
      lastRing = 0;
      if (card === cards[0]) window.scrollTo({ top: 0, behavior: "smooth" });   // the most urgent comes into sight
    }
  }
  const before = loudest;
  loudest = urgent.length ? urgent[0].dataset.priority : null;
  if (loudest && (!before || RANK[loudest] > RANK[before])) lastRing = 0;
  document.body.dataset.alarm = loudest || "";
  tellTitle();
  ring();
}
function tellTitle() {
  const cards = document.querySelectorAll('.card[data-state="raised"]:not([data-priority="notice"])');
  const first = cards.length ? `(${cards.length}) ⚠ ${cards[0].querySelector("h3").textContent} · ` : "";
  document.title = (document.body.dataset.connection === "lost" ? `⚠ ${byId("lost-text").textContent} · ` : first)
    + texts["app.name"];
}

// Bursts after IEC 60601-1-8: ten pulses for high, three for medium, two for low, each with harmonics.
const BURSTS = { high: [0, 0.22, 0.44, 0.84, 1.06, 1.9, 2.12, 2.34, 2.74, 2.96], medium: [0, 0.35, 0.7], low: [0, 0.4],
  lost: [0, 0.25] };
const PITCH = { high: 740, medium: 560, low: 440, lost: 300 };
const sound = new AudioContext();
let lastRing = 0, muted = false;
const audible = () => sound.state === "running" && !muted;
function burst(kind) {
  for (const at of BURSTS[kind]) for (const [harmonic, volume] of [[1, 0.5], [2, 0.22], [3, 0.12], [4, 0.06]]) {
    const tone = sound.createOscillator(), gain = sound.createGain(), start = sound.currentTime + 0.02 + at;
    tone.frequency.value = PITCH[kind] * harmonic;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(volume, start + 0.02);
    gain.gain.setValueAtTime(volume, start + 0.12);
    gain.gain.linearRampToValueAtTime(0, start + 0.17);
    tone.connect(gain).connect(sound.destination);
    tone.start(start);
    tone.stop(start + 0.2);
  }
}
function ring() {
  tellSound();
  const lost = document.body.dataset.connection === "lost" && performance.now() - lostAt > 10000;
  const kind = loudest || (lost ? "lost" : null);
  if (!kind || !audible() || (lastRing && performance.now() - lastRing < (RING_AGAIN_MS[kind] || 30000))) return;
  lastRing = performance.now();
  burst(kind);
}
function tellSound() {
  document.body.dataset.sound = !audible() ? "off" : loudest ? "ringing" : "on";
  byId("sound").setAttribute("aria-pressed", String(audible()));
  byId("sound-text").textContent = texts[audible() ? "live.sound_on" : "live.sound_off"];
}
function wakeSound(event) {
  if (event.target.closest && event.target.closest("#sound")) return;
  if (sound.state !== "running" && !muted) sound.resume().then(ring);
}
document.addEventListener("pointerdown", wakeSound);
document.addEventListener("keydown", wakeSound);
byId("sound").addEventListener("click", async () => {
  if (audible()) muted = true;
  else { muted = false; await sound.resume(); if (!loudest) burst("low"); lastRing = 0; }
  ring();
});
sound.addEventListener("statechange", tellSound);

// --- the stream --------------------------------------------------------------------------------------------------------
let stream = null, heardAt = 0, heardDate = 0, lostAt = 0, retryMs = 500, connecting = true, waiting = null;
function heard() {
  heardAt = performance.now();
  heardDate = Date.now();
  retryMs = 500;
  if (document.body.dataset.connection === "live") return;
  if (document.body.dataset.connection === "lost") toast(texts["live.back"]);
  document.body.dataset.connection = "live";
  byId("live").textContent = texts["live.live"];
  byId("lost").hidden = true;
  tellTitle();
}
function lost() {
  if (stream) stream.close();
  stream = null;
  if (document.body.dataset.connection !== "lost") {
    lostAt = performance.now();
    document.body.dataset.connection = "lost";
    byId("lost-text").textContent = fill(texts["live.lost"], { time: siteTime(heardDate) || "–" });
    byId("lost").hidden = false;
    byId("live").textContent = "";
    tellTitle();
  }
  if (waiting === null) {
    waiting = setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 4000);
  }
}
async function connect() {
  waiting = null;
  heardAt = performance.now();
  if (document.body.dataset.connection === "lost") {       // a stream cannot tell why it was refused; a request can
    try {
      const answer = await fetch("/api/v1/alarms", { cache: "no-store", signal: AbortSignal.timeout(4000) });
      if (answer.status === 401) return location.assign("/login");
      if (!answer.ok) return lost();
    } catch { return lost(); }
  }
  stream = new EventSource("/live");
  stream.addEventListener("region", (event) => {
    heard();
    const { region, html } = JSON.parse(event.data);
    show(region, html);
    if (region === "rooms") connecting = false;            // the last region of the first round
  });
  stream.addEventListener("beat", (event) => {
    heard();
    const beat = JSON.parse(event.data);
    clocks = beat.clocks;
    serverAheadMs = beat.now_s * 1000 - Date.now();
    siteAheadMs = beat.site_s * 1000 - Date.now();         // the clock on the page is the site's, as on its alarms
    tellAges();
  });
  stream.addEventListener("error", lost);
}
setInterval(() => {
  byId("clock").textContent = siteTime(Date.now());
  tellAges();
  if (performance.now() - heardAt > SILENT_MS) lost();
  ring();
}, 1000);
document.addEventListener("visibilitychange", () => {       // a phone that slept may hold a dead line
  if (!document.hidden && performance.now() - heardAt > 4000) lost();
});
window.addEventListener("offline", lost);

// --- answers -----------------------------------------------------------------------------------------------------------
let toastTimer = 0;
function toast(text) {
  byId("toast").textContent = text;
  byId("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { byId("toast").hidden = true; }, 6000);
}
const underway = new Set();      // a button that was disabled would lose the keyboard's focus
async function answer(alarmId, action, note) {
  const key = `${action} ${alarmId}`;
  if (underway.has(key)) return;
  underway.add(key);
  try {
    const reply = await fetch(`/api/v1/alarms/${encodeURIComponent(alarmId)}/${action}`, {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ note }), signal: AbortSignal.timeout(10000) });
    if (reply.status === 401) return location.assign("/login");
    const outcome = await reply.json();
    if (!reply.ok) toast(typeof outcome.detail === "string" ? outcome.detail : texts["alarm.failed"]);
    else if (!outcome.first)
      toast(outcome.by_name ? fill(texts["alarm.first_was"], { name: outcome.by_name }) : texts["alarm.already"]);
  } catch { toast(texts["alarm.failed"]); }
  underway.delete(key);
}
let resolving = null;
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (!button) return;
  const card = button.closest("[data-alarm-id]");
  if (button.dataset.action === "acknowledge") answer(card.dataset.alarmId, "acknowledge", "");
  if (button.dataset.action === "enlarge") {
    byId("picture").querySelector("img").src = button.querySelector("img").src;
    byId("picture").showModal();
  }
  if (button.dataset.action === "resolve") {
    resolving = card.dataset.alarmId;
    byId("resolve-what").textContent = card.querySelector("h3").textContent;
    byId("note").value = "";
    byId("resolve").returnValue = "";
    byId("resolve").showModal();
  }
});
for (const choice of document.querySelectorAll("#resolve [data-note]"))
  choice.addEventListener("click", () => { byId("note").value = choice.dataset.note; byId("note").focus(); });
byId("resolve-cancel").addEventListener("click", () => byId("resolve").close(""));
byId("resolve").addEventListener("close", () => {
  if (byId("resolve").returnValue === "resolve") answer(resolving, "resolve", byId("note").value);
});

for (const card of document.querySelectorAll("[data-keep]")) sources.set(card.id, card.outerHTML);
alarmsChanged();
announcePainted(document);
connect();

// The page that reads passes at a desk: with the camera, with a scanner that types, or from a photo.
import { byId, make, show } from "/static/dom.js";
import { say, tried, words } from "/static/enjoy/asking.js";
import { Camera, codeInPhoto, warmUp } from "./camera.js";
import { ask, forgetPairing, judged, keepPairing, pairingIn, question, secretKept, whereKept } from "./sending.js";
import { allowSound, signal } from "./signalling.js";

const MARKS = { admitted: "✓", refused: "✗", unknown: "?", checking: "…" };
const MOST_PAST = 10;
const GONE_MS = 1500;
const SHOWN_MS = 6000;
const locale = document.documentElement.lang === "en" ? "en-GB" : "fr-FR";
const clock = new Intl.DateTimeFormat(locale, { timeZone: "Europe/Paris", hour: "2-digit", minute: "2-digit", second: "2-digit" });

let busy = false;
let asked = null;
let before = { text: null, seenMs: 0 };
let rest = 0;

function present(state, verdict, reason, price) {
  byId("result").dataset.state = state;
  byId("mark").textContent = MARKS[state];
  byId("verdict").textContent = verdict;
  byId("reason").textContent = reason;
  byId("price").textContent = price ? words("readerPrice", { price }) : "";
  show(byId("price"), Boolean(price));
  show(byId("again"), state === "unknown");
  show(byId("next"), state !== "checking");
  show(byId("result"), true);
}

// When and what, and never who.
function remember(state, verdict, reason) {
  const line = make("li", { "data-state": state }, make("time", { textContent: clock.format(Date.now()) }), ` ${MARKS[state]} ${[verdict, reason].filter(Boolean).join(" · ")}`);
  byId("last").prepend(line);
  while (byId("last").children.length > MOST_PAST) byId("last").lastChild.remove();
  show(byId("last-none"), false);
}

function tell(state, verdict, reason, price) {
  present(state, verdict, reason, price);
  remember(state, verdict, state === "unknown" ? "" : reason);
  signal(state);
  rest = Date.now() + SHOWN_MS;
  byId(state === "unknown" ? "again" : "next").focus({ preventScroll: true });
  byId("result").scrollIntoView({ block: "nearest" });
}

function tellWrong(error) {
  if (error.status === 401) {
    unpair();
    say(words("readerUnpaired"));
  } else if (error.status === 0 || error.status >= 500) {
    tell("unknown", words("readerNoNet"), words("readerNoNetLead"));
  } else {
    tell("refused", words("readerRefused"), words("reason.unreadable"));
  }
}

async function judge() {
  busy = true;
  present("checking", words("readerChecking"), "");
  try {
    const told = await judged(asked);
    const state = told.admitted ? "admitted" : "refused";
    tell(state, words(told.admitted ? "readerAdmitted" : "readerRefused"), words(`reason.${told.reason}`), told.price_class);
  } catch (error) {
    tellWrong(error);
  } finally {
    busy = false;
  }
}

async function read(text) {
  if (busy) return;
  asked = question(text);
  await judge();
}

// What the camera sees: a code that stays before it is read once, until it is gone or somebody says "next".
async function seen(text) {
  const now = Date.now();
  const isSame = text !== null && text === before.text && now - before.seenMs < GONE_MS;
  if (text !== null) before = { text, seenMs: now };
  if (text === null || isSame || busy || now < rest) return;
  if (secretKept() === null) await pair(text);
  else await read(text);
}

function next() {
  show(byId("result"), false);
  rest = 0;
  before = { text: null, seenMs: 0 };
  byId("text").focus({ preventScroll: true });
}

const camera = new Camera(byId("video"), seen);

function showCamera(on) {
  const button = byId("camera");
  button.textContent = on ? button.dataset.stop : button.dataset.start;
  show(byId("video"), on);
  show(byId("aim"), on);
  byId("aim").textContent = words("readerAim");
}

async function toggleCamera() {
  allowSound();
  if (camera.isOn) {
    camera.stop();
    showCamera(false);
    return;
  }
  try {
    showCamera(true);
    await camera.start();
  } catch {
    showCamera(false);
    say(words("readerNoCamera"));
  }
}

async function readPhoto(event) {
  allowSound();
  const [file] = event.target.files;
  if (file === undefined) return;
  const text = await codeInPhoto(file);
  event.target.value = "";
  if (text === null) say(words("readerNoCode"));
  else if (secretKept() === null) await pair(text);
  else await read(text);
}

async function showPaired() {
  const paired = secretKept() !== null;
  show(byId("pairing"), !paired);
  show(byId("looking"), true);
  show(byId("typed"), paired);
  show(byId("past"), paired);
  if (!paired) return;
  byId("text").focus({ preventScroll: true });
  await showPlace();
}

// The reader asks for what it judges by, as any reader does: its desk sees that it was there, and it learns if it is revoked.
async function showPlace() {
  byId("where").textContent = whereKept();
  try {
    await ask("GET", "reader/bundle");
  } catch (error) {
    if (error.status === 401) tellWrong(error);
    else say(error.message);
  }
}

async function pair(text) {
  const pairing = pairingIn(text);
  if (pairing === null) {
    say(words("readerNotPairing"));
    return;
  }
  keepPairing(pairing);
  say(words("readerPaired"));
  await showPaired();
}

function unpair() {
  forgetPairing();
  byId("where").textContent = "";
  byId("last").replaceChildren();
  show(byId("last-none"), true);
  show(byId("result"), false);
  showPaired();
}

// A pairing code is the address of this page: a phone that reads it with its own camera is paired by opening it.
async function begin() {
  if (location.hash.length > 1) {
    const given = location.hash;
    history.replaceState(null, "", location.pathname + location.search);
    await pair(given);
  } else await showPaired();
  await warmUp();
}

byId("pairing").addEventListener("submit", tried(async (event) => {
  const given = new FormData(event.target).get("secret");
  event.target.reset();
  await pair(given);
}));
byId("typed").addEventListener("submit", tried(async (event) => {
  allowSound();
  const given = new FormData(event.target).get("text").replace(/[\r\n\t]+$/, ""); // a space may be the last sign of a code
  event.target.reset();
  await read(given);
}));
byId("camera").addEventListener("click", tried(toggleCamera));
byId("photo").addEventListener("change", tried(readPhoto));
byId("next").addEventListener("click", next);
byId("again").addEventListener("click", tried(judge));
byId("unpair").addEventListener("click", unpair);
addEventListener("pagehide", () => camera.stop());
tried(begin)();

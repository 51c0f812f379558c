// Shows one pass: its code, which is drawn anew each half minute, how long it is good for, or that it is not.
import { byId, show } from "/static/dom.js";
import { clockMs, words } from "/static/enjoy/asking.js";
import { draw } from "./drawing.js";
import { STEP_S, shownText, stepAt } from "./presenting.js";

const TICK_MS = 250;
const SOON_MS = 3 * 86_400_000;
const locale = document.documentElement.lang === "en" ? "en-GB" : "fr-FR";
const moment = new Intl.DateTimeFormat(locale, { timeZone: "Europe/Paris", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });

let shown = null;
let drawn = "";
let lamp = null;

// A child's pass is named with the child, a bought one by the end of its code; one's own by the service alone.
export const titleOf = ({ title, person, claim }) => [title, person ?? claim?.slice(-5)].filter(Boolean).join(" · ");

const good = (pass, now) => !pass.withdrawn && now < Date.parse(pass.expires_at);

// Keeps the screen on while a code is looked at, where the browser can.
async function keepLight() {
  if (lamp !== null || !("wakeLock" in navigator) || document.visibilityState !== "visible") return;
  try {
    lamp = await navigator.wakeLock.request("screen");
    lamp.addEventListener("release", () => { lamp = null; });
  } catch {
    lamp = null; // a battery that is low says no: the code is there all the same
  }
}

function whyNot(pass) {
  if (pass.gone) return words("passGone", { person: pass.person });
  return words(pass.withdrawn ? "passRevoked" : "passOver");
}

function tellState(pass, now) {
  const at = moment.format(Date.parse(pass.expires_at));
  const soon = Date.parse(pass.expires_at) - now < SOON_MS;
  const why = whyNot(pass);
  byId("withdrawn").textContent = good(pass, now) ? "" : why;
  show(byId("withdrawn"), !good(pass, now));
  show(byId("code"), good(pass, now));
  show(byId("large"), good(pass, now));
  show(byId("until"), good(pass, now));
  byId("until").textContent = words(soon ? "passUntilSoon" : "passUntil", { at });
}

async function drawAt(pass, step) {
  const mark = `${pass.name} ${pass.expires_at} ${step}`;
  if (mark === drawn) return;
  drawn = mark;
  const text = await shownText(pass.token, step, pass.key.privateKey);
  if (drawn !== mark) return; // another one was chosen meanwhile
  const canvas = byId("canvas");
  draw(canvas, text);
  canvas.dataset.step = step;
  canvas.dataset.pass = pass.name;
}

async function tick() {
  if (shown === null) return;
  const now = clockMs();
  tellState(shown, now);
  if (!good(shown, now)) return;
  const left = STEP_S - Math.floor(now / 1000) % STEP_S;
  byId("left").value = left;
  byId("next").textContent = words("passNextIn", { n: left });
  await drawAt(shown, stepAt(now));
}

export async function showPass(pass) {
  shown = pass;
  show(byId("shown"), pass !== null);
  if (pass === null) return;
  byId("title").textContent = pass.title;
  byId("whose").textContent = pass.person ? words("passWhose", { person: pass.person }) : "";
  show(byId("whose"), Boolean(pass.person));
  byId("canvas").setAttribute("aria-label", words("passCode", { title: titleOf(pass) }));
  await tick();
  await keepLight();
}

export function enlarge(wanted) {
  const button = byId("large");
  document.body.classList.toggle("large-code", wanted);
  button.setAttribute("aria-pressed", String(wanted));
  button.textContent = wanted ? button.dataset.small : button.dataset.large;
}

export function beginShowing() {
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", keepLight);
  document.addEventListener("keydown", (event) => event.key === "Escape" && enlarge(false));
  byId("large").addEventListener("click", () => enlarge(byId("large").getAttribute("aria-pressed") !== "true"));
}

// Puts the page together: who is signed in, which view is shown, and when it is asked for again.
import { setClock, now, speed } from "./clock.js";
import { byId, show } from "./dom.js";
import { guarded, may, onEnd, readSession, signOut, signedIn } from "./frame.js";
import { apply, dayAndTime, onLanguage, seconds, setLanguage, text } from "./language.js";
import { Live } from "./live.js";
import * as server from "./server.js";

const MINUTE_MS = 60_000;
const RETRY_MS = 5_000;
const OPERATE = location.pathname.startsWith("/operate");
const NAMES = OPERATE ? { shown: "operations", hidden: "board" } : { shown: "board", hidden: "operations" };

const view = await (OPERATE ? import("./operate.js") : import("./board.js"));
const live = new Live({ onNews: view.hear, onState: showLive, onEnded: () => setTimeout(begin, RETRY_MS) });
let condition = "connecting";

function showLive(told = condition) {
  condition = told;
  byId("live").dataset.state = condition;
  byId("live-text").textContent = text(condition);
}

function showClock() {
  const at = now();
  byId("clock").dateTime = at.toISOString();
  byId("clock-minutes").textContent = dayAndTime(at);
  byId("clock-seconds").textContent = seconds(at).slice(-3);
  show(byId("replay"), speed() > 1);
  byId("replay").textContent = text("replay", speed());
  byId("replay").title = text("replayHint");
}

async function renewSession() {
  const session = await readSession();
  setClock(session.clock);
}

function end(words = "") {
  live.stop();
  for (const id of [NAMES.shown, "top-facts", "top-views", "sign-out"]) show(byId(id), false);
  show(byId("sign-in"), true);
  byId("sign-in-error").textContent = words;
  byId("token").focus();
}

const begin = guarded(async () => {
  await signInFromAddress();
  await renewSession();
  if (!signedIn()) return end(byId(NAMES.shown).hidden ? "" : text("sessionEnded"));
  if (!may("read:grid")) return end(text("scopeMissing"));
  show(byId("sign-in"), false);
  for (const id of [NAMES.shown, "top-facts", "top-views", "sign-out"]) show(byId(id), true);
  showClock();
  await view.open();
  live.start();
});

// `/#token=…` signs in at once; the token does not stay in the address.
async function signInFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return;
  history.replaceState(null, "", location.pathname);
  await server.signIn(token);
}

byId("sign-in-form").addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  byId("sign-in-error").textContent = "";
  try {
    await server.signIn(byId("token").value.trim());
    byId("token").value = "";
    await begin();
    byId("main").focus();
  } catch (problem) {
    if (!(problem instanceof server.Problem)) throw problem;
    const known = { 0: "unreachable", 401: "signInRefused" }[problem.status];
    byId("sign-in-error").textContent = known ? text(known) : problem.message;
    byId("token").select();
  }
});
byId("sign-out").addEventListener("click", guarded(async () => {
  live.stop();
  await signOut();
  end();
}));
for (const button of document.querySelectorAll("[data-lang]")) {
  button.addEventListener("click", () => setLanguage(button.dataset.lang));
}
for (const link of document.querySelectorAll("#top-views a")) {
  if (link.getAttribute("href").startsWith("/operate") === OPERATE) link.setAttribute("aria-current", "page");
}
onLanguage(() => {
  showLive();
  showClock();
  view.words();
});
setInterval(() => signedIn() && showClock(), 1_000);
setInterval(guarded(async () => {
  if (!signedIn() || document.hidden) return;
  await renewSession();
  view.refresh();
}), MINUTE_MS);

onEnd(end, begin);
apply();
begin();

// A holder is before the desk for some minutes: the desk says what it saw, and no copy of anything is taken.
import { byId, make, show } from "/static/dom.js";
import { call, say, tried, words } from "/static/enjoy/asking.js";
import { within } from "./belonging.js";

const MINUTE_MS = 60_000;
let session = null;

const asBefore = (method, path, body) => call(method, within(path), body, { "Desk-Session": session });

function showEvidence(held) {
  byId("evidence").replaceChildren(...held.map((one) => make(
    "li", {},
    make("span", { textContent: words(`evidence.${one.kind}`) }),
    make("span", { className: "sub", textContent: words(one.holds ? (one.ends_soon ? "deskHoldsSoon" : "deskHolds") : "deskHoldsNot") }),
  )));
}

function showKind() {
  for (const part of byId("record").querySelectorAll("[data-kind]")) {
    part.hidden = part.dataset.kind !== byId("kind").value;
    part.disabled = part.hidden;
  }
}

function showBefore(someone) {
  show(byId("take"), !someone);
  show(byId("before"), someone);
}

async function take(event) {
  const taken = await call("POST", within("desk/sessions"), { code: new FormData(event.target).get("code") });
  event.target.reset();
  session = taken.session;
  showEvidence(taken.evidence);
  showBefore(true);
  showKind();
  const minutes = Math.round((Date.parse(taken.expires_at) - Date.now()) / MINUTE_MS);
  say(words("deskTaken", { n: minutes }));
  byId("kind").focus();
}

async function record(event) {
  const seen = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== ""));
  if ("quotient_below_eur" in seen) seen.quotient_below_eur = Number(seen.quotient_below_eur);
  const told = await asBefore("POST", "desk/attestations", seen);
  showEvidence(told.evidence);
  say(words("deskRecorded", { kind: words(`evidence.${seen.kind}`) }));
}

async function finish() {
  try {
    await asBefore("DELETE", "desk/session");
  } finally {
    session = null;
    showBefore(false);
  }
  say(words("deskLetGo"));
  byId("take").elements.code.focus();
}

// A session that has run out is over here too: the holder shows another code.
function orOver(work) {
  return tried(async (event) => {
    try {
      await work(event);
    } catch (error) {
      if (error.status === 401 || error.status === 404 || error.code === "desk_session_over") showBefore(session = null);
      throw error;
    }
  });
}

export function beginAttesting() {
  byId("take").addEventListener("submit", tried(take));
  byId("record").addEventListener("submit", orOver(record));
  byId("kind").addEventListener("change", showKind);
  byId("finish").addEventListener("click", tried(finish));
}

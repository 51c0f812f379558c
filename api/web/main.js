// Puts the page together: who is signed in, what is shown, and when it is asked for again.
import { drawChooser, fromAddress, onChoice, toAddress } from "./chooser.js";
import { now, setClock, speed } from "./clock.js";
import { CommuneList } from "./communes.js";
import { byId, show } from "./dom.js";
import { drawEvent, foremost, spansOf } from "./event.js";
import { drawIngest } from "./ingest.js";
import { apply, dayAndTime, kilowatts, onLanguage, seconds, setLanguage, text } from "./language.js";
import { Live, paced } from "./live.js";
import { CommuneMap } from "./map.js";
import { drawPlace, whole } from "./place.js";
import * as server from "./server.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const RETRY_MS = 5_000;
const LISTED = ["territory", "substation", "feeder", "commune"];

const state = {
  session: null, wanted: null, chosen: null, hours: 48, places: new Map(), detail: null, below: [],
  loads: [], forecast: null, events: [], event: null, ingest: null, live: "connecting",
};
const may = (scope) => state.session.scopes.includes(scope) || state.session.scopes.includes("admin");

const map = new CommuneMap(byId("map"), (code) => choose({ level: "commune", code }));
const list = new CommuneList((code) => choose({ level: "commune", code }));
const live = new Live({ onNews: hear, onState: showLive, onEnded: () => setTimeout(begin, RETRY_MS) });

// A failure is said once, where it can be seen; the next success takes it back.
const guarded = (work) => async () => {
  try {
    await work();
    show(byId("failure"), false);
  } catch (problem) {
    if (!(problem instanceof server.Problem)) throw problem;
    if (problem.code === "dropped") return undefined;
    if (problem.status === 401) return end(text("sessionEnded"));
    byId("failure").textContent = problem.status === 0 ? text("unreachable") : problem.message;
    show(byId("failure"), true);
    if (state.session === null) setTimeout(begin, RETRY_MS);
  }
};
// What was due when somebody signed out is not asked for any more.
const refreshing = (work) => paced(guarded(async () => state.session.signed_in && work()));
const refreshCurve = refreshing(readCurve);
const refreshPlace = refreshing(() => (state.chosen === null ? readPlaces() : select(state.wanted)));
const refreshCommunes = refreshing(readCommuneLoads);
const refreshEvents = refreshing(readEvents);
const refreshIngest = refreshing(readIngest);

function hear(kind) {
  if (kind === "ingest") for (const refresh of [refreshIngest, refreshCurve, refreshCommunes]) refresh();
  if (kind === "forecast") refreshPlace();
  if (kind === "event" || kind === "command") refreshEvents();
}

async function readCurve() {
  const { chosen, hours } = state;
  if (chosen === null) return readPlaces();
  const at = now().getTime();
  const [loads, forecast] = await Promise.all([
    server.load(chosen, new Date(at - hours * HOUR_MS), new Date(at + HOUR_MS)),
    state.detail.has_forecast ? server.forecast(chosen) : null,
  ]);
  if (chosen !== state.chosen || hours !== state.hours) return undefined; // another was chosen meanwhile
  Object.assign(state, { loads: whole(loads), forecast });
  return draw();
}

async function readPlaces() {
  const [collection, ...levels] = await Promise.all([server.communes(), ...LISTED.map(server.placesOf)]);
  state.places = new Map(LISTED.map((level, index) => [level, levels[index]]));
  const all = levels.flat();
  show(byId("loading"), false);
  show(byId("empty"), all.length === 0);
  show(byId("panels"), all.length > 0);
  if (all.length === 0) return;
  map.setCommunes(collection);
  list.setCommunes(state.places.get("commune"));
  showCommuneLoads();
  const first = state.places.get("feeder")[0] ?? all[0];
  // An old bookmark may name a place that is no longer there.
  if (!(await select(state.chosen ?? fromAddress() ?? first))) await select(first);
}

async function readCommuneLoads() {
  if (state.places.size === 0) return;
  state.places.set("commune", await server.placesOf("commune"));
  showCommuneLoads();
}

function showCommuneLoads() {
  const measured = state.places.get("commune").filter(({ latest }) => latest !== null);
  const loads = new Map(measured.map(({ code, latest }) => [code, latest.load_w]));
  map.setLoads(loads);
  list.setLoads(loads);
  showScale();
}

function showScale() {
  const communes = state.places.get("commune") ?? [];
  const highest = Math.max(0, ...communes.map(({ latest }) => latest?.load_w ?? 0));
  show(byId("scale"), highest > 0);
  byId("scale-high").textContent = `${kilowatts(highest)} kW`;
}

async function readEvents() {
  const { items } = await server.events();
  state.events = items;
  state.event = items.length > 0 ? await server.event(foremost(items).event_id) : null;
  drawEvent(state.event);
}

async function readIngest() {
  state.ingest = may("read:ingest") ? await server.ingest() : null;
  drawIngest(state.ingest);
}

const choose = (place) => guarded(async () => {
  await select(place);
  byId("place-name").scrollIntoView({ block: "nearest" });
})();

// Shows a place; false when there is none of that name.
async function select(place) {
  state.wanted = place;
  const detail = await server.place(place);
  if (state.wanted !== place) return true; // another was chosen meanwhile
  if (detail === null) return false;
  const transformers = detail.children.items.filter(({ level }) => level === "power_transformer");
  const sibling = place.level === "power_transformer" && state.below.some(({ code }) => code === place.code);
  Object.assign(state, { chosen: place, detail, below: sibling ? state.below : transformers });
  toAddress(place);
  map.choose(place.level === "commune" ? place.code : null);
  list.choose(place.level === "commune" ? place.code : null);
  drawChooser(state.places, state.below, place);
  await readCurve();
  return true;
}

function draw() {
  if (state.detail === null) return;
  drawPlace({ ...state, spans: spansOf(state.events, state.chosen) });
}

function showLive(condition = state.live) {
  state.live = condition;
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

async function readSession() {
  state.session = await server.session();
  setClock(state.session.clock);
}

function end(words = "") {
  live.stop();
  for (const id of ["board", "top-facts", "sign-out"]) show(byId(id), false);
  show(byId("sign-in"), true);
  byId("sign-in-error").textContent = words;
  byId("token").focus();
}

const begin = guarded(async () => {
  await signInFromAddress();
  await readSession();
  if (!state.session.signed_in) return end(byId("board").hidden ? "" : text("sessionEnded"));
  if (!may("read:grid")) return end(text("scopeMissing"));
  show(byId("sign-in"), false);
  for (const id of ["board", "top-facts", "sign-out"]) show(byId(id), true);
  for (const id of ["panels", "empty"]) show(byId(id), false);
  show(byId("loading"), true);
  showClock();
  await Promise.all([readPlaces(), readEvents(), readIngest()]);
  draw();
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
  state.session.signed_in = false;
  live.stop();
  await server.signOut();
  end();
}));
for (const button of document.querySelectorAll("[data-lang]")) {
  button.addEventListener("click", () => setLanguage(button.dataset.lang));
}
for (const button of document.querySelectorAll("[data-hours]")) {
  button.addEventListener("click", () => {
    state.hours = Number(button.dataset.hours);
    for (const other of document.querySelectorAll("[data-hours]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    refreshCurve();
  });
}
onChoice(choose);
addEventListener("hashchange", () => {
  const place = fromAddress();
  if (state.session?.signed_in && place !== null) choose(place);
});
onLanguage(() => {
  showLive();
  showClock();
  map.words();
  list.words();
  if (state.places.size > 0) showScale();
  if (state.chosen !== null) drawChooser(state.places, state.below, state.chosen);
  draw();
  if (state.session?.signed_in) {
    drawEvent(state.event);
    drawIngest(state.ingest);
  }
});
setInterval(() => state.session?.signed_in && showClock(), 1_000);
setInterval(guarded(async () => {
  if (!state.session?.signed_in || document.hidden) return;
  await readSession();
  for (const refresh of [refreshCurve, refreshCommunes, refreshEvents, refreshIngest]) refresh();
}), MINUTE_MS);

apply();
begin();

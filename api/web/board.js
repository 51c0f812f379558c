// The grid's view: a chosen place with its curve and forecast, the communes, the foremost event, and how ingest is doing.
import { drawChooser, fromAddress, onChoice, toAddress } from "./chooser.js";
import { now } from "./clock.js";
import { CommuneList } from "./communes.js";
import { byId, show } from "./dom.js";
import { drawEvent, foremost, spansOf } from "./event.js";
import { guarded, may, signedIn } from "./frame.js";
import { drawIngest } from "./ingest.js";
import { kilowatts } from "./language.js";
import { paced } from "./live.js";
import { CommuneMap } from "./map.js";
import { drawPlace, whole } from "./place.js";
import * as server from "./server.js";

const HOUR_MS = 3_600_000;
const LISTED = ["territory", "substation", "feeder", "commune"];

const state = {
  wanted: null, chosen: null, hours: 48, places: new Map(), detail: null, below: [],
  loads: [], forecast: null, events: [], event: null, ingest: null,
};
const map = new CommuneMap(byId("map"), (code) => choose({ level: "commune", code }));
const list = new CommuneList((code) => choose({ level: "commune", code }));

// What was due when somebody signed out is not asked for any more.
const refreshing = (work) => paced(guarded(async () => signedIn() && work()));
const refreshCurve = refreshing(readCurve);
const refreshPlace = refreshing(() => (state.chosen === null ? readPlaces() : select(state.wanted)));
const refreshCommunes = refreshing(readCommuneLoads);
const refreshEvents = refreshing(readEvents);
const refreshIngest = refreshing(readIngest);

export function hear(kind) {
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

export async function open() {
  for (const id of ["panels", "empty"]) show(byId(id), false);
  show(byId("loading"), true);
  show(byId("operate-link"), may("operate:grid"));
  await Promise.all([readPlaces(), readEvents(), readIngest()]);
  draw();
}

export function refresh() {
  for (const again of [refreshCurve, refreshCommunes, refreshEvents, refreshIngest]) again();
}

export function words() {
  map.words();
  list.words();
  if (state.places.size > 0) showScale();
  if (state.chosen !== null) drawChooser(state.places, state.below, state.chosen);
  draw();
  if (signedIn()) {
    drawEvent(state.event);
    drawIngest(state.ingest);
  }
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
  if (signedIn() && place !== null) choose(place);
});

// The chosen place: its name, figures, curve and values.
import { Chart, medianOf } from "./chart.js";
import { now } from "./clock.js";
import { byId, make, show } from "./dom.js";
import { count, dayAndTime, kilo, kilowatts, text, time } from "./language.js";
import { drawSkill } from "./skill.js";

const SLOT_MS = 1_800_000;
const DAY_MS = 86_400_000;
const WHOLE = 0.9; // of the usage points of the fullest slot

const chart = new Chart(byId("chart"), pointAt);
const kw = (value) => (value === null || value === undefined ? "" : `${kilowatts(value * 1000)} kW`);

// While the newest slots are still arriving, their sums are too small: they are left out.
export function whole(loads) {
  const fullest = Math.max(0, ...loads.map((slot) => slot.usage_point_count));
  const last = loads.findLastIndex((slot) => slot.usage_point_count >= WHOLE * fullest);
  return loads.slice(0, last + 1);
}

export function drawPlace({ detail, loads, forecast, hours, spans }) {
  byId("place-level").textContent = text("levels")[detail.level];
  byId("place-name").textContent = detail.name;
  byId("place-facts").textContent = facts(detail).join(" · ");
  const last = loads.at(-1);
  figure("load-now", "load-when", last?.load_w, last && slotText(last.start_at));
  const peak = forecast && peakOf(forecast);
  figure("peak", "peak-when", peak?.load_w, peak && slotText(peak.valid_from));
  drawCurve({ loads, forecast, hours, spans });
  drawSkill(forecast);
  drawValues(loads, forecast);
  pointAt(null);
  byId("chart-summary").textContent = summary(detail, last, peak);
}

function drawCurve({ loads, forecast, hours, spans }) {
  const empty = loads.length === 0 && forecast === null;
  show(byId("chart-empty"), empty);
  show(byId("legend"), !empty);
  if (empty) {
    chart.clear();
    return;
  }
  const at = now();
  const ahead = Math.min(hours, 48) * 3_600_000;
  const known = forecast ? Date.parse(forecast.items.at(-1).valid_from) + SLOT_MS : at.getTime();
  chart.draw({
    loads, forecast, spans, now: at,
    start: new Date(at.getTime() - hours * 3_600_000),
    end: new Date(Math.min(Math.max(known, at.getTime()), at.getTime() + ahead)),
  });
}

function facts({ usage_point_count: points, population, ratings }) {
  return [
    text("usagePoints", points, count(points)),
    ratings.rated_va === null ? "" : text("rated", kilo(ratings.rated_va)),
    ratings.nominal_voltage_v === null ? "" : text("voltage", kilo(ratings.nominal_voltage_v)),
    population === null ? "" : text("inhabitants", count(population)),
  ].filter(Boolean);
}

function figure(value, when, watts, span) {
  byId(value).textContent = watts === undefined ? "–" : kilowatts(watts);
  byId(when).textContent = span ?? "";
}

const slotText = (start) =>
  text("slotAt", time(new Date(start)), time(new Date(Date.parse(start) + SLOT_MS)));

function peakOf(forecast) {
  const from = now().getTime();
  const coming = forecast.items.filter(({ valid_from: start }) => {
    const at = Date.parse(start);
    return at + SLOT_MS > from && at < from + DAY_MS;
  });
  return coming.map((slot) => ({ valid_from: slot.valid_from, load_w: medianOf(forecast, slot) }))
    .reduce((best, slot) => (best === undefined || slot.load_w > best.load_w ? slot : best), undefined);
}

function pointAt(values) {
  byId("at-time").textContent = values?.when ?? "";
  byId("at-measured").textContent = kw(values?.measured);
  byId("at-expected").textContent = kw(values?.median);
  byId("at-band").textContent = values?.low === null || !values ? "" : `${kw(values.low).replace(" kW", "")} – ${kw(values.high)}`;
}

function drawValues(loads, forecast) {
  const rows = new Map();
  for (const slot of loads) rows.set(slot.start_at, { measured: slot.load_w });
  for (const slot of forecast?.items ?? []) {
    const quantiles = slot.quantile_load_w;
    rows.set(slot.valid_from, {
      ...rows.get(slot.valid_from), median: medianOf(forecast, slot), low: quantiles[0], high: quantiles.at(-1),
    });
  }
  const cell = (watts) => make("td", {}, watts === undefined ? "" : kilowatts(watts));
  const heads = ["slot", "measured", "expected", "low", "high"].map((key) => make("th", { scope: "col" }, text(key)));
  const body = [...rows.entries()].sort(([a], [b]) => (a < b ? 1 : -1)).map(([start, values]) =>
    make("tr", {}, make("th", { scope: "row" }, dayAndTime(new Date(start))),
      cell(values.measured), cell(values.median), cell(values.low), cell(values.high)));
  byId("values").replaceChildren(
    make("caption", {}, "kW"), make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body));
}

function summary(detail, last, peak) {
  const load = last ? `${kilowatts(last.load_w)} kW` : text("noValue");
  if (!peak) return text("chartSummaryNoForecast", detail.name, load);
  return text("chartSummary", detail.name, load, `${kilowatts(peak.load_w)} kW`, slotText(peak.valid_from));
}

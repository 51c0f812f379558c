// How far to trust the forecast of the chosen place: in a sentence, by how far ahead, and what it was made from.
import { byId, make, show } from "./dom.js";
import { change, dayAndTime, kilowatts, ratio, tenths, text } from "./language.js";

const known = (value) => value !== null && value !== undefined;
const told = (value, write) => (known(value) ? write(value) : "–");

export function drawSkill(forecast) {
  byId("band-text").textContent = bandText(forecast);
  byId("skill").textContent = sentences(forecast).join(" ");
  const leads = forecast?.skill?.by_lead ?? [];
  show(byId("leads"), leads.length > 0);
  show(byId("leads-none"), forecast !== null && leads.length === 0);
  byId("leads").replaceChildren(...(leads.length > 0 ? table(leads, aimOf(forecast)) : []));
  show(byId("made"), forecast !== null);
  byId("made").replaceChildren(...(forecast === null ? [] : madeFrom(forecast)));
}

const aimOf = ({ quantiles }) => quantiles.at(-1) - quantiles[0];

function bandText(forecast) {
  if (forecast === null) return text("noBand");
  return text("band", Math.round(100 * forecast.quantiles[0]), Math.round(100 * forecast.quantiles.at(-1)));
}

function sentences(forecast) {
  if (forecast === null) return [text("noForecast")];
  const { skill } = forecast;
  const scored = skill && skill.mape_ratio !== null && skill.naive_mape_ratio !== null;
  const words = [scored ? text("skill", ratio(skill.mape_ratio), ratio(skill.naive_mape_ratio)) : text("skillShort")];
  if (skill && skill.coverage_ratio !== null) words.push(text("coverage", ratio(skill.coverage_ratio)));
  return [...words, text("issued", dayAndTime(new Date(forecast.issued_at)))];
}

function table(leads, aim) {
  const most = Math.max(...leads.flatMap((lead) => [lead.mae_w ?? 0, lead.naive_mae_w ?? 0])) || 1;
  const head = (key, className, ...about) => make("th", { scope: "col", className }, text(key, ...about));
  return [
    make("caption", {}, make("strong", {}, text("leadsTitle")), key("expected", "leadsForecast"), key("naive", "leadsLastWeek")),
    make("thead", {}, make("tr", {}, head("leadAhead", ""), head("leadError", "bars"), head("leadRange", "roomy"),
      head("leadNaive", ""), head("leadCoverage", "", ratio(aim)))),
    make("tbody", {}, ...leads.map((lead) => row(lead, most))),
  ];
}

const key = (kind, words) =>
  make("span", { className: "lead-key" }, make("i", { className: kind, "aria-hidden": "true" }), text(words));

function row(lead, most) {
  return make("tr", {},
    make("th", { scope: "row" }, `${lead.lead_start_h}–${lead.lead_end_h} h`),
    make("td", { className: "bars" }, bar(lead.mae_w, "expected", most), bar(lead.naive_mae_w, "naive", most),
      make("span", {}, told(lead.mae_w, kilowatts))),
    make("td", { className: "roomy" }, told(lead.rmae_ratio, tenths)),
    make("td", { className: verdict(lead.naive_ratio) }, told(lead.naive_ratio, (of) => change(of - 1))),
    make("td", {}, told(lead.coverage_ratio, tenths)));
}

function verdict(ofLastWeek) {
  const percent = known(ofLastWeek) ? Math.round(100 * (ofLastWeek - 1)) : 0;
  if (percent === 0) return "";
  return percent < 0 ? "good" : "bad";
}

function bar(watts, kind, most) {
  if (!known(watts)) return null;
  const element = make("i", { className: kind, "aria-hidden": "true" });
  element.style.setProperty("--share", String(watts / most));
  return element;
}

function madeFrom({ skill, weather }) {
  const parts = [];
  if (skill) parts.push(part("method", methodText(skill)));
  parts.push(part("weather", weatherText(weather)));
  return parts;
}

const part = (key, words) => make("div", {}, make("dt", {}, text(key)), make("dd", {}, words));

function methodText({ method, origin_count: days }) {
  const name = text("methods")[method] ?? method.replaceAll("_", " ");
  return days > 0 ? `${name}, ${text("judgedOn", days)}` : name;
}

function weatherText({ source, known_at: since, known_then_ratio: then }) {
  if (source === "none") return text("noWeather");
  const words = [source, text("weatherKnown", dayAndTime(new Date(since)))];
  if (then < 0.995) words.push(text("weatherHindsight", ratio(1 - then)));
  return words.join(", ");
}

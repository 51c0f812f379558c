// One event, whole: how far it is, its plan and certificate, what is answered and measured, and what can be taken away.
import { byId, make } from "./dom.js";
import { gapOf } from "./drafting.js";
import { commands, reduction } from "./event.js";
import { count, day, dayAndTime, kilo, kilowatts, rate, tenths, text, time } from "./language.js";

const STEPS = ["draft", "scheduled", "active", "completed", "closed"];
const FORMATS = ["csv", "parquet"];
const SHOWN = 12;

export function drawChosen({ event, tracking, network, statements }, deeds) {
  const [start, end] = [new Date(event.starts_at), new Date(event.ends_at)];
  const target = event.target_w ? ` · ${text("target", kilowatts(event.target_w))}` : "";
  byId("chosen-event").replaceChildren(
    make("p", { className: "kicker" }, `${text("levels")[event.place.level]} · ${event.place.name}`),
    make("h2", {}, event.name),
    make("p", { className: "sub" }, text("eventWhen", day(start), time(start), time(end)) + target),
    steps(event, statements),
    ...(event.status_reason ? [make("p", { className: "notice" }, event.status_reason)] : []),
    make("div", { className: "buttons" }, ...deeds),
    ...(event.plan ? [...reduction(event, start), certificate(event.plan)] : [make("p", { className: "placeholder" }, text("noPlan"))]),
    ...commands(event.commands),
    ...section("tracking", trackingTable(tracking)),
    ...section("network", networkList(network)),
    ...section("settlement", statementList(event, statements)),
    ...section("downloads", downloads(event)),
  );
}

const section = (heading, ...content) => [make("h3", {}, text(heading)), ...content];

function steps(event, statements) {
  const reached = event.status === "completed" && statements.length > 0 ? "closed" : event.status;
  if (reached === "cancelled") {
    const chip = make("span", { className: "chip" }, text("statuses").cancelled);
    chip.dataset.status = "cancelled";
    return make("p", {}, chip);
  }
  const at = STEPS.indexOf(reached);
  return make("ol", { className: "steps", "aria-label": text("lifeCycle") }, ...STEPS.map((step, index) => {
    const item = make("li", {}, text("steps")[step]);
    item.dataset.state = index < at ? "past" : index === at ? "now" : "ahead";
    if (index === at) item.setAttribute("aria-current", "step");
    return item;
  }));
}

function certificate(plan) {
  const facts = [
    ["objective", `${rate(plan.objective)} €`], ["dualBound", `${rate(plan.dual_bound)} €`], ["relativeGap", gapOf(plan)],
  ];
  return make("div", {},
    make("h3", {}, text("certificate")),
    make("dl", { className: "made" }, ...facts.map(([name, value]) =>
      make("div", {}, make("dt", {}, text(name)), make("dd", {}, value)))),
    make("p", { className: "hint" }, text("plannedAt", dayAndTime(new Date(plan.planned_at)))),
    ...(plan.shortages.length > 0 ? [
      make("h3", {}, text("shortages")),
      make("ul", {}, ...plan.shortages.map((one) => make("li", {}, text("shortageRow", one.place_code,
        kilo(one.missing_wh), one.slot_starts.map((at) => time(new Date(at))).join(", "))))),
    ] : []));
}

function trackingTable(slots) {
  if (slots.length === 0) return make("p", { className: "hint" }, text("trackingNone"));
  const columns = [
    ["planned", "planned_w"], ["trackPredicted", "predicted_w"], ["trackMeasured", "measured_w"], ["trackShort", "shortfall_w"],
  ];
  const cell = (value) => make("td", {}, value === null ? "–" : kilowatts(value));
  return make("table", { className: "compare" },
    make("caption", {}, text("trackingCaption")),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, text("slot")),
      ...columns.map(([label]) => make("th", { scope: "col" }, text(label))))),
    make("tbody", {}, ...slots.map((slot) => make("tr", {},
      make("th", { scope: "row" }, time(new Date(slot.slot_start_at))), ...columns.map(([, key]) => cell(slot[key]))))));
}

function networkList(check) {
  if (check === null) return make("p", { className: "hint" }, text("networkNone"));
  const modelled = check.items.filter((one) => one.modelled).length;
  const parts = [make("p", { className: "hint" }, text("networkModelled", count(modelled), count(check.items.length)))];
  parts.push(extremes(check.items));
  const after = check.violations.filter((one) => one.stage === "after");
  if (after.length === 0) parts.push(make("p", { className: "hint good" }, text("networkGood")));
  const before = check.violations.length - after.length;
  if (before > 0) parts.push(make("p", { className: "hint" }, text("networkBefore", count(before))));
  if (after.length > 0) parts.push(make("p", { className: "hint" }, text("networkAfter", count(after.length))));
  parts.push(make("ul", { className: "violations" }, ...after.slice(0, SHOWN).map((one) => make("li", {},
    text("networkRow", text(`violation_${one.kind}`), one.element, dayAndTime(new Date(one.slot_start_at)),
      one.value_ratio === null ? "–" : tenths(one.value_ratio), tenths(one.limit_ratio))))));
  if (after.length > SHOWN) parts.push(make("p", { className: "hint" }, text("networkMore", count(after.length - SHOWN))));
  return make("div", {}, ...parts);
}

// The worst of all transformers, without the plan and with it, and behind which one it is.
function extremes(items) {
  const rows = [
    ["networkLowest", "lowest", (one, other) => one < other],
    ["networkHighest", "highest", (one, other) => one > other],
    ["networkLine", "line", (one, other) => one > other],
    ["networkTransformer", "transformer", (one, other) => one > other],
  ];
  const worst = (name, stage, isWorse) => items.reduce((found, one) => {
    const value = one[`${name}_${stage}_ratio`];
    return value !== null && (found === null || isWorse(value, found.value)) ? { value, code: one.power_transformer_code } : found;
  }, null);
  const cell = (found) => make("td", {}, ...(found === null ? ["–"]
    : [tenths(found.value), make("span", { className: "behind" }, found.code)]));
  return make("table", { className: "compare" },
    make("caption", {}, text("networkCaption")),
    make("thead", {}, make("tr", {}, make("td", {}),
      ...["networkWithout", "networkWith"].map((label) => make("th", { scope: "col" }, text(label))))),
    make("tbody", {}, ...rows.map(([label, name, isWorse]) => make("tr", {}, make("th", { scope: "row" }, text(label)),
      ...["before", "after"].map((stage) => cell(worst(name, stage, isWorse)))))));
}

function statementList(event, statements) {
  if (statements.length === 0) return make("p", { className: "hint" }, text("settlementNone"));
  return make("ul", {}, ...statements.map((one) => {
    const sure = one.lower_wh !== null ? ` ${text("settlementBetween", kilo(one.lower_wh), kilo(one.upper_wh))}` : "";
    const row = links("", `/v1/events/${event.event_id}/statements/${one.settlement_statement_id}`);
    row.prepend(text("settlementRow", dayAndTime(new Date(one.as_of)), energy(one.reduction_wh), one.method), sure, " · ");
    return row;
  }));
}

const energy = (wh) => (wh === null ? "–" : kilo(wh));

function downloads(event) {
  const tables = ["plan", "commands", "results", "tracking"];
  return make("ul", { className: "downloads" },
    ...tables.map((table) => links(`${text("tables")[table]} : `, `/v1/events/${event.event_id}/tables/${table}`)));
}

function links(name, path) {
  const anchors = FORMATS.map((format) =>
    make("a", { href: `${path}?format=${format}`, download: "" }, format === "csv" ? "CSV" : "Parquet"));
  return make("li", {}, name, anchors[0], " · ", anchors[1]);
}

// What if: variants of an event side by side, planned with what is known now; one of them becomes a draft.
import { now } from "./clock.js";
import { byId, make, show } from "./dom.js";
import { count, kilo, kilowatts, rate, shortDay, text, time } from "./language.js";
import * as server from "./server.js";

const SLOT_MS = 1_800_000;
const HOUR_MS = 3_600_000;
const AHEAD_SLOTS = 2 * 48;
const LENGTHS_H = [0.5, 1, 1.5, 2, 3, 4];
const MOST = 4;
const LEVELS = ["territory", "substation", "feeder", "commune"];

const form = byId("draft-form");
let places = new Map();
let variants = [];
let plans = null;
let drafted = () => {};
let guard = (work) => work;

export async function openDraft(guarded, onDrafted) {
  [guard, drafted] = [guarded, onDrafted];
  await guard(async () => {
    const lists = await Promise.all(LEVELS.map(server.placesOf));
    places = new Map(LEVELS.map((level, index) => [level, lists[index]]));
    variants = [firstVariant()];
    plans = null;
    show(byId("draft"), true);
    draw();
    form.querySelector("input").focus();
  })();
}

export function closeDraft() {
  show(byId("draft"), false);
}

export function wordsOfDraft() {
  if (!byId("draft").hidden) draw();
}

function firstVariant() {
  return { start: slotStarts()[1].getTime(), hours: 1, target: "" };
}

function slotStarts() {
  const first = Math.floor(now().getTime() / SLOT_MS) + 1;
  return Array.from({ length: AHEAD_SLOTS }, (_, index) => new Date((first + index) * SLOT_MS));
}

function draw() {
  const name = form.elements.name?.value ?? text("draftUsualName");
  const place = form.elements.place?.value;
  form.replaceChildren(
    make("div", { className: "draft-row" },
      field("draftName", make("input", { name: "name", required: true, maxLength: 200, value: name, autocomplete: "off" })),
      field("draftPlace", placeSelect(place))),
    ...variants.map(variantRow),
    make("p", { className: "hint" }, text("draftTargetHint")),
    make("div", { className: "buttons" },
      ...(variants.length < MOST ? [button("addVariant", "quiet", addVariant)] : []),
      make("button", { type: "submit", className: "action" }, text("compare"))));
  drawPlans();
}

const field = (label, input) => make("label", { className: "field" }, make("span", {}, text(label)), input);

function button(label, className, onClick) {
  const made = make("button", { type: "button", className }, text(label));
  made.addEventListener("click", onClick);
  return made;
}

function placeSelect(chosen) {
  const select = make("select", { name: "place", required: true }, ...LEVELS.filter((level) => places.get(level).length > 0)
    .map((level) => make("optgroup", { label: text("levelGroups")[level] }, ...places.get(level).map((place) =>
      make("option", { value: `${level}/${place.code}` }, `${place.name} (${place.code})`)))));
  if (chosen) select.value = chosen;
  return select;
}

function variantRow(variant, index) {
  const starts = make("select", {}, ...slotStarts().map((start) =>
    make("option", { value: start.getTime() }, `${shortDay(start)} ${time(start)}`)));
  starts.value = variant.start;
  const lengths = make("select", {}, ...LENGTHS_H.map((hours) => make("option", { value: hours }, text("hours", hours))));
  lengths.value = variant.hours;
  const target = make("input", { type: "number", min: 0.1, max: 1_000_000, step: "any", value: variant.target });
  for (const [input, key] of [[starts, "start"], [lengths, "hours"], [target, "target"]]) {
    input.addEventListener("change", () => {
      variant[key] = key === "target" ? input.value : Number(input.value);
      plans = null;
      drawPlans();
    });
  }
  const row = make("fieldset", { className: "draft-row" },
    make("legend", {}, text("variant", index + 1)),
    field("draftStart", starts), field("draftLength", lengths), field("draftTarget", target));
  if (variants.length > 1) row.append(button("removeVariant", "quiet", () => {
    variants.splice(index, 1);
    plans = null;
    draw();
  }));
  return row;
}

function addVariant() {
  variants.push({ ...variants.at(-1) });
  plans = null;
  draw();
}

function asked(variant) {
  const [level, ...code] = form.elements.place.value.split("/");
  return {
    name: form.elements.name.value.trim(), place_level: level, place_code: code.join("/"),
    starts_at: new Date(variant.start).toISOString(),
    ends_at: new Date(variant.start + variant.hours * HOUR_MS).toISOString(),
    target_w: variant.target === "" ? null : Math.round(Number(variant.target) * 1000),
  };
}

function drawPlans() {
  if (plans === null) return byId("variants").replaceChildren();
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const rows = [
    ["meanReduction", ({ plan }) => `${kilowatts(mean(plan.planned_reduction_w))} kW`],
    ["leastReduction", ({ plan }) => `${kilowatts(Math.min(...plan.planned_reduction_w))} kW`],
    ["missing", ({ plan }) => lacking(plan.target_gap_w)],
    ["called", ({ called }) => count(called)],
    ["cost", ({ plan }) => `${rate(plan.objective)} €`],
    ["gap", ({ plan }) => gapOf(plan)],
    ["unserved", ({ plan }) => (plan.unserved_wh > 0 ? `${kilo(plan.unserved_wh)} kWh` : text("none"))],
  ];
  const heads = plans.map((_, index) => make("th", { scope: "col" }, text("variant", index + 1)));
  const table = make("table", { className: "compare" },
    make("caption", {}, text("compareCaption")),
    make("thead", {}, make("tr", {}, make("td", {}), ...heads)),
    make("tbody", {}, ...rows.map(([label, cell]) => make("tr", {},
      make("th", { scope: "row" }, text(label)), ...plans.map((one) => make("td", {}, one.problem ? "–" : cell(one)))))),
    make("tfoot", {}, make("tr", {}, make("td", {}), ...plans.map((one, index) => make("td", {},
      one.problem ? make("span", { className: "error" }, one.problem.detail)
        : button("createThis", "action", () => create(index)))))));
  byId("variants").replaceChildren(make("div", { className: "compare-scroll" }, table));
}

function lacking(gaps) {
  const most = Math.max(0, ...gaps);
  return most > 0 ? `${kilowatts(most)} kW` : text("none");
}

export const gapOf = (plan) => {
  const relative = Math.abs(plan.objective - plan.dual_bound) / Math.max(Math.abs(plan.objective), 1e-9);
  return relative < 1e-9 ? "0 %" : `${(100 * relative).toPrecision(2)} %`;
};

const create = (index) => guard(async () => {
  const event = await server.draftEvent(asked(variants[index]));
  closeDraft();
  await drafted(event);
})();

form.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  byId("variants").replaceChildren(make("p", { className: "placeholder small" }, text("comparing")));
  guard(async () => {
    try {
      plans = (await server.whatIf(variants.map(asked))).items;
    } finally {
      drawPlans();
    }
  })();
});

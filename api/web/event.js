// Demand response: the event that runs, else the next, else the last; planned against measured, slot by slot.
import { byId, make, show } from "./dom.js";
import { count, day, kilo, kilowatts, ratio, text, time } from "./language.js";

const SLOT_MS = 1_800_000;
const ANSWERS = ["accepted", "opted_out", "refused"];
const RANK = { active: 0, scheduled: 1, draft: 2, completed: 3, cancelled: 4 };

// Of a list that starts with the latest start: of those yet to come, the nearest; of those past, the newest.
export function foremost(events) {
  const best = Math.min(...events.map(({ status }) => RANK[status]));
  const same = events.filter(({ status }) => RANK[status] === best);
  return best === RANK.scheduled || best === RANK.draft ? same.at(-1) : same[0];
}

export const spansOf = (events, place) =>
  events
    .filter((event) => event.place.level === place.level && event.place.code === place.code)
    .filter((event) => event.status !== "cancelled" && event.status !== "draft")
    .map((event) => [new Date(event.starts_at), new Date(event.ends_at)]);

export function drawEvent(event) {
  const status = byId("event-status");
  show(status, event !== null);
  if (event === null) {
    byId("event-body").replaceChildren(
      make("p", { className: "placeholder" }, text("noEvent")), make("p", { className: "hint" }, text("noEventLead")));
    return;
  }
  status.textContent = text("statuses")[event.status];
  status.dataset.status = event.status;
  const [start, end] = [new Date(event.starts_at), new Date(event.ends_at)];
  byId("event-body").replaceChildren(
    make("p", { className: "event-name" }, make("strong", {}, event.name), ` · ${event.place.name}`),
    make("p", { className: "sub" }, text("eventWhen", day(start), time(start), time(end))),
    ...(event.plan ? reduction(event, start) : [make("p", { className: "placeholder" }, text("noPlan"))]),
    ...commands(event.commands),
  );
}

export function reduction(event, start) {
  const planned = event.plan.planned_reduction_w;
  const measured = new Map(event.results.map((slot) => [Date.parse(slot.slot_start_at), slot.measured_reduction_w]));
  const highest = Math.max(1, ...planned, ...measured.values());
  const rows = planned.map((watts, index) => {
    const at = start.getTime() + index * SLOT_MS;
    return row(new Date(at), watts, measured.get(at), highest);
  });
  const heads = [text("slot"), text("planned"), text("measuredReduction")];
  const table = make("table", { className: "slots" },
    make("caption", {}, `${text("reduction")} (kW)`),
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows));
  const notes = [total(planned, measured, start)];
  if (event.plan.unserved_wh > 0) notes.push(make("p", { className: "hint" }, text("shortage", kilo(event.plan.unserved_wh))));
  const scroll = make("div", { className: "slots-scroll", tabIndex: 0, role: "region", "aria-label": text("reduction") }, table);
  return [scroll, ...notes, make("p", { className: "hint" }, text("indicative"))];
}

function row(at, planned, measured, highest) {
  const bar = (className, watts) => {
    const fill = make("i", { className: `fill ${className}`, "aria-hidden": "true" });
    fill.style.width = `${Math.max(0, (100 * watts) / highest)}%`;
    return fill;
  };
  const known = measured !== undefined;
  return make("tr", {},
    make("th", { scope: "row" }, time(at)),
    make("td", {}, bar("planned", planned), make("span", {}, kilowatts(planned))),
    make("td", { className: known ? "" : "awaited" },
      known ? bar("measured", measured) : null, make("span", {}, known ? kilowatts(measured) : text("awaiting"))));
}

// Compares only slots that are measured already.
function total(planned, measured, start) {
  const known = planned.map((watts, i) => [watts, measured.get(start.getTime() + i * SLOT_MS)]).filter(([, m]) => m !== undefined);
  if (known.length === 0) return make("p", { className: "total" }, `${text("planned")} : ${kilowatts(mean(planned))} kW`);
  const [plannedW, measuredW] = [0, 1].map((index) => mean(known.map((pair) => pair[index])));
  const share = plannedW > 0 ? ` · ${text("ofPlan", ratio(measuredW / plannedW))}` : "";
  return make("p", { className: "total" },
    make("strong", {}, `${kilowatts(measuredW)} kW`), ` / ${kilowatts(plannedW)} kW${share}`);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function commands(counts) {
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (all === 0) return [];
  const answered = ANSWERS.reduce((sum, status) => sum + counts[status], 0);
  const names = text("commandStatuses");
  const strip = make("div", { className: "strip", "aria-hidden": "true" });
  const shown = Object.keys(names).filter((status) => counts[status] > 0);
  for (const status of shown) {
    const part = make("i", {});
    part.dataset.status = status;
    part.style.flexGrow = counts[status];
    strip.append(part);
  }
  const items = shown.map((status) => {
    const item = make("li", {}, make("strong", {}, count(counts[status])), ` ${names[status]}`);
    item.dataset.status = status;
    return item;
  });
  return [
    make("h3", {}, `${text("commands")} · ${text("answered", count(answered), count(all))}`),
    strip, make("ul", { className: "tallies" }, ...items),
  ];
}

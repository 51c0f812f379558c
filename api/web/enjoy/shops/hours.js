// Opening hours as a merchant says them: two spans a day, closures, and the days that are unlike their week as they are.
import { byId, make } from "/static/dom.js";
import { words } from "/static/enjoy/asking.js";
import { button, field, weekDay } from "./asking.js";

let exceptional = [];
const SPANS = 2;

function timeSpan(label, from = "", until = "") {
  const input = (name, value, word) => make("input", {
    type: "time", name, value: value === "24:00" ? "00:00" : value, "aria-label": `${label} : ${words(word)}`,
  });
  return make("span", { className: "span" }, input("from", from, "merchantFrom"), "–", input("until", until, "merchantUntil"));
}

export function addClosure(one = { from: "", until: "", reason: "" }) {
  const item = make("li", {});
  item.append(
    field(words("merchantFirst"), { type: "date", name: "from", value: one.from, required: true }),
    field(words("merchantLast"), { type: "date", name: "until", value: one.until, required: true }),
    field(words("merchantClosureReason"), { name: "reason", value: one.reason, maxLength: 120 }),
    button(words("merchantRemove"), "quiet", () => {
      item.remove();
      byId("add-closure").focus();
    }),
  );
  byId("closures").append(item);
  return item;
}

export function showHours(hours) {
  exceptional = hours.exceptional;
  byId("week").replaceChildren(...[1, 2, 3, 4, 5, 6, 7].map((number) => {
    const spans = hours.weekly.filter((one) => one.days.includes(number));
    spans.sort((one, other) => one.from.localeCompare(other.from));
    const name = weekDay(number);
    const shown = Array.from({ length: Math.max(SPANS, spans.length) }, (_, place) => timeSpan(
      words(place === 0 ? "merchantMorning" : "merchantAfternoon", { day: name }), spans[place]?.from, spans[place]?.until,
    ));
    return make("fieldset", { className: "week-day", "data-day": String(number) }, make("legend", { textContent: name }), ...shown);
  }));
  byId("closures").replaceChildren();
  for (const one of hours.closures) addClosure(one);
}

// Days that are alike are said once.
export function readHours() {
  const alike = new Map();
  for (const span of document.querySelectorAll("#week .span")) {
    const [from, until] = [...span.querySelectorAll("input")].map((input) => input.value);
    if (!from || !until) continue;
    const key = `${from} ${until === "00:00" ? "24:00" : until}`;
    const days = alike.get(key) ?? [];
    alike.set(key, [...days, Number(span.parentElement.dataset.day)]);
  }
  const weekly = [...alike].map(([key, days]) => ({ days: [...new Set(days)], from: key.split(" ")[0], until: key.split(" ")[1] }));
  const closures = [...byId("closures").children].map((item) => Object.fromEntries(
    [...item.querySelectorAll("input")].map((input) => [input.name, input.value]),
  ));
  return { weekly, closures, exceptional };
}

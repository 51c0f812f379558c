// Hours of a rule: none at all is "at any time"; each has its days, and the clock of Lille.
import { byId, make } from "/static/dom.js";
import { words } from "/static/enjoy/asking.js";
import { nameOfDay } from "./ruling.js";

const DAYS = [1, 2, 3, 4, 5, 6, 7];

const dayBox = (day) => make("label", {}, make("input", { type: "checkbox", value: day, checked: true }), ` ${nameOfDay(day)}`);

const timeField = (key, name, value) => make(
  "label", { className: "field" }, make("span", { textContent: words(key) }), make("input", { type: "time", required: true, value, "data-time": name }),
);

function add() {
  const remove = make("button", { type: "button", className: "quiet", textContent: words("deskHoursRemove") });
  const row = make(
    "fieldset", { className: "hours" },
    make("legend", { textContent: words("deskHours") }),
    make("div", { className: "days" }, ...DAYS.map(dayBox)),
    make("div", { className: "times" }, timeField("deskFrom", "from", "08:00"), timeField("deskTo", "until", "20:00")),
    remove,
  );
  remove.addEventListener("click", () => {
    row.remove();
    byId("add-hours").focus();
  });
  byId("windows").append(row);
  row.querySelector("input").focus();
}

function windowOf(row) {
  const days = [...row.querySelectorAll("[type=checkbox]:checked")].map((box) => Number(box.value));
  if (days.length === 0) throw new Error(words("deskDaysNone"));
  const [from, until] = ["from", "until"].map((name) => row.querySelector(`[data-time=${name}]`).value);
  return { days, from, until };
}

export const windowsAsked = () => [...byId("windows").children].map(windowOf);

export function beginOpening() {
  byId("add-hours").addEventListener("click", add);
  byId("new-rule").addEventListener("reset", () => byId("windows").replaceChildren());
}

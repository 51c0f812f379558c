// A shop: its hours, what it sells, when it is collected; and an order, without an account.
import { byId, make, show } from "/static/dom.js";
import { callAll, say, tried, words } from "/static/enjoy/asking.js";
import { ask, day, euros, isoDay, language, plainDay, span, weekDay } from "./asking.js";

const page = byId("shop");
const name = page.dataset.shop;
const FEW = 5;
const AHEAD_DAYS = 14;
let products = [];
let key = null; // the same order sent again, after a failure, is the same order

function hoursOf(number, date, hours) {
  if (hours.closures.some((one) => one.from <= date && date <= one.until)) return words("shopClosedDay");
  const unlike = hours.exceptional.filter((one) => one.on === date);
  const spans = unlike.length ? unlike : hours.weekly.filter((one) => one.days.includes(number));
  return spans.map((one) => `${one.from}–${one.until}`).sort().join(", ") || words("shopClosedDay");
}

function showHours() {
  const hours = JSON.parse(page.dataset.hours);
  const rows = [];
  for (let ahead = 0; ahead < 7; ahead += 1) {
    const date = isoDay(Date.now() + ahead * 86_400_000);
    const number = new Date(`${date}T12:00:00Z`).getUTCDay() || 7;
    const open = hoursOf(number, date, hours);
    if (ahead === 0) byId("today").textContent = words("shopToday", { open });
    const className = ahead === 0 ? "now" : "";
    rows.push(make("dt", { textContent: weekDay(number), className }), make("dd", { textContent: open, className }));
  }
  byId("hours").replaceChildren(...rows);
  const today = isoDay(Date.now());
  const closed = hours.closures.filter((one) => one.until >= today).sort((one, other) => one.from.localeCompare(other.from));
  byId("closures").replaceChildren(...closed.map((one) => make("li", {
    textContent: words(one.from === one.until ? "shopClosureDay" : "shopClosure", { first: plainDay(one.from), last: plainDay(one.until) })
      + (one.reason ? ` (${one.reason})` : ""),
  })), ...hours.exceptional.filter((one) => one.on >= today).map((one) => make("li", {
    textContent: words("shopExceptional", { day: plainDay(one.on), from: one.from, until: one.until }),
  })));
}

const stockWords = ({ stock }) => {
  if (stock === null || stock > FEW) return words("shopStockMany");
  return stock === 0 ? words("shopStockNone") : words("shopStockFew", { n: stock });
};
const wanted = () => [...document.querySelectorAll("#products input")]
  .filter((input) => input.valueAsNumber > 0)
  .map((input) => ({ product_id: Number(input.name), quantity: input.valueAsNumber }));

function showProducts() {
  const before = new Map(wanted().map((one) => [one.product_id, one.quantity]));
  byId("products").replaceChildren(...products.map((one) => {
    const input = make("input", {
      type: "number", name: String(one.product_id), min: "0", max: String(Math.min(one.stock ?? 1000, 1000)), step: "1",
      value: String(before.get(one.product_id) ?? 0), disabled: one.stock === 0, inputMode: "numeric",
      "aria-label": words("shopQuantityOf", { title: one.title }),
    });
    input.addEventListener("input", showBasket);
    return make(
      "li", {},
      make("span", {}, make("span", { textContent: one.title }), make("br"),
        make("span", { className: "sub", textContent: [one.description, stockWords(one)].filter(Boolean).join(" · ") })),
      make("strong", { textContent: `${euros(one.price_eur_cent)} / ${one.unit}` }),
      input,
    );
  }));
  if (!products.length) byId("products").replaceChildren(make("li", { textContent: words("shopProductNone") }));
}

function showBasket() {
  key = null;
  const lines = wanted().map((line) => ({ ...line, ...products.find((one) => one.product_id === line.product_id) }));
  const total = lines.reduce((sum, line) => sum + line.quantity * line.price_eur_cent, 0);
  byId("basket").replaceChildren(...lines.map((line) => make(
    "li", {},
    make("span", { textContent: `${line.quantity} × ${line.title}` }),
    make("strong", { textContent: euros(line.quantity * line.price_eur_cent) }),
  )), make("li", { className: "total" }, ...(lines.length
    ? [make("span", { textContent: words("shopTotal") }), make("strong", { textContent: euros(total) })]
    : [make("span", { textContent: words("shopBasketEmpty") })])));
}

async function showSlots() {
  const slots = await ask("GET", `shops/${name}/slots?days=${AHEAD_DAYS}`);
  const days = new Map();
  for (const one of slots) days.set(day(one.starts_at), [...(days.get(day(one.starts_at)) ?? []), one]);
  const choice = byId("order").elements.slot_id;
  const before = choice.value;
  choice.replaceChildren(
    make("option", { value: "", textContent: words(slots.length ? "shopSlotChoose" : "shopSlotNone") }),
    ...[...days].map(([label, those]) => make("optgroup", { label }, ...those.map((one) => make("option", {
      value: String(one.slot_id), disabled: !one.is_open,
      textContent: `${label.split(" ")[0]} ${span(one)}${one.is_open ? "" : ` (${words("shopSlotFull")})`}`,
    })))),
  );
  if ([...choice.options].some((one) => one.value === before && !one.disabled)) choice.value = before;
}

async function fill() {
  products = await callAll(`shops/${name}/products`);
  showProducts();
  showBasket();
  await showSlots();
  show(byId("order"), true);
}

async function order(event) {
  const given = new FormData(event.target);
  const lines = wanted();
  if (!lines.length) throw new Error(words("shopChooseFirst"));
  key ??= crypto.randomUUID();
  say(words("shopPlacing"));
  const body = {
    lines, slot_id: Number(given.get("slot_id")), payment: given.get("payment") ?? "at_shop", note: given.get("note"), language,
    email: given.get("email") || null, phone: given.get("phone") || null,
  };
  let made = null;
  try {
    made = await ask("POST", `shops/${name}/orders`, { body, headers: { "Idempotency-Key": key } });
  } catch (error) {
    if (error.status === 409) await fill(); // somebody was faster: show what is left
    throw error;
  }
  sessionStorage.setItem(`enjoy.order.${made.order}`, made.secret);
  if (made.state === "draft") {
    const { url } = await ask("POST", `orders/${made.order}/payment`, { secret: made.secret });
    location.assign(url);
    return;
  }
  location.assign(`/enjoy/orders#${made.order}.${made.secret}`);
}

byId("order").addEventListener("submit", tried(async (event) => {
  const send = event.submitter;
  if (send) send.disabled = true; // one press, one order
  try {
    await order(event);
  } finally {
    if (send) send.disabled = false;
  }
}));
byId("order").addEventListener("change", () => { key = null; });
showHours();
tried(fill)();

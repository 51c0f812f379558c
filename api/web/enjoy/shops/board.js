// The orders of a shop: what is new, what is to be prepared, what is handed over; brought up to date by itself.
import { byId, make } from "/static/dom.js";
import { callAll, inTurn, say, words } from "/static/enjoy/asking.js";
import { ask, askAnew, button, day, euros, field, isoDay, span } from "./asking.js";

const EVERY_MS = 3_000;
const STATES = ["placed", "accepted", "ready"];
let within = null;
let tag = "";
let orders = [];
let seen = null;
let watching = null;
let looking = null;

function sound() {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  tone.connect(audio.createGain()).connect(audio.destination);
  tone.frequency.value = 660;
  tone.start();
  tone.stop(audio.currentTime + 0.25);
  tone.addEventListener("ended", () => audio.close());
}

async function step(order, verb, body) {
  const done = await ask("POST", within(`merchant/orders/${order.order}/${verb}`), { body });
  say(words("merchantDone", { reference: done.reference, state: words(`order${done.state}`) }));
  await look();
  // The card has moved to another list: so does the focus.
  byId(`h-${STATES.includes(done.state) ? done.state : order.state}`).focus();
}

function asking(order, title, verb, name, properties, className) {
  const form = make(
    "form", {}, field(title, { name, required: true, autocomplete: "off", ...properties }),
    make("button", { type: "submit", className, textContent: words(verb === "collect" ? "merchantCollect" : "merchantRefuse") }),
  );
  form.addEventListener("submit", inTurn(() => step(order, verb, { [name]: form.elements[name].value })));
  return form;
}

function actions(order) {
  const refuse = () => make("details", {}, make("summary", { textContent: words("merchantRefuse") }),
    asking(order, words("merchantReasonFor"), "refuse", "reason", { maxLength: 300 }, "danger"));
  if (order.state === "ready") return [asking(order, words("merchantCode"), "collect", "code", { minLength: 4, maxLength: 120 }, "primary")];
  const [label, verb] = order.state === "placed" ? ["merchantAccept", "accept"] : ["merchantReady", "ready"];
  return [make("p", { className: "buttons" }, button(words(label), "primary", () => step(order, verb))), refuse()];
}

function card(order) {
  const left = order.state === "placed" ? Math.max(0, Math.ceil((new Date(order.due_at) - Date.now()) / 60_000)) : null;
  const paid = words(order.payment_state === "paid" ? "orderPaid" : "orderDue");
  return make(
    "li", { id: `o-${order.order}` },
    make("strong", { textContent: order.reference }),
    make("p", { textContent: `${day(order.starts_at)}, ${span(order)}` }),
    left === null ? null : make("p", { className: left <= 10 ? "left late" : "left", "data-due": order.due_at, textContent: words("merchantExpires", { n: left }) }),
    make("ul", {}, ...order.lines.map((line) => make("li", { textContent: `${line.quantity} × ${line.title}` }))),
    make("p", { textContent: `${euros(order.amount_eur_cent)} · ${paid}` }),
    order.note ? make("p", { textContent: words("merchantNoteFrom", { note: order.note }) }) : null,
    order.phone ? make("p", { textContent: words("merchantPhone", { phone: order.phone }) }) : null,
    ...actions(order),
  );
}

// A card that is the same stays where it is: somebody may be typing a code into it.
function showOrders() {
  for (const state of STATES) {
    const list = byId(state);
    const own = orders.filter((one) => one.state === state);
    const cards = own.map((one) => {
      const old = byId(`o-${one.order}`);
      const text = JSON.stringify(one);
      if (old?.dataset.order === text) return old;
      const made = card(one);
      made.dataset.order = text;
      return made;
    });
    const wanted = cards.length ? cards : [make("li", { className: "none", textContent: words("merchantNoOrders") })];
    if (wanted.length !== list.children.length || wanted.some((one, place) => one !== list.children[place])) list.replaceChildren(...wanted);
  }
}

function countDown() {
  for (const left of document.querySelectorAll(".orders [data-due]")) {
    const minutes = Math.max(0, Math.ceil((new Date(left.dataset.due) - Date.now()) / 60_000));
    left.textContent = words("merchantExpires", { n: minutes });
    left.className = minutes <= 10 ? "left late" : "left";
  }
}

async function showFigures() {
  const today = isoDay(Date.now());
  const figures = (await ask("GET", `${within("merchant/figures")}&days=1`)).filter((one) => one.day === today);
  byId("figures").replaceChildren(...(figures.length ? figures.map((one) => make(
    "tr", {},
    ...[words(`order${one.state}`), String(one.order_count), euros(one.amount_eur_cent)].map((textContent) => make("td", { textContent })),
  )) : [make("tr", {}, make("td", { colSpan: 3, textContent: words("merchantNoFigures") }))]));
}

async function look() {
  const found = await askAnew(within("merchant/orders"), tag);
  if (found === null) return;
  tag = found.tag;
  orders = found.told.next === null ? found.told.items : await callAll(within("merchant/orders"));
  const news = orders.filter((one) => one.state === "placed" && seen !== null && !seen.has(one.order));
  seen = new Set(orders.map((one) => one.order));
  showOrders();
  if (news.length) {
    say(words("merchantNew", { reference: news[0].reference }));
    if (byId("sound").checked) sound();
  }
  await showFigures();
}

// No look is under way afterwards: it would ask with a session that is over, or show what is another shop's.
export async function unwatch() {
  watching = null;
  await looking;
}

export async function watch(address) {
  await unwatch();
  const mine = watching = {};
  within = address;
  tag = "";
  seen = null;
  await look();
  const again = () => {
    if (watching !== mine) return;
    // Where a look fails, the next may do better.
    looking = look().then(countDown).catch(() => {}).finally(() => setTimeout(again, EVERY_MS));
  };
  setTimeout(again, EVERY_MS);
}

// What a scanner types names the order as well.
byId("scan").addEventListener("submit", (event) => {
  const input = event.target.elements.code;
  const text = input.value.trim();
  input.value = ""; // for the next one, which scanners type at once
  inTurn(async () => {
    const [, id] = /^SOMEL-ORDER:([0-9a-f-]{36}):/i.exec(text) ?? [];
    const order = orders.find((one) => one.order === id?.toLowerCase());
    if (!order) throw new Error(words("merchantNoOrders"));
    await step(order, "collect", { code: text });
    input.focus();
  })(event);
});

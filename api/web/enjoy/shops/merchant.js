// The page of merchants: apply with a shop, say what it sells and when; and of those who list shops.
import { byId, make, show } from "/static/dom.js";
import { callAll, inTurn, say, words } from "/static/enjoy/asking.js";
import { ask, button, day, euros, field, language as spoken, span } from "./asking.js";
import { unwatch, watch } from "./board.js";
import { addClosure, readHours, showHours } from "./hours.js";

const WEEK = { weekly: [{ days: [2, 3, 4, 5, 6], from: "09:00", until: "19:00" }], closures: [], exceptional: [] };
let account = null;
let shop = null;

const chosen = () => account.organisations.find((one) => one.organisation === byId("organisation").value);
const withinOf = (organisation) => (path) => `${path}?organisation=${encodeURIComponent(organisation)}`;
const within = (path) => withinOf(chosen().organisation)(path);
const numbers = (form, ...names) => Object.fromEntries(names.map((name) => [name, form.elements[name].valueAsNumber]));

function showShop() {
  byId("shop-title").textContent = shop.title;
  byId("shop-state").textContent = [words(`merchant${shop.state}`), shop.state_reason].filter(Boolean).join(" : ");
  showHours(shop.hours);
  const { ordering } = shop;
  for (const input of byId("ordering").querySelectorAll("input")) input.value = ordering[input.name] ?? { slot_min: 30, slot_orders: 4 }[input.name];
}

function productRow(one) {
  const stock = field(words("merchantStockOf", { title: one.title }), { type: "number", min: "0", max: "1000000", step: "1", value: one.stock ?? "" });
  const count = async () => {
    const counted = stock.querySelector("input").valueAsNumber;
    await ask("POST", within(`merchant/products/${one.product_id}/stock`), { body: Number.isNaN(counted) ? { is_uncounted: true } : { counted } });
    await showProducts();
    say(words("merchantSaved"));
  };
  const turn = async () => {
    const { title, description, unit, price_eur_cent, vat_ratio } = one;
    const body = { title, description, unit, price_eur_cent, vat_ratio, is_offered: !one.is_offered };
    await ask("PUT", within(`merchant/products/${one.product_id}`), { body });
    await showProducts();
    say(words("merchantSaved"));
  };
  return make(
    "li", {},
    make("span", {}, make("span", { textContent: one.title }), make("br"), make("span", {
      className: "sub", textContent: `${euros(one.price_eur_cent)} / ${one.unit} · ${words(one.is_offered ? "merchantOffered" : "merchantHidden")}`,
    })),
    stock, button(words("merchantCount"), "quiet", count), button(words(one.is_offered ? "merchantHide" : "merchantOffer"), "quiet", turn),
  );
}

async function showProducts() {
  byId("products").replaceChildren(...(await callAll(within("merchant/products"))).map(productRow));
}

function slotRow(one) {
  const turn = async () => {
    const { capacity_orders, capacity_eur_cent } = one;
    const body = { capacity_orders, capacity_eur_cent, is_open: one.closed_by !== null };
    await ask("PUT", within(`merchant/slots/${one.slot_id}`), { body });
    await showSlots();
  };
  return make(
    "li", {},
    make("span", { textContent: `${day(one.starts_at)}, ${span(one)}` }),
    make("span", { textContent: words("merchantSlotUse", { n: one.order_count, most: one.capacity_orders ?? "∞" }) }),
    button(words(one.closed_by === null ? "merchantSlotClose" : "merchantSlotOpen"), "quiet", turn),
  );
}

async function showSlots() {
  const slots = await ask("GET", `${within("merchant/slots")}&days=14`);
  byId("slots").replaceChildren(...(slots.length ? slots.map(slotRow) : [make("li", { textContent: words("merchantSlotNone") })]));
}

function listing(lister, one) {
  const why = field(words("merchantDecideWhy"), { maxLength: 300 });
  const decide = (state) => async () => {
    await ask("PUT", withinOf(lister)(`listings/${one.name}`), { body: { state, reason: why.querySelector("input").value } });
    await showListings(lister);
    say(`${one.title} : ${words(`merchant${state}`)}`);
    byId("listing-state").focus();
  };
  const against = one.state === "listed" ? "suspended" : "refused";
  return make(
    "li", {},
    make("span", {}, make("strong", { textContent: one.title }), make("br"), make("span", { className: "sub", textContent: `SIRET ${one.siret} · ${one.address} · ${one.insee_code}` })),
    why,
    one.state === "listed" ? null : button(words("merchantList"), "quiet", decide("listed")),
    one.state === against ? null : button(words(against === "refused" ? "merchantRefuse" : "merchantSuspend"), "danger", decide(against)),
  );
}

async function showListings(lister) {
  const found = await callAll(`${withinOf(lister)("listings")}&state=${byId("listing-state").value}`);
  byId("listed").replaceChildren(...(found.length ? found.map((one) => listing(lister, one)) : [make("li", { textContent: words("merchantNoListings") })]));
}

const lister = () => account.organisations.find((one) => ["metropolis", "commune"].includes(one.kind) && one.scopes.includes("manage:services"));

async function showOrganisation() {
  await unwatch();
  shop = chosen().kind === "merchant" ? await ask("GET", within("merchant/shop")) : null;
  show(byId("apply"), shop === null);
  show(byId("own"), shop !== null);
  if (shop === null) return;
  showShop();
  await Promise.all([showProducts(), showSlots()]);
  await watch(within);
}

async function begin(wanted = null) {
  const { signed_in: inside } = await ask("GET", "session");
  show(byId("entrance"), !inside);
  show(byId("inside"), inside);
  if (!inside) return;
  account = await ask("GET", "account");
  byId("who").textContent = account.email;
  const shops = account.organisations.filter((one) => one.kind === "merchant");
  const none = make("option", { value: account.organisations[0].organisation, textContent: words("merchantAnother") });
  byId("organisation").replaceChildren(...shops.map((one) => make("option", { value: one.organisation, textContent: one.title })), none);
  if (wanted !== null) byId("organisation").value = wanted;
  show(byId("which"), shops.length > 0);
  show(byId("listings"), lister() !== undefined);
  if (lister()) await showListings(lister().organisation);
  await showOrganisation();
}

// The digits of a SIRET (ISO/IEC 7812-1); La Poste has more establishments than these allow, and the server knows it.
function isSiret(text) {
  const digits = text.replace(/\s/g, "");
  if (!/^\d{14}$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (1 + (place % 2));
    return total + value - 9 * (value > 9);
  }, 0);
  return sum % 10 === 0 || digits.startsWith("356000000");
}

const slug = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 48);
const fields = byId("apply").elements;
fields.siret.addEventListener("input", () => {
  const good = isSiret(fields.siret.value);
  byId("siret-said").textContent = fields.siret.value.length < 14 ? "" : words(good ? "merchantSiretGood" : "merchantSiretBad");
  fields.siret.setCustomValidity(good ? "" : words("merchantSiretBad"));
});
fields.title.addEventListener("change", () => { fields.name.value ||= slug(fields.title.value); });
fields.insee_code.addEventListener("change", () => {
  const { longitude, latitude } = fields.insee_code.selectedOptions[0].dataset;
  if (Number(longitude)) [fields.longitude.value, fields.latitude.value] = [Number(longitude).toFixed(5), Number(latitude).toFixed(5)];
});
byId("apply").addEventListener("submit", inTurn(async (event) => {
  const given = new FormData(event.target);
  const made = await ask("POST", "merchant/shop", { body: {
    ...Object.fromEntries(["siret", "title", "name", "description", "address", "insee_code"].map((name) => [name, given.get(name)])),
    ...numbers(event.target, "longitude", "latitude"), categories: [given.get("category")], hours: WEEK, language: spoken,
  } });
  event.target.reset();
  await begin(made.organisation);
  say(words("merchantApplied"));
  byId("title").focus();
}));
byId("new-product").addEventListener("submit", inTurn(async (event) => {
  const given = new FormData(event.target);
  await ask("POST", within("merchant/products"), { body: {
    title: given.get("title"), unit: given.get("unit"), price_eur_cent: Math.round(Number(given.get("price")) * 100),
    vat_ratio: Number(given.get("vat_ratio")), stock: given.get("stock") === "" ? null : Number(given.get("stock")),
  } });
  event.target.reset();
  await showProducts();
  say(words("merchantSaved"));
  event.target.elements.title.focus();
}));
byId("hours-form").addEventListener("submit", inTurn(async () => {
  const { title, description, address, longitude, latitude, categories, language, notify_email } = shop;
  const body = { title, description, address, longitude, latitude, categories, language, notify_email, hours: readHours() };
  shop = await ask("PUT", within("merchant/shop"), { body });
  showShop();
  await showSlots();
  say(words("merchantSaved"));
}));
byId("add-closure").addEventListener("click", () => addClosure().querySelector("input").focus());
byId("ordering").addEventListener("submit", inTurn(async (event) => {
  const given = numbers(event.target, "slot_min", "slot_orders", "slot_ahead_days", "lead_min", "accept_within_min");
  shop = await ask("PUT", within("merchant/shop/ordering"), { body: { ...shop.ordering, ...given } });
  await showSlots();
  say(words("merchantSaved"));
}));
byId("listing-state").addEventListener("change", inTurn(() => showListings(lister().organisation)));
byId("organisation").addEventListener("change", inTurn(showOrganisation));
byId("entrance").addEventListener("submit", inTurn(async (event) => {
  const given = new FormData(event.target);
  await ask("POST", event.submitter?.value ?? "session", { body: { email: given.get("email"), passphrase: given.get("passphrase") } });
  event.target.reset();
  await begin();
  byId("title").focus();
}));
byId("out").addEventListener("click", inTurn(async () => {
  await unwatch();
  await ask("DELETE", "session");
  await begin();
}));
inTurn(() => begin())();

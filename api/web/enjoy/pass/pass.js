// The page that shows passes; all that it shows is in this browser, so that it works without a net.
import { byId, make, show } from "/static/dom.js";
import { call, say, tried, words } from "/static/enjoy/asking.js";
import { forget, kept, makesKeys } from "./keeping.js";
import { addPass, openCard, renewed } from "./renewing.js";
import { beginShowing, enlarge, showPass } from "./showing.js";

const NEW = "new";
let passes = [];
let chosen = null;

function chooser(pass) {
  const button = make("button", { type: "button", textContent: pass.title, "aria-pressed": String(pass.service === chosen) });
  button.addEventListener("click", () => choose(pass.service));
  return button;
}

async function choose(service) {
  const pass = passes.find((one) => one.service === service) ?? passes[0] ?? null;
  chosen = pass?.service ?? null;
  byId("choice").replaceChildren(...passes.map(chooser));
  show(byId("choice"), passes.length > 1);
  show(byId("empty"), passes.length === 0 && byId("old").hidden);
  if (pass === null) enlarge(false);
  await showPass(pass);
}

async function reload(service = chosen) {
  passes = (await kept()).sort((one, other) => one.title.localeCompare(other.title));
  await choose(service);
}

const option = (value, textContent) => make("option", { value, textContent });

// What can be added: the services that the holder joined and that have no pass here.
function offer(card) {
  const missing = card.services.filter((one) => !passes.some((pass) => pass.service === one.service && !pass.withdrawn));
  const phones = card.media.filter((one) => one.kind === "phone" && one.status === "active");
  byId("services").replaceChildren(...missing.map((one) => option(one.service, one.title)));
  const here = passes.find((pass) => !pass.withdrawn)?.medium;
  byId("media").replaceChildren(
    ...phones.map((one) => option(one.medium, one.label || words("passThisPhone"))),
    option(NEW, words("passNewPhone")),
  );
  byId("media").value = phones.some((one) => one.medium === here) ? here : NEW;
  show(byId("add"), missing.length > 0);
  if (missing.length === 0 && card.services.length > 0 && passes.length === 0) say(words("passNoService"));
}

// Asks the card, where there is a net and a card is open: what is due is renewed, what is missing can be added.
async function ask() {
  if (!navigator.onLine) return;
  const bought = passes.filter((one) => one.claim);
  for (const pass of bought) await renewed(pass, null);
  if (bought.length > 0) await reload();
  const card = await openCard();
  show(byId("add"), false);
  if (card === null) {
    if (passes.length > bought.length) say(words("passSignIn"));
    return;
  }
  for (const pass of passes.filter((one) => !one.claim)) await renewed(pass, card);
  await reload();
  if (byId("old").hidden) offer(card);
}

async function add(event) {
  const given = new FormData(event.target);
  const medium = given.get("medium") === NEW
    ? (await call("POST", "card/media", { kind: "phone", label: words("passThisPhone") })).medium
    : given.get("medium");
  const pass = await addPass(given.get("service"), medium);
  await reload(pass.service);
  await ask();
  say(words("passAdded", { title: pass.title }));
  byId("large").focus();
}

async function remove() {
  await forget(chosen);
  enlarge(false);
  await reload(null);
  say(words("passRemoved"));
  await ask();
}

const tellNet = () => show(byId("offline"), !navigator.onLine);

// Where the net fails on the way, the passes are there all the same, and the line above says so.
async function askQuietly() {
  tellNet();
  try {
    await ask();
  } catch (error) {
    if (error.status === 0) show(byId("offline"), true);
    else throw error;
  }
}

function offerInstalling() {
  let asked = null;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    asked = event;
    show(byId("install"), true);
  });
  byId("install").addEventListener("click", tried(async () => {
    await asked.prompt();
    if ((await asked.userChoice).outcome !== "accepted") say(words("passNotInstalled"));
    show(byId("install"), false);
  }));
}

// Has the page kept for when there is no net, in the language in which it is read now.
async function keepForLater() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/enjoy/pass/worker.js", { scope: "/enjoy/pass" });
  navigator.serviceWorker.ready.then(({ active }) => active.postMessage({ language: document.documentElement.lang }));
  await navigator.storage?.persist?.();
}

async function begin() {
  offerInstalling();
  beginShowing();
  show(byId("old"), !(await makesKeys()));
  tellNet();
  await reload();
  await keepForLater();
  await askQuietly();
}

byId("add").addEventListener("submit", tried(add));
byId("remove").addEventListener("click", tried(remove));
addEventListener("online", tried(askQuietly));
addEventListener("offline", tellNet);
tried(begin)();

// The page that shows passes; all that it shows is in this browser, so that it works without a net.
import { byId, make, show } from "/static/dom.js";
import { call, say, tried, words } from "/static/enjoy/asking.js";
import { forget, kept, makesKeys } from "./keeping.js";
import { beginOffering, offer, taken } from "./offering.js";
import { openCard, renewed } from "./renewing.js";
import { beginShowing, enlarge, showPass, titleOf } from "./showing.js";

let passes = [];
let chosen = null;

function chooser(pass) {
  const button = make("button", { type: "button", textContent: titleOf(pass), "aria-pressed": String(pass.name === chosen) });
  button.addEventListener("click", () => choose(pass.name));
  return button;
}

async function choose(name) {
  const pass = passes.find((one) => one.name === name) ?? passes[0] ?? null;
  chosen = pass?.name ?? null;
  const hadFocus = byId("choice").contains(document.activeElement);
  byId("choice").replaceChildren(...passes.map(chooser));
  if (hadFocus) byId("choice").querySelector("[aria-pressed=true]")?.focus();
  show(byId("choice"), passes.length > 1);
  show(byId("empty"), passes.length === 0 && byId("old").hidden);
  if (pass === null) enlarge(false);
  await showPass(pass);
}

async function reload(name = chosen) {
  passes = (await kept()).sort((one, other) => titleOf(one).localeCompare(titleOf(other)));
  await choose(name);
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
  if (byId("old").hidden) offer(card, passes);
}

async function add(event) {
  const pass = await taken(new FormData(event.target));
  await reload(pass.name);
  await ask();
  say(words("passAdded", { title: titleOf(pass) }));
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
  beginOffering();
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

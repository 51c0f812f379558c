// Runs the services of an organisation: what they are, where they are used, who is admitted, and how many came.
import { byId, make, show } from "/static/dom.js";
import { call, callAll, say, tried, words } from "/static/enjoy/asking.js";
import { chosen, within } from "./belonging.js";
import { changeService, showChange, showVenues } from "./changing.js";
import { fact, fill } from "./listing.js";
import { beginOpening, windowsAsked } from "./opening.js";
import { beginPairing, showReaders } from "./pairing.js";
import { conditionOf, dayInWords, ruleInWords, ruleOf } from "./ruling.js";

const language = document.documentElement.lang;
let services = [];

const one = () => services.find((service) => service.name === byId("service").value) ?? null;
const of = (path) => within(`services/${one().name}/${path}`);

const box = (name, value, title) => make("label", {}, make("input", { type: "checkbox", name, value }), ` ${title}`);

async function showRules(service) {
  const [rights, rules] = await Promise.all([call("GET", of("rights")), call("GET", of("rules"))]);
  fill("rights", rights.map((right) => fact(right.title, right.words[language])));
  byId("who").replaceChildren(...rights.map((right) => box("right", right.number, right.title)));
  byId("where").replaceChildren(...service.venues.map((venue) => box("venue", venue.name, venue.title)));
  fill("rules", rules.filter((rule) => rule.ended_at === null).map((rule) => {
    const end = make("button", { type: "button", className: "danger", textContent: words("ruleEnd") });
    end.addEventListener("click", tried(async () => {
      await call("DELETE", of(`rules/${rule.rule_id}`));
      await showServices();
      say(words("deskRuleEnded"));
    }));
    return fact(ruleInWords(rule.content, rights, service.venues), "", end);
  }));
}

const titled = (service, name) => service.venues.find((venue) => venue.name === name)?.title ?? name;
const dayAt = (service, one) => `${dayInWords(one.day)} · ${titled(service, one.venue)}`;

// What looks wrong is told by number alone: the desk has no need to know who it was.
async function showFlags(service) {
  const { counts } = await call("GET", of("flags"));
  fill("flags", counts.map((flag) => fact(`${dayAt(service, flag)} · ${words(`flag.${flag.kind}`)}`, String(flag.count))));
}

// Figures of all price classes together; the newest day first.
async function showFigures(service) {
  const told = (await call("GET", of("statistics"))).filter((figure) => figure.price_class === null);
  fill("figures", told.reverse().map((figure) => fact(dayAt(service, figure), String(figure.admissions ?? words("deskHidden")))));
}

async function showService() {
  const service = one();
  show(byId("about"), service !== null);
  if (service === null) return;
  byId("service-title").textContent = service.title;
  const proof = words(`proof.${service.proof}`);
  byId("service-lead").textContent = [service.description, proof, words(service.is_open ? "deskOpen" : "deskShut")].filter(Boolean).join(" · ");
  showVenues(service, showServices);
  showChange(service);
  await Promise.all([showRules(service), showReaders(service), showFigures(service), showFlags(service)]);
}

export async function showServices(name = byId("service").value) {
  services = await callAll(`services?organisation=${encodeURIComponent(chosen())}`);
  byId("service").replaceChildren(...services.map((service) => make("option", { value: service.name, textContent: service.title })));
  if (services.some((service) => service.name === name)) byId("service").value = name;
  await showService();
}

// What a condition is about is asked for, and nothing else.
function showCondition() {
  for (const part of byId("new-right").querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(byId("condition").value);
    part.disabled = part.hidden;
  }
}

// Sends what a form says, empties it, shows what is now, and says that it is kept.
function sent(work) {
  return tried(async (event) => {
    await work(new FormData(event.target));
    event.target.reset();
    showCondition();
    say(words("deskSaved"));
  });
}

export function beginRunning() {
  byId("service").addEventListener("change", tried(showService));
  byId("new-service").addEventListener("submit", sent(async (given) => {
    await call("POST", within("services"), Object.fromEntries(given));
    await showServices(given.get("name"));
  }));
  byId("new-venue").addEventListener("submit", sent(async (given) => {
    const { name, ...venue } = Object.fromEntries(given);
    await call("PUT", of(`venues/${name}`), venue);
    await showServices();
  }));
  byId("new-right").addEventListener("submit", sent(async (given) => {
    await call("PUT", of(`rights/${given.get("code")}`), { title: given.get("title"), condition: conditionOf(given) });
    await showServices();
  }));
  byId("condition").addEventListener("change", showCondition);
  showCondition();
  byId("new-rule").addEventListener("submit", sent(async (given) => {
    await call("POST", of("rules"), ruleOf(given, windowsAsked()));
    await showServices();
  }));
  byId("change-service").addEventListener("submit", tried(async (event) => {
    await changeService(one(), new FormData(event.target));
    await showServices();
    say(words("deskSaved"));
  }));
  beginOpening();
  beginPairing();
}

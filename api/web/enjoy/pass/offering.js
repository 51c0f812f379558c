// What can be added to this phone: of the holder and of the children for whom they act, the services that were joined and
// that have no pass here.
import { byId, make, show } from "/static/dom.js";
import { call, say, words } from "/static/enjoy/asking.js";
import { addPass, forWhom } from "./renewing.js";

const NEW = "new";
const SELF = "";
let people = [];
let passes = [];

const option = (value, textContent) => make("option", { value, textContent });
const isOf = (person) => (pass) => (pass.member ?? null) === person.member && !pass.withdrawn;

function missingOf(person) {
  const here = passes.filter(isOf(person));
  return person.services.filter((one) => !here.some((pass) => pass.service === one.service));
}

const personChosen = () => people.find((one) => (one.member ?? SELF) === byId("person").value) ?? people[0];

function nothingToAdd(person, missing) {
  if (missing.length > 0) return "";
  const key = person.services.length > 0 ? "passAllHere" : "passNoneJoined";
  return words(person.member ? `${key}Child` : key, { person: person.label });
}

function showPerson() {
  const person = personChosen();
  const missing = missingOf(person);
  byId("services").replaceChildren(...missing.map((one) => option(one.service, one.title)));
  const phones = person.media.filter((one) => one.kind === "phone" && one.status === "active");
  byId("media").replaceChildren(
    ...phones.map((one) => option(one.medium, one.label || words("passThisPhone"))),
    option(NEW, words("passNewPhone")),
  );
  const here = passes.find(isOf(person))?.medium;
  byId("media").value = phones.some((one) => one.medium === here) ? here : NEW;
  byId("adding").disabled = missing.length === 0;
  show(byId("adding"), missing.length > 0);
  byId("nothing").textContent = nothingToAdd(person, missing);
}

// Who still has something to add is chosen; who was chosen before stays so.
export function offer(card, kept) {
  const before = byId("person").value;
  people = card;
  passes = kept;
  const open = people.filter((one) => missingOf(one).length > 0);
  byId("person").replaceChildren(...people.map((one) => option(one.member ?? SELF, one.label ?? words("passMyself"))));
  const next = open.find((one) => (one.member ?? SELF) === before) ?? open[0];
  byId("person").value = next?.member ?? SELF;
  show(byId("whom"), people.length > 1);
  show(byId("add"), open.length > 0);
  if (open.length > 0) showPerson();
  else if (passes.length === 0 && people.some((one) => one.services.length > 0)) say(words("passNoService"));
}

// The pass that a form asks for; a phone that is new to the card of this person is linked to it first.
export async function taken(given) {
  const person = personChosen();
  const medium = given.get("medium") === NEW
    ? (await call("POST", forWhom("card/media", person.member), { kind: "phone", label: words("passThisPhone") })).medium
    : given.get("medium");
  return addPass(given.get("service"), medium, person);
}

export const beginOffering = () => byId("person").addEventListener("change", showPerson);

// The page of desks: who sits there says what they saw, who runs services runs them; all by calls that programs can make too.
import { byId, make, show } from "/static/dom.js";
import { call, tried, words } from "/static/enjoy/asking.js";
import { beginAttesting } from "./attesting.js";
import { chosen } from "./belonging.js";
import { beginRunning, showServices } from "./running.js";

const ATTESTS = "attest:rights";
const RUNS = "manage:services";
let belonging = [];

async function showOrganisation() {
  const { scopes } = belonging.find((one) => one.organisation === chosen());
  show(byId("attesting"), scopes.includes(ATTESTS));
  show(byId("running"), scopes.includes(RUNS));
  if (scopes.includes(RUNS)) await showServices();
}

async function begin() {
  const { signed_in: inside } = await call("GET", "session");
  show(byId("entrance"), !inside);
  if (!inside) return;
  const account = await call("GET", "account");
  belonging = account.organisations.filter((one) => one.scopes.some((scope) => scope === ATTESTS || scope === RUNS));
  // One's own organisation comes first in the account; whoever has a desk elsewhere sits there.
  belonging.sort((one, other) => Number(one.kind === "developer") - Number(other.kind === "developer"));
  show(byId("nowhere"), belonging.length === 0);
  show(byId("choosing"), belonging.length > 0);
  if (belonging.length === 0) return;
  byId("organisation").replaceChildren(...belonging.map((one) => make("option", {
    value: one.organisation,
    textContent: one.kind === "developer" ? words("deskOwn") : one.title,
  })));
  await showOrganisation();
}

byId("organisation").addEventListener("change", tried(showOrganisation));
beginAttesting();
beginRunning();
tried(begin)();

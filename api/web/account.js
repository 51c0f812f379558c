// The page of accounts: everything that it does is a call that a program could make as well.
import { byId, make, show } from "/static/dom.js";
import { call, inTurn, say, words } from "/static/enjoy/asking.js";

const OVERLAP_H = 24;
let account = null;

const chosen = () => account.organisations.find((one) => one.organisation === byId("organisation").value);
const within = (path) => `${path}?organisation=${encodeURIComponent(chosen().organisation)}`;

function reveal(id, text) {
  byId(id).textContent = text;
  show(byId(id), true);
}

function keyRow(key) {
  const rotate = make("button", { type: "button", className: "plain", textContent: words("accountNewSecret") });
  rotate.addEventListener("click", inTurn(async () => {
    const turned = await call("POST", within(`keys/${key.api_key_id}/secret`), { overlap_h: OVERLAP_H });
    await showKeys();
    reveal("secret", `${turned.secret} (${words("accountOverlap", { n: OVERLAP_H })})`);
  }));
  const revoke = make("button", { type: "button", className: "danger", textContent: words("accountRevoke") });
  revoke.addEventListener("click", inTurn(async () => {
    await call("DELETE", within(`keys/${key.api_key_id}`));
    await showKeys();
  }));
  const name = key.name + (key.is_sandbox ? ` (${words("accountSandboxMark")})` : "");
  const until = key.expires_at === null ? "" : key.expires_at.slice(0, 10);
  const quota = key.quota_per_minute || words("accountAny");
  return row(name, key.scopes.join(", "), quota, until, make("span", {}, rotate, " ", revoke));
}

// An empty table says that it is.
function fill(id, rows, columns) {
  const none = make("td", { colSpan: columns, textContent: words("accountNone") });
  byId(id).replaceChildren(...(rows.length ? rows : [make("tr", { className: "none" }, none)]));
}

function row(...cells) {
  return make("tr", {}, ...cells.map((cell) => make("td", {}, cell instanceof Node ? cell : String(cell))));
}

async function showKeys() {
  show(byId("secret"), false);
  fill("keys", (await call("GET", within("keys"))).map(keyRow), 5);
}

async function showUsage() {
  const sums = new Map();
  for (const one of await call("GET", within("usage"))) {
    const key = JSON.stringify([one.key_name, one.dataset, one.route, one.status]);
    sums.set(key, (sums.get(key) ?? 0) + one.request_count);
  }
  fill("usage", [...sums].map(([key, count]) => row(...JSON.parse(key).map((one) => one ?? "–"), count)), 5);
}

async function showMembers() {
  const { kind, role } = chosen();
  show(byId("belonging"), kind !== "developer");
  show(byId("invite"), role === "owner");
  show(byId("link"), false);
  if (kind === "developer") return;
  byId("members").replaceChildren(...(await call("GET", within("members"))).map((one) => row(one.email, words(one.role))));
}

async function showOrganisation() {
  byId("scopes").replaceChildren(
    make("legend", { textContent: words("accountMay") }),
    ...chosen().scopes.map((scope) => make(
      "label", {}, make("input", { type: "checkbox", name: "scope", value: scope, defaultChecked: scope === "read:data" }),
      ` ${words(scope)}`,
    )),
  );
  await Promise.all([showKeys(), showUsage(), showMembers()]);
}

async function takeInvitation() {
  const secret = new URLSearchParams(location.hash.slice(1)).get("invitation");
  if (secret === null) return;
  history.replaceState(null, "", location.pathname);
  const joined = await call("POST", "invitations/take", { secret });
  say(words("accountJoined", { title: joined.title, role: words(joined.role) }));
}

async function begin() {
  const { signed_in: inside } = await call("GET", "session");
  show(byId("entrance"), !inside);
  show(byId("inside"), inside);
  if (!inside) return;
  try {
    await takeInvitation();
  } catch (error) {
    say(error.message);
  }
  account = await call("GET", "account");
  byId("who").textContent = account.email;
  byId("organisation").replaceChildren(...account.organisations.map((one) => make("option", {
    value: one.organisation,
    textContent: one.kind === "developer" ? words("accountOwn") : `${one.title} (${words(one.role)})`,
  })));
  await showOrganisation();
}

byId("entrance").addEventListener("submit", inTurn(async (event) => {
  const given = new FormData(event.target);
  const wanted = { email: given.get("email"), passphrase: given.get("passphrase") };
  await call("POST", event.submitter?.value ?? "session", wanted);
  event.target.reset();
  await begin();
}));
byId("out").addEventListener("click", inTurn(async () => {
  await call("DELETE", "session");
  await begin();
}));
byId("organisation").addEventListener("change", inTurn(showOrganisation));
byId("new-key").addEventListener("submit", inTurn(async (event) => {
  const given = new FormData(event.target);
  const wanted = { name: given.get("name"), scopes: given.getAll("scope"), is_sandbox: given.has("sandbox") };
  const made = await call("POST", within("keys"), wanted);
  event.target.reset();
  await showKeys();
  reveal("secret", `${made.secret} (${words("accountKeep")})`);
}));
byId("invite").addEventListener("submit", inTurn(async (event) => {
  const made = await call("POST", within("invitations"), { role: new FormData(event.target).get("role") });
  reveal("link", `${location.origin}${made.link} (${words("accountLinkGood")})`);
}));

inTurn(begin)();

// The page of cards: everything that it does is a call that a program could make as well.
import { byId, make, show } from "/static/dom.js";
import { call, callAll, inTurn, say, words } from "/static/enjoy/asking.js";

const page = byId("card");
const day = (text) => new Date(text).toLocaleDateString(page.dataset.language, { dateStyle: "medium" });
const moment = (text) => new Date(text).toLocaleString(page.dataset.language, { dateStyle: "short", timeStyle: "short" });
let member = "";

const acting = (path) => `card${path}${member ? `?for=${encodeURIComponent(member)}` : ""}`;

const given = (event) => Object.fromEntries(new FormData(event.target));
const on = (id, kind, work) => byId(id).addEventListener(kind, inTurn(work));

function button(key, kind, work) {
  const one = make("button", { type: "button", className: kind, textContent: words(key) });
  one.addEventListener("click", inTurn(work));
  return one;
}

const line = (text, ...doing) => make("li", {}, text, make("div", { className: "doing" }, ...doing));

function fill(id, rows) {
  byId(id).replaceChildren(...(rows.length ? rows : [make("li", { textContent: words("cardNone") })]));
}

function reveal(code) {
  show(byId("code"), Boolean(code));
  byId("code-text").textContent = code ?? "";
  if (code) byId("code").focus();
}

async function changed(work, done = "cardDone") {
  await work;
  await showHeld();
  say(words(done));
}

function mediumDoing(one) {
  if (one.status === "revoked") return [];
  const at = (what) => acting(`/media/${one.medium}${what}`);
  const serial = (key) => window.prompt(words(key));
  const doing = [
    one.status === "active"
      ? button("cardLost", "danger", () => changed(call("POST", at("/lost")), "cardByNight"))
      : button("cardFound", "", () => changed(call("POST", at("/found")), "cardByNight")),
    button("cardUnlink", "plain", async () => {
      if (window.confirm(words("cardUnlinkSure"))) await changed(call("DELETE", at("")), "cardByNight");
    }),
  ];
  if (one.kind === "card") {
    doing.push(
      button("cardGiveSerial", "plain", async () => {
        const typed = serial("cardSerialAsk");
        if (typed) await changed(call("POST", acting("/serials"), { medium: one.medium, serial: typed }));
      }),
      button("cardReplace", "plain", async () => {
        const typed = serial("cardReplaceAsk");
        if (typed) await changed(call("POST", at("/replacement"), { kind: "card", serial: typed }), "cardByNight");
      }),
    );
  }
  if (one.kind === "paper") {
    const query = member ? `?for=${encodeURIComponent(member)}` : "";
    doing.push(make("a", { href: `/enjoy/card/paper/${one.medium}${query}`, textContent: words("cardPrint") }));
  }
  return doing;
}

function mediumLine(one) {
  const name = [words(`kind_${one.kind}`), one.label].filter(Boolean).join(" · ");
  const known = one.services.length ? words("cardKnownAt", { services: one.services.join(", ") }) : words("cardKnownNowhere");
  const text = `${name} — ${words(`status_${one.status}`)}`;
  return line(one.kind === "card" && one.status !== "revoked" ? `${text}. ${known}` : text, ...mediumDoing(one));
}

function serviceLine(one, joined) {
  const mine = joined.find((two) => two.service === one.name);
  if (!mine) {
    return line(one.title, button("cardJoin", "", () => changed(call("POST", acting("/services"), { service: one.name }))));
  }
  return line(
    `${one.title} — ${words("cardJoined", { day: day(mine.joined_on) })}`,
    button("cardLeaveService", "plain", () => changed(call("DELETE", acting(`/services/${one.name}`)))),
  );
}

async function hand(path, child) {
  const made = await call("POST", `card/family/${path}?for=${child}`);
  byId("handed").textContent = words("cardUntil", { code: made.code, day: day(made.expires_at) });
  show(byId("handed"), true);
}

function childLine(one) {
  return line(
    `${one.label} · ${day(one.born_on)}`,
    button("cardInvite", "plain", () => hand("invitations", one.member)),
    ...(one.signs_in ? [] : [button("cardClaim", "plain", () => hand("claim", one.member))]),
  );
}

async function showFamily() {
  const { children, guardians } = await call("GET", "card/family");
  fill("children", children.map(childLine));
  show(byId("guardians"), guardians.length > 0);
  const names = guardians.map((one) => one.label || words("cardSomebody")).join(", ");
  byId("guardians").textContent = words("cardGuardians", { names });
  const options = [["", words("cardMyself")], ...children.map((one) => [one.member, one.label])];
  byId("member").replaceChildren(...options.map(([value, text]) => make("option", { value, textContent: text })));
  byId("member").value = member;
  show(byId("acting"), children.length > 0);
}

function accessRow(one) {
  const who = one.organisation ?? (one.actor === "holder" ? words("cardHolderActor") : words("cardSomebody"));
  const cells = [moment(one.at), who, `${one.subject}: ${one.purpose}`];
  return make("tr", {}, ...cells.map((text) => make("td", { textContent: text })));
}

const isPublic = (one) => one.kind === "public";

async function showHeld() {
  const [open, joined, media, access] = await Promise.all([
    callAll("services"), call("GET", acting("/services")), call("GET", acting("/media")),
    call("GET", acting("/access")),
  ]);
  fill("services", open.filter(isPublic).map((one) => serviceLine(one, joined)));
  fill("media", media.map(mediumLine));
  const nobody = make("tr", {}, make("td", { colSpan: 3, textContent: words("cardNone") }));
  byId("access").replaceChildren(...(access.length ? access.map(accessRow) : [nobody]));
  byId("export").href = `/enjoy/v1/${acting("/export")}`;
}

async function begin() {
  const { signed_in: inside } = await call("GET", "card/session");
  show(byId("entrance"), !inside);
  show(byId("inside"), inside);
  if (!inside) return;
  const card = await call("GET", "card");
  byId("who").textContent = card.email ?? words("cardAnonymous");
  await Promise.all([showFamily(), showHeld()]);
}

async function entered(path, body) {
  const made = await call("POST", path, body);
  member = "";
  await begin();
  reveal(made.code);
}

const language = page.dataset.language;
on("new", "submit", () => entered("card", { language }));
on("open", "submit", (event) => entered("card/session", given(event)));
on("named", "submit", (event) => {
  const path = event.submitter?.value || "card/session";
  return entered(path, path === "card" ? { ...given(event), language } : given(event));
});
on("claim", "submit", (event) => entered("card/claims", { ...given(event), language }));
on("out", "click", async () => {
  await call("DELETE", "card/session");
  reveal(null);
  await begin();
});
on("member", "change", async () => {
  member = byId("member").value;
  show(byId("family"), !member);
  const name = byId("member").selectedOptions[0].textContent;
  await showHeld();
  if (member) say(words("cardFor", { name }));
});
on("link", "submit", async (event) => {
  await call("POST", acting("/media"), { kind: "card", ...given(event) });
  event.target.reset();
  await showHeld();
  say(words("cardLinked"));
});
on("paper", "click", () => changed(call("POST", acting("/media"), { kind: "paper" })));
on("child", "submit", async (event) => {
  await call("POST", "card/family", given(event));
  event.target.reset();
  await showFamily();
  say(words("cardDone"));
});
on("invited", "submit", async (event) => {
  await call("POST", "card/family/join", given(event));
  event.target.reset();
  await showFamily();
  say(words("cardDone"));
});
on("leave", "submit", async (event) => {
  const left = await call("POST", acting("/erasure"), given(event));
  event.target.reset();
  const wasChild = member !== "";
  member = "";
  reveal(null);
  await begin();
  say(words("cardLeft"));
  show(byId("kept"), true);
  fill("kept", left.kept.map((one) => make("li", { textContent: one.why })));
  if (wasChild) show(byId("family"), true);
});

inTurn(begin)();

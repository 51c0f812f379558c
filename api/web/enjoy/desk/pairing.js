// The readers of a service: made, shown once as a code that a phone scans, and revoked.
import { byId, make, show } from "/static/dom.js";
import { call, callAll, say, tried, words } from "/static/enjoy/asking.js";
import { draw } from "/static/enjoy/pass/drawing.js";
import { within } from "./belonging.js";
import { fill } from "./listing.js";

const locale = document.documentElement.lang === "en" ? "en-GB" : "fr-FR";
const moment = new Intl.DateTimeFormat(locale, { timeZone: "Europe/Paris", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

let service = null;

const titleOf = (venue) => service.venues.find((one) => one.name === venue)?.title ?? venue;

function line(reader) {
  const seen = reader.last_seen_at ? words("deskSeenAt", { at: moment.format(Date.parse(reader.last_seen_at)) }) : words("deskSeenNever");
  const revoke = make("button", { type: "button", className: "danger", textContent: words("deskRevoke"), "aria-label": `${words("deskRevoke")} ${reader.title}` });
  revoke.addEventListener("click", tried(async () => {
    await call("DELETE", within(`readers/${reader.reader}`));
    await showReaders(service);
    say(words("deskRevoked"));
  }));
  return make("li", {}, make("span", { textContent: reader.title }), make("small", { className: "sub", textContent: `${titleOf(reader.venue)} · ${seen}` }), revoke);
}

export async function showReaders(one) {
  service = one;
  show(byId("pairing"), false);
  byId("reader-venue").replaceChildren(...one.venues.filter((venue) => venue.is_open).map((venue) => make("option", { value: venue.name, textContent: venue.title })));
  const told = await callAll(within("readers"));
  fill("readers", told.filter((reader) => reader.service === one.name && reader.revoked_at === null).map(line));
}

// The code is the address of the reading page with the secret behind "#", which no browser sends to anybody.
async function add(event) {
  const given = new FormData(event.target);
  const title = given.get("title");
  const made = await call("POST", within("readers"), { service: service.name, venue: given.get("venue"), title });
  event.target.reset();
  await showReaders(service);
  const canvas = byId("pairing-code");
  draw(canvas, `${location.origin}/enjoy/desk/reader#${new URLSearchParams({ secret: made.secret, where: `${service.title} · ${titleOf(made.venue)}` })}`, "Byte");
  canvas.setAttribute("aria-label", words("deskPairingCode", { title }));
  byId("pairing-lead").textContent = words("deskPairing");
  byId("pairing-secret").textContent = made.secret;
  show(byId("pairing"), true);
  byId("pairing").scrollIntoView({ block: "nearest" });
}

export const beginPairing = () => byId("new-reader").addEventListener("submit", tried(add));

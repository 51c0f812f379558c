// Changes a service and its venues as somebody saw them: who changed them meanwhile is not overwritten.
import { byId, make } from "/static/dom.js";
import { call, say, tried, words } from "/static/enjoy/asking.js";
import { within } from "./belonging.js";
import { fact, fill } from "./listing.js";

const seen = (service) => ({ "If-Match": `"${service.revision}"` });

export function showChange(service) {
  const form = byId("change-service");
  for (const name of ["title", "description", "proof"]) form.elements.namedItem(name).value = service[name];
  form.elements.namedItem("is_open").checked = service.is_open;
}

// What the form says; how old a reader's list may be stays as it is.
export async function changeService(service, given) {
  const { stale_after_s } = service;
  const { title, description, proof } = Object.fromEntries(given);
  const facts = { title, description, proof, stale_after_s, is_open: given.has("is_open") };
  await call("PUT", within(`services/${service.name}`), facts, seen(service));
}

async function turn(service, venue, reload) {
  const { name, commune, ...facts } = venue;
  const isOpen = !venue.is_open;
  await call("PUT", within(`services/${service.name}/venues/${name}`), { ...facts, is_open: isOpen }, seen(service));
  await reload();
  byId("venues").querySelector(`[data-venue="${name}"]`)?.focus();
  say(words(isOpen ? "deskVenueOpened" : "deskVenueClosed", { title: venue.title }));
}

function venueLine(service, venue, reload) {
  const text = words(venue.is_open ? "deskClose" : "deskReopen");
  const button = make("button", {
    type: "button", className: venue.is_open ? "danger" : "quiet", textContent: text, "aria-label": `${text} ${venue.title}`, "data-venue": venue.name,
  });
  button.addEventListener("click", tried(() => turn(service, venue, reload)));
  return fact(venue.title, [venue.commune, venue.is_open ? "" : words("deskShut")].filter(Boolean).join(" · "), button);
}

export function showVenues(service, reload) {
  fill("venues", service.venues.map((venue) => venueLine(service, venue, reload)));
}

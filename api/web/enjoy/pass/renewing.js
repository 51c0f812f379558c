// Gets passes from the holder's card, and gets them anew well before they end; a pass that the card denies is withdrawn.
import { call } from "/static/enjoy/asking.js";
import { bytesOf, keep, nameOf, newKey, publicKey } from "./keeping.js";

const DAY_MS = 86_400_000;
const OLD_MS = 2 * DAY_MS;
const EARLY_MS = 7 * DAY_MS;
// Answers that say that this pass is no more; of any other nothing is known.
const NO_MORE = [403, 404, 409, 410];
const NOT_THEIRS = "member_unknown";

// An address of the card, of oneself or of a child for whom a guardian acts.
export const forWhom = (path, member) => (member ? `${path}?for=${encodeURIComponent(member)}` : path);

async function personOf(member, label) {
  const [media, services] = await Promise.all([call("GET", forWhom("card/media", member)), call("GET", forWhom("card/services", member))]);
  return { member, label, media, services };
}

// A child who comes of age while the page asks is in nobody's care any more.
async function childOf({ member, label }) {
  try {
    return [await personOf(member, label)];
  } catch (error) {
    if (error.code !== NOT_THEIRS) throw error;
    return [];
  }
}

// The holder first, then the children for whom they act, each with their media and the services that they joined; or null
// where nobody's card is open in this browser.
export async function openCard() {
  const { signed_in: isOpen } = await call("GET", "card/session");
  if (!isOpen) return null;
  const { children } = await call("GET", "card/family");
  const [self, ...others] = await Promise.all([personOf(null, null).then((one) => [one]), ...children.map(childOf)]);
  return [...self, ...others.flat()];
}

async function fetchToken(pass) {
  const device_key = await publicKey(pass.key);
  // A tourism pass that is in no card is known by the code that its buyer was given.
  const told = pass.claim
    ? await call("POST", `tourism/passes/${encodeURIComponent(pass.claim)}/tokens`, { device_key })
    : await call("POST", forWhom("card/tokens", pass.member), { service: pass.service, medium: pass.medium, device_key });
  return { ...pass, title: told.title, token: bytesOf(told.token), expires_at: told.expires_at, renewed_ms: Date.now(), withdrawn: false };
}

export async function addPass(service, medium, { member, label }) {
  const pass = await fetchToken({ service, medium, member, person: label, key: await newKey() });
  await keep(pass);
  return { ...pass, name: nameOf(pass) };
}

const isDue = (pass, now) => now - pass.renewed_ms > OLD_MS || Date.parse(pass.expires_at) - now < EARLY_MS;

// A pass of somebody for whom nobody here acts any more: key and code are deleted, the word that says so stays.
const letGo = (pass) => ({ ...pass, withdrawn: true, gone: true, key: null, token: null });

async function asNow(pass, person) {
  const medium = pass.claim ? { status: "active" } : person.media.find((one) => one.medium === pass.medium);
  if (medium === undefined || medium.status !== "active") return { ...pass, withdrawn: true };
  if (!pass.withdrawn && !isDue(pass, Date.now())) return pass;
  try {
    return await fetchToken(pass);
  } catch (error) {
    if (error.code === NOT_THEIRS) return letGo(pass);
    if (NO_MORE.includes(error.status)) return { ...pass, withdrawn: true };
    if (error.status !== 0) throw error;
    return pass;
  }
}

// What a pass is now that the card was asked: renewed, withdrawn, let go, or as it was.
export async function renewed(pass, card) {
  if (pass.gone) return pass;
  const person = card?.find((one) => one.member === (pass.member ?? null));
  let now = pass.claim || person ? await asNow(pass, person) : letGo(pass);
  if (person && pass.member && person.label !== now.person) now = { ...now, person: person.label };
  if (now !== pass) await keep(now);
  return now;
}

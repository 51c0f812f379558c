// Gets passes from the holder's card, and gets them anew well before they end; a pass that the card denies is withdrawn.
import { call } from "/static/enjoy/asking.js";
import { bytesOf, keep, newKey, publicKey } from "./keeping.js";

const DAY_MS = 86_400_000;
const OLD_MS = 2 * DAY_MS;
const EARLY_MS = 7 * DAY_MS;
// Answers that say that this pass is no more; of any other nothing is known.
const NO_MORE = [403, 404, 409, 410];

// The holder's media and the services that they joined, or null where nobody's card is open in this browser.
export async function openCard() {
  const { signed_in: isOpen } = await call("GET", "card/session");
  if (!isOpen) return null;
  const [media, services] = await Promise.all([call("GET", "card/media"), call("GET", "card/services")]);
  return { media, services };
}

async function fetchToken(pass) {
  const device_key = await publicKey(pass.key);
  // A tourism pass that is in no card is known by the code that its buyer was given.
  const told = pass.claim
    ? await call("POST", `tourism/passes/${encodeURIComponent(pass.claim)}/tokens`, { device_key })
    : await call("POST", "card/tokens", { service: pass.service, medium: pass.medium, device_key });
  return { ...pass, title: told.title, token: bytesOf(told.token), expires_at: told.expires_at, renewed_ms: Date.now(), withdrawn: false };
}

export async function addPass(service, medium) {
  const pass = await fetchToken({ service, medium, key: await newKey() });
  await keep(pass);
  return pass;
}

const isDue = (pass, now) => now - pass.renewed_ms > OLD_MS || Date.parse(pass.expires_at) - now < EARLY_MS;

// What a pass is now that the card was asked: renewed, withdrawn, or as it was.
export async function renewed(pass, card) {
  const medium = pass.claim ? { status: "active" } : card.media.find((one) => one.medium === pass.medium);
  let now = pass;
  if (medium === undefined || medium.status !== "active") now = { ...pass, withdrawn: true };
  else if (pass.withdrawn || isDue(pass, Date.now())) {
    try {
      now = await fetchToken(pass);
    } catch (error) {
      if (NO_MORE.includes(error.status)) now = { ...pass, withdrawn: true };
      else if (error.status !== 0) throw error;
    }
  }
  if (now !== pass) await keep(now);
  return now;
}

// Has a code judged by the server; where the net fails, the same question is asked again, which is counted once.
import { call } from "/static/enjoy/asking.js";

const KEPT = "somel-reader";
const WAITS_MS = [400, 1200];

const WHERE = "somel-reader-where";

export const secretKept = () => localStorage.getItem(KEPT);
export const whereKept = () => localStorage.getItem(WHERE) ?? "";

export function keepPairing({ secret, where }) {
  localStorage.setItem(KEPT, secret);
  localStorage.setItem(WHERE, where);
}

export function forgetPairing() {
  localStorage.removeItem(KEPT);
  localStorage.removeItem(WHERE);
}

// What a pairing code says: the address of this page with the secret and the place behind it, or the secret alone.
export function pairingIn(text) {
  const told = text.includes("#") ? new URLSearchParams(text.split("#")[1]) : new URLSearchParams({ secret: text.trim() });
  const secret = told.get("secret") ?? "";
  return /^[\w.~-]{20,100}$/.test(secret) ? { secret, where: told.get("where") ?? "" } : null;
}

export const ask = (method, path, body) => call(method, path, body, { Authorization: `Bearer ${secretKept()}` });

const mayPass = (error) => error.status === 0 || error.status >= 500;

// Serials of cards: eight digits on the back, or more, or what a reader of cards types.
const SERIAL = /^(0[xX][0-9A-Fa-f]{16}|[0-9][0-9 .-]{6,24}[0-9])$/;

// One question, with the number that tells the server that it is still the same.
export function question(text) {
  return { nonce: crypto.randomUUID(), ...(SERIAL.test(text) ? { serial: text } : { text }) };
}

export async function judged(asked) {
  for (const wait of WAITS_MS) {
    try {
      return await ask("POST", "reader/validations", asked);
    } catch (error) {
      if (!mayPass(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return ask("POST", "reader/validations", asked);
}

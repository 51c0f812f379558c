// What a phone shows: its token, the half minute, and its signature over both; as text that a QR code holds tightly.
export const STEP_S = 30;
const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const PURPOSE = new TextEncoder().encode("somel-pass-proof");
const SHORT = 24;
const BYTE = 256;
const ARRAY_OF_3 = 0x83;
const BYTES = 0x40;

// Base45 (RFC 9285).
export function base45(bytes) {
  let text = "";
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const value = bytes[at] * BYTE + bytes[at + 1];
    text += SIGNS[value % 45] + SIGNS[Math.floor(value / 45) % 45] + SIGNS[Math.floor(value / 2025)];
  }
  if (bytes.length % 2) {
    const last = bytes[bytes.length - 1];
    text += SIGNS[last % 45] + SIGNS[Math.floor(last / 45)];
  }
  return text;
}

// The head of a CBOR item, in as few bytes as it takes: what is signed and compared has one form.
function head(kind, value) {
  if (value < SHORT) return [kind | value];
  const width = [1, 2, 4, 8].find((bytes) => value < 2 ** (8 * bytes));
  const digits = [];
  for (let at = width - 1; at >= 0; at -= 1) digits.push(Math.floor(value / 2 ** (8 * at)) % BYTE);
  return [kind | (SHORT + Math.log2(width)), ...digits];
}

// The CBOR array [token, step, signature].
export function together(token, step, signature) {
  return Uint8Array.from([
    ARRAY_OF_3, ...head(BYTES, token.length), ...token, ...head(0, step), ...head(BYTES, signature.length), ...signature,
  ]);
}

export const stepAt = (milliseconds) => Math.floor(milliseconds / 1000 / STEP_S);

// The text to show at a step; the key never leaves the browser, which signs with it.
export async function shownText(token, step, privateKey) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", token));
  const message = new Uint8Array(PURPOSE.length + digest.length + 8);
  message.set(PURPOSE);
  message.set(digest, PURPOSE.length);
  new DataView(message.buffer).setBigUint64(PURPOSE.length + digest.length, BigInt(step));
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message));
  return `SMP2:${base45(together(token, step, signature))}`;
}

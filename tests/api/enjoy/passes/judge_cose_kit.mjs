// Reads passes as a reader that somebody else wrote would, and prints what it finds of each: from the text of the code, the
// published keys and the status list in both its forms. On stdin: {now, keys (COSE_KeySet), jwks, list_cwt, list_jwt, texts}.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { createHash, createPublicKey, verify } from "node:crypto";
import { inflateSync } from "node:zlib";

process.env.CBOR_NATIVE_ACCELERATION_DISABLED = "true"; // its binaries are not among the packages that we lock
const [, , folder] = process.argv;
const require = createRequire(`${folder}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { coseVerify, importCOSEKey } = await load("cose-kit");
const { getListFromStatusListJWT } = await load("@sd-jwt/jwt-status-list");
const { Decoder } = await load("cbor-x");
const { createLocalJWKSet, jwtVerify } = await load("jose");

const given = JSON.parse(await new Response(process.stdin).text());
const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));
const decoder = new Decoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });
const found = { tokens: [] };

const keys = new Map();
for (const key of decoder.decode(bytes(given.keys))) {
  keys.set(Buffer.from(key.get(2)).toString("hex"), await importCOSEKey(key));
}
found.keys = [...keys.keys()];

const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
function base45(text) {
  const out = [];
  for (let at = 0; at < text.length; at += 3) {
    const [a, b, c] = [0, 1, 2].map((place) => SIGNS.indexOf(text[at + place] ?? "0"));
    const value = a + b * 45 + c * 2025;
    if (at + 2 < text.length) out.push(value >> 8, value & 255);
    else out.push(value);
  }
  return Uint8Array.from(out);
}

async function unsealed(message) {
  const [protectedHeader] = decoder.decode(message.slice(1)); // behind the tag
  const header = decoder.decode(protectedHeader);
  const kid = Buffer.from(header.get(4)).toString("hex");
  if (!keys.has(kid)) return "key unknown";
  try {
    const { isValid, decoded } = await coseVerify(message, keys.get(kid));
    return isValid ? decoder.decode(decoded.payload) : "signature";
  } catch {
    return "signature";
  }
}

const listed = await unsealed(bytes(given.list_cwt));
const packed = inflateSync(Buffer.from(listed.get(65533).get("lst")));
const statusInCwt = (index) => (packed[index >> 2] >> ((index & 3) * 2)) & 3;
found.list = { bits: listed.get(65533).get("bits"), places: packed.length * 4, sub: listed.get(2) };

const jwt = await jwtVerify(given.list_jwt, createLocalJWKSet(given.jwks), {
  currentDate: new Date(given.now * 1000), typ: "statuslist+jwt", subject: listed.get(2),
});
const statusList = getListFromStatusListJWT(given.list_jwt);
found.jwt = { alg: jwt.protectedHeader.alg, bits: jwt.payload.status_list.bits };

async function read(text) {
  const content = base45(text.slice(5));
  const shown = text.startsWith("SMP2:") ? decoder.decode(content) : [content];
  const claims = await unsealed(Uint8Array.from(shown[0]));
  if (typeof claims === "string") return { verdict: claims };
  if (claims.get(4) <= given.now || claims.get(5) > given.now) return { verdict: "time" };
  const index = claims.get(65535).get("status_list").get("idx");
  if (claims.get(65535).get("status_list").get("uri") !== listed.get(2)) return { verdict: "another list" };
  const status = [statusInCwt(index), statusList.getStatus(index)];
  if (status[0] !== status[1]) return { verdict: "the forms differ" };
  if (status[0]) return { verdict: ["", "revoked", "blocked"][status[0]] };
  const bound = claims.get(8)?.get(1);
  if (bound) {
    if (shown.length !== 3) return { verdict: "proof missing" };
    if (Math.abs(Number(shown[1]) - Math.floor(given.now / 30)) > 1) return { verdict: "proof stale" };
    const x = Buffer.from(bound.get(-2)).toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(shown[1]));
    const signed = Buffer.concat([Buffer.from("somel-pass-proof"), createHash("sha256").update(shown[0]).digest(), step]);
    if (!verify(null, signed, key, shown[2])) return { verdict: "proof invalid" };
  }
  const [issuer, service, rights] = [1, 3, -65537].map((claim) => claims.get(claim));
  return { verdict: "accepted", issuer, service, rights, claims: [...claims.keys()] };
}

for (const text of given.texts) found.tokens.push(await read(text));
console.log(JSON.stringify(found));

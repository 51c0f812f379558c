// Keeps passes in the browser: the token of each service and person, and the key that it is bound to, which no script can
// read out.
const NAME = "somel-passes";
const STORE = "pass_of_person";
// The first version kept one pass of each service, whoever held it.
const BEFORE = "pass";
const VERSION = 2;

// Which pass of which service: a bought one by the code that opens it, others by whose they are; of oneself where no
// child of the family is named.
const nameOf = ({ service, claim, member }) => [service, claim ?? member].filter(Boolean).join(" ");

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Takes along what the first version kept.
function build({ target, oldVersion }) {
  const base = target.result;
  const store = base.createObjectStore(STORE, { keyPath: "name" });
  if (oldVersion === 0) return;
  target.transaction.objectStore(BEFORE).getAll().onsuccess = (read) => {
    for (const pass of read.target.result) store.put({ ...pass, name: nameOf(pass) });
    base.deleteObjectStore(BEFORE);
  };
}

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = build;
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a newer page waits for this one
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function inStore(mode, work) {
  return answered(work((await database()).transaction(STORE, mode).objectStore(STORE)));
}

export const kept = () => inStore("readonly", (store) => store.getAll());
export const keep = (pass) => inStore("readwrite", (store) => store.put({ ...pass, name: nameOf(pass) }));
export const forget = (name) => inStore("readwrite", (store) => store.delete(name));
export { nameOf };

// Whether this browser can make keys of the kind that passes are bound to; old ones cannot.
export async function makesKeys() {
  try {
    await newKey();
    return true;
  } catch {
    return false;
  }
}

// A key of its own for each service and person: no two services can tell that they see the same phone, nor one that a
// child and a parent share it.
export const newKey = () => crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);

export async function publicKey(key) {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey("raw", key.publicKey))));
}

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));

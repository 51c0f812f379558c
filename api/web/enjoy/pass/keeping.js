// Keeps passes in the browser: the token of each service and the key that it is bound to, which no script can read out.
const NAME = "somel-passes";
const STORE = "pass";

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "service" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function inStore(mode, work) {
  return answered(work((await database()).transaction(STORE, mode).objectStore(STORE)));
}

export const kept = () => inStore("readonly", (store) => store.getAll());
export const keep = (pass) => inStore("readwrite", (store) => store.put(pass));
export const forget = (service) => inStore("readwrite", (store) => store.delete(service));

// Whether this browser can make keys of the kind that passes are bound to; old ones cannot.
export async function makesKeys() {
  try {
    await newKey();
    return true;
  } catch {
    return false;
  }
}

// A key of its own for each service: two services cannot tell that they see the same phone.
export const newKey = () => crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);

export async function publicKey(key) {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey("raw", key.publicKey))));
}

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));

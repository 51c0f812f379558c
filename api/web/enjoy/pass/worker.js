// Keeps the page of passes for when there is no net. The server writes VERSION and FILES in front of this.
const CACHE = `somel-pass-${VERSION}`;
const PAGE = "/enjoy/pass";
const PATIENCE_MS = 3000;

// The pages as anybody gets them: in each language, and without cookies, so that nothing of a person is kept.
async function fill() {
  const cache = await caches.open(CACHE);
  await Promise.all(FILES.map(async (file) => {
    const answer = await fetch(file, { credentials: "omit", cache: "no-cache" });
    if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
    await cache.put(file, answer);
  }));
}

async function tidy() {
  for (const name of await caches.keys()) {
    if (name.startsWith("somel-pass-") && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

// The page from the net, else as it is kept; a net that is there but does not answer is none.
async function page(request) {
  try {
    return await fetch(request.url, { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    const cache = await caches.open(CACHE);
    const asked = await cache.match(request.url);
    return asked ?? (await cache.match(PAGE)) ?? cache.match(FILES[0]);
  }
}

// The page says in which language it is read: that one is shown when there is no net.
async function remember(language) {
  const cache = await caches.open(CACHE);
  const page = await cache.match(`${PAGE}?lang=${language}`);
  if (page) await cache.put(PAGE, page);
}

async function file(request) {
  const known = await (await caches.open(CACHE)).match(request);
  return known ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("message", (event) => event.waitUntil(remember(event.data.language)));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === PAGE) event.respondWith(page(request));
  else if (FILES.includes(pathname)) event.respondWith(file(request));
});

// The page that the code of a tourism pass opens: puts the pass into this phone, or into the holder's card.
import { byId, show } from "/static/dom.js";
import { call, say, tried, words } from "/static/enjoy/asking.js";
import { bytesOf, keep, kept, makesKeys, newKey, publicKey } from "/static/enjoy/pass/keeping.js";

const { claim } = document.querySelector("[data-claim]").dataset;
const address = `tourism/passes/${encodeURIComponent(claim)}`;

// The key of this pass that the browser has already, or a new one: asked twice, it stays the same phone.
async function ownKey() {
  const before = (await kept()).find((one) => one.claim === claim && !one.withdrawn);
  return before?.key ?? newKey();
}

async function addHere() {
  const key = await ownKey();
  const told = await call("POST", `${address}/tokens`, { device_key: await publicKey(key) });
  await keep({
    service: told.service, medium: null, claim, key, title: told.title, token: bytesOf(told.token),
    expires_at: told.expires_at, renewed_ms: Date.now(), withdrawn: false,
  });
  say(words("tourismKept"));
  show(byId("show"), true);
  byId("show").focus();
}

async function takeIntoCard() {
  try {
    await call("POST", `${address}/account`);
  } catch (error) {
    if (error.status !== 401) throw error;
    say(words("tourismSignIn"));
    return;
  }
  say(words("tourismTaken"));
  for (const way of document.querySelectorAll(".tourism-ways, .tourism-code")) way.remove();
}

async function begin() {
  if (await makesKeys()) return;
  byId("phone").disabled = true;
  say(words("tourismOld"));
}

byId("phone").addEventListener("click", tried(addHere));
byId("take").addEventListener("click", tried(takeIntoCard));
tried(begin)();

// Makes the code of a medium on paper and shows it, to be printed; it is asked for anew each time and kept nowhere.
import { byId, make, show } from "../dom.js";

const asked = new URLSearchParams(location.search).get("for");
const within = (path) => `/enjoy/v1/card/${path}${asked === null ? "" : `?for=${encodeURIComponent(asked)}`}`;

async function call(method, path, body) {
  const answer = await fetch(within(path), {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

const say = (text) => { byId("said").textContent = text; };

byId("make").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  try {
    const wanted = { service: byId("service").value, medium: byId("paper").dataset.medium };
    const made = await call("POST", "tokens", wanted);
    byId("image").src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(made.svg)}`;
    byId("image").alt = made.title;
    byId("title").textContent = `${made.title} · ${made.expires_at.slice(0, 10)}`;
    show(byId("sheet"), true);
    show(byId("print"), true);
    byId("print").focus();
  } catch (error) {
    say(error.message);
  }
});
byId("print").addEventListener("click", () => window.print());

try {
  const joined = await call("GET", "services");
  byId("service").replaceChildren(
    ...joined.map((one) => make("option", { value: one.service, textContent: one.title })),
  );
  byId("make").querySelector("button").disabled = joined.length === 0;
} catch (error) {
  say(error.message);
}

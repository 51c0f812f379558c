// Makes the code of a medium on paper and shows it, to be printed; it is asked for anew each time and kept nowhere.
import { byId, make, show } from "/static/dom.js";
import { call, say, tried } from "/static/enjoy/asking.js";

const asked = new URLSearchParams(location.search).get("for");
const within = (path) => `card/${path}${asked === null ? "" : `?for=${encodeURIComponent(asked)}`}`;

async function makeCode() {
  const wanted = { service: byId("service").value, medium: byId("paper").dataset.medium };
  const made = await call("POST", within("tokens"), wanted);
  byId("image").src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(made.svg)}`;
  byId("image").alt = made.title;
  byId("title").textContent = `${made.title} · ${made.expires_at.slice(0, 10)}`;
  show(byId("sheet"), true);
  show(byId("print"), true);
  byId("print").focus();
}

async function begin() {
  const joined = await call("GET", within("services"));
  byId("service").replaceChildren(
    ...joined.map((one) => make("option", { value: one.service, textContent: one.title })),
  );
  byId("make").querySelector("button").disabled = joined.length === 0;
}

byId("make").addEventListener("submit", tried(makeCode));
byId("print").addEventListener("click", () => window.print());
tried(begin)();

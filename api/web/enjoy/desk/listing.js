// Lists that say when they are empty.
import { byId, make } from "/static/dom.js";
import { words } from "/static/enjoy/asking.js";

export function fill(id, lines) {
  byId(id).replaceChildren(...(lines.length ? lines : [make("li", { className: "sub", textContent: words("deskNone") })]));
}

export const fact = (text, about, ...more) => make(
  "li", {}, make("span", { textContent: text }), about ? make("small", { className: "sub", textContent: about }) : null, ...more,
);

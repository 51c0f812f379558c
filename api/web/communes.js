// The list of communes: everything the map does, by keyboard too.
import { byId, make, show } from "./dom.js";
import { current, kilowatts, text } from "./language.js";

const plain = (words) => words.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();

export class CommuneList {
  #communes = [];
  #loads = new Map();
  #chosen = null;
  #buttons = new Map();

  constructor(onChoose) {
    this.onChoose = onChoose;
    byId("commune-filter").addEventListener("input", () => this.#filter());
  }

  setCommunes(communes) {
    this.#communes = communes;
    this.#build();
  }

  setLoads(loads) {
    const known = [...loads.keys()].join() === [...this.#loads.keys()].join();
    this.#loads = loads;
    if (known) this.#fill();
    else this.#build();
  }

  choose(code) {
    this.#chosen = code;
    this.#fill();
  }

  words() {
    this.#fill();
  }

  // Measured communes first, the heaviest on top; the order then stays while the values move.
  #build() {
    const load = ({ code }) => this.#loads.get(code) ?? -Infinity;
    const ordered = [...this.#communes].sort(
      (a, b) => load(b) - load(a) || a.name.localeCompare(b.name, current()),
    );
    this.#buttons = new Map(
      ordered.map(({ code, name }) => {
        const bar = make("i", { className: "bar", "aria-hidden": "true" });
        const value = make("span", { className: "value" });
        const button = make("button", { type: "button" }, bar, make("span", { className: "name" }, name), value);
        button.addEventListener("click", () => this.onChoose(code));
        return [code, { button, bar, value, name: plain(name) }];
      }),
    );
    byId("commune-list").replaceChildren(...[...this.#buttons.values()].map(({ button }) => make("li", {}, button)));
    this.#fill();
    this.#filter();
  }

  #fill() {
    const highest = Math.max(1, ...this.#loads.values());
    for (const [code, { button, bar, value }] of this.#buttons) {
      const load = this.#loads.get(code);
      value.textContent = load === undefined ? "–" : `${kilowatts(load)} kW`;
      value.title = load === undefined ? text("noValue") : "";
      bar.style.width = load === undefined ? "0" : `${Math.max(0, (100 * load) / highest)}%`;
      button.setAttribute("aria-pressed", String(code === this.#chosen));
    }
  }

  #filter() {
    const wanted = plain(byId("commune-filter").value.trim());
    let found = 0;
    for (const { button, name } of this.#buttons.values()) {
      const fits = name.includes(wanted);
      found += fits;
      show(button.parentElement, fits);
    }
    show(byId("commune-none"), found === 0);
  }
}

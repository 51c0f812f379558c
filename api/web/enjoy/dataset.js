// The page of a dataset: its subjects on a map, the curve of the one that is chosen, and code that can be copied.
import { byId, make, show } from "/static/dom.js";
import { Curve } from "./curve.js";
import { SubjectMap } from "./map.js";
import { written } from "./writing.js";

const article = document.querySelector("article.dataset");
const keyFields = JSON.parse(article.dataset.key);

async function get(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

const titles = () => [...document.querySelectorAll(".fields tbody tr")].map((row) => ({
  name: row.querySelector("th code").textContent,
  title: row.querySelector("td strong")?.textContent ?? "",
  unit: row.querySelector("td:nth-child(3)").textContent,
}));

const subjectOf = (feature) => keyFields.map((name) => String(feature.properties[name]));

class Drawn {
  #curve = new Curve(byId("chart"), byId("chart-at"));
  #told = null;
  #asked = 0;

  constructor(onSubject) {
    byId("chart-subject").addEventListener("change", () => this.load().then(() => onSubject(this.subject)));
    byId("chart-field").addEventListener("change", () => this.draw());
  }

  get subject() {
    return JSON.parse(byId("chart-subject").value);
  }

  choose(subject) {
    const select = byId("chart-subject");
    const value = JSON.stringify(subject);
    const known = [...select.options].find((option) => JSON.stringify(JSON.parse(option.value)) === value);
    if (known) known.selected = true;
    else select.append(make("option", { value, selected: true }, subject.join(" · ")));
    return this.load();
  }

  async load() {
    const asked = ++this.#asked;
    const query = new URLSearchParams(this.subject.map((part) => ["key", part]));
    try {
      const told = await get(`${article.dataset.dataset}/series?${query}`);
      if (asked !== this.#asked) return; // another one was chosen meanwhile
      this.#told = told;
      this.draw();
    } catch {
      byId("chart-none").textContent = byId("chart-none").dataset.failed;
      show(byId("chart-none"), true);
    }
  }

  draw() {
    const option = byId("chart-field").selectedOptions[0];
    const values = this.#told.values[option.value] ?? [];
    const known = values.filter((value) => value !== null);
    show(byId("chart-none"), known.length === 0);
    show(byId("chart"), known.length > 0);
    if (known.length === 0) return;
    this.#curve.draw(this.#told.times, values, option.dataset.unit);
    const said = byId("chart-summary");
    const words = { field: option.textContent, subject: this.subject.join(" · "), low: written(Math.min(...known)), high: written(Math.max(...known)) };
    said.textContent = said.dataset.words.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  }
}

async function drawMap(onSubject) {
  const said = byId("map-said");
  try {
    const map = new SubjectMap(byId("map"), titles(), (feature) => onSubject(subjectOf(feature)));
    const [communes, subjects] = await Promise.all([
      get(article.dataset.communes),
      get(`${article.dataset.dataset}/map.geojson`),
    ]);
    map.draw(communes, subjects, subjectOf);
    if (subjects.features.length >= 2000) said.textContent = said.dataset.most.replace("{n}", written(subjects.features.length));
    return map;
  } catch {
    said.textContent = said.dataset.failed;
    return null;
  }
}

for (const button of document.querySelectorAll(".copy")) {
  if (!navigator.clipboard) continue;
  const words = button.textContent;
  show(button, true);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.nextElementSibling.textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = words), 2_000);
  });
}

let map = null;
const drawn = byId("chart") ? new Drawn((subject) => map?.choose(subject)) : null;
await Promise.all([
  drawn?.load(),
  byId("map") && drawMap((subject) => { map?.choose(subject); drawn?.choose(subject); }).then((made) => { map = made; }),
]);
if (drawn) map?.choose(drawn.subject);
document.documentElement.dataset.drawn = "true";

// The selector of places. Transformers are listed for the chosen place only: a city has thousands.
import { byId, make } from "./dom.js";
import { text } from "./language.js";

const LEVELS = ["territory", "substation", "feeder", "power_transformer", "commune"];
const keyOf = ({ level, code }) => `${level}/${code}`;

export const fromAddress = () => {
  const [level, ...code] = decodeURIComponent(location.hash.slice(1)).split("/");
  return LEVELS.includes(level) && code.length > 0 ? { level, code: code.join("/") } : null;
};
export const toAddress = (place) => history.replaceState(null, "", `#${encodeURIComponent(keyOf(place))}`);

export function onChoice(listener) {
  byId("place-select").addEventListener("change", ({ target }) => {
    const [level, ...code] = target.value.split("/");
    listener({ level, code: code.join("/") });
  });
}

// `places` by level; `below` the transformers of the chosen place, or of its feeder.
export function drawChooser(places, below, chosen) {
  const groups = LEVELS.map((level) => [level, level === "power_transformer" ? below : (places.get(level) ?? [])]);
  const known = groups.flatMap(([, items]) => items).some((place) => keyOf(place) === keyOf(chosen));
  byId("place-select").replaceChildren(
    ...(known ? [] : [option(chosen)]),
    ...groups.filter(([, items]) => items.length > 0).map(([level, items]) =>
      make("optgroup", { label: text("levelGroups")[level] }, ...items.map(option))));
  byId("place-select").value = keyOf(chosen);
}

const option = (place) => make("option", { value: keyOf(place) }, `${place.name} (${place.code})`);

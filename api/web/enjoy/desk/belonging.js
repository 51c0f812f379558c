// For which organisation somebody acts: all that the page asks is asked for that one.
import { byId } from "/static/dom.js";

export const chosen = () => byId("organisation").value;

export function within(path) {
  return `${path}${path.includes("?") ? "&" : "?"}organisation=${encodeURIComponent(chosen())}`;
}

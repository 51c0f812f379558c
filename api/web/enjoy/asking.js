// How pages ask the API, and how they say what came of it: everything that they do, a program could do as well.
import { byId } from "/static/dom.js";

// Each page brings its words in its own language along.
const WORDS = JSON.parse(document.querySelector("[data-words]").dataset.words);

export const words = (key, about = {}) => (WORDS[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => about[name]);

// What the API refused, by its code; `code` is null where there was no answer at all.
export class Refused extends Error {
  constructor(message, code, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

// How far the clock of this device is off, by the server's, where it is known.
let offMs = 0;
const FAR_MS = 5000;

export const clockMs = () => Date.now() + offMs;

function compareClocks(answer) {
  const said = Date.parse(answer.headers.get("Date") ?? "");
  if (Number.isNaN(said)) return;
  const off = said - Date.now();
  offMs = Math.abs(off) > FAR_MS ? off : 0;
}

async function told(answer) {
  const kind = answer.headers.get("Content-Type") ?? "";
  return kind.includes("json") ? answer.json() : null;
}

export async function call(method, path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(`/enjoy/v1/${path}`, {
      method,
      headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused(words("offline"), null, 0);
  }
  compareClocks(answer);
  const content = await told(answer);
  if (!answer.ok) throw new Refused(content?.detail ?? `${answer.status}`, content?.code ?? "", answer.status);
  return content;
}

export function say(text) {
  byId("said").textContent = text;
}

// What goes wrong is said where everything is said.
export function tried(work) {
  return async (event) => {
    event?.preventDefault();
    say("");
    try {
      await work(event);
    } catch (error) {
      say(error.message);
    }
  };
}

// How pages ask the API, and how they say what came of it: everything that they do, a program could do as well.
import { byId } from "/static/dom.js";

// Each page brings its words in its own language along.
const WORDS = JSON.parse(document.querySelector("[data-words]").dataset.words);

export const words = (key, about = {}) => (WORDS[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => about[name]);

// What the API refused, by its code, in the page's words where it has some; `code` is null where there was no answer.
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

// The answer as it came; what it tells is read by `told`.
export async function answerOf(method, path, body, headers = {}) {
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
  return answer;
}

export async function told(answer) {
  const kind = answer.headers.get("Content-Type") ?? "";
  const content = kind.includes("json") ? await answer.json() : await answer.text();
  if (answer.ok) return answer.status === 204 ? null : content;
  const { code = "", detail = `${answer.status}` } = content;
  throw new Refused(WORDS[`error_${code}`] ?? detail, code, answer.status);
}

export const call = async (...asked) => told(await answerOf(...asked));

// All that is listed, page after page.
export async function callAll(path) {
  const items = [];
  const join = path.includes("?") ? "&" : "?";
  for (let cursor = ""; cursor !== null;) {
    const page = await call("GET", `${path}${join}limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    items.push(...page.items);
    cursor = page.next === null ? null : new URL(page.next, location.href).searchParams.get("cursor");
  }
  return items;
}

export function say(text, bad = false) {
  const said = byId("said");
  said.textContent = text;
  said.toggleAttribute("data-bad", bad);
}

// What goes wrong is said where everything is said, and shown where the page lets that be gone to.
export function tried(work) {
  return async (event) => {
    event?.preventDefault();
    say("");
    try {
      await work(event);
    } catch (error) {
      say(error.message, true);
      byId("said").focus();
    }
  };
}

// As `tried`, one work after the other, where a page's works would disturb each other: one ends the session that
// another still asks with, or shows what another has left behind.
let before = Promise.resolve();
export const inTurn = (work) => tried((event) => {
  const mine = before.then(() => {
    say("");
    return work(event);
  });
  before = mine.catch(() => {});
  return mine;
});

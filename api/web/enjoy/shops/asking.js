// What the pages of shops share: their words, calls of the API, and how they write money and local time.
import { byId, make } from "../../dom.js";

const WORDS = JSON.parse(document.querySelector("[data-words]").dataset.words);
const ZONE = "Europe/Paris";
export const language = document.documentElement.lang;
const locale = language === "fr" ? "fr-FR" : "en-GB";
export const words = (key, about = {}) => (WORDS[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => about[name]);

const written = (options) => {
  const format = new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options });
  return (moment) => format.format(new Date(moment));
};
export const clock = written({ hour: "2-digit", minute: "2-digit" });
export const day = written({ weekday: "long", day: "numeric", month: "long" });
export const isoDay = (moment) => new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(new Date(moment));
export const span = (one) => `${clock(one.starts_at)}–${clock(one.ends_at)}`;
// A day without a time is the same day everywhere.
export const plainDay = (text) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" })
  .format(new Date(`${text}T12:00:00Z`));
export const weekDay = (number) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "long" })
  .format(new Date(Date.UTC(2024, 0, number)));
const money = new Intl.NumberFormat(locale, { style: "currency", currency: "EUR" });
export const euros = (cents) => money.format(cents / 100);
export const grouped = (code) => code.replace(/(.{4})(?=.)/g, "$1 ");

export async function ask(method, path, { body, secret, headers = {} } = {}) {
  const answer = await fetch(`/enjoy/v1/${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(secret === undefined ? {} : { Authorization: `Bearer ${secret}` }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 304) return null;
  const form = answer.headers.get("Content-Type") ?? "";
  const told = answer.status === 204 ? null : await (form.includes("json") ? answer.json() : answer.text());
  if (!answer.ok) throw Object.assign(new Error(told.detail ?? words("shopFailed")), { told, status: answer.status });
  return method === "GET" && headers["If-None-Match"] !== undefined ? { told, tag: answer.headers.get("ETag") } : told;
}

export async function askAll(path) {
  const items = [];
  const join = path.includes("?") ? "&" : "?";
  for (let cursor = ""; cursor !== null;) {
    const page = await ask("GET", `${path}${join}limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
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

// What goes wrong is said where everything is said, and shown.
export const tried = (work) => async (event) => {
  event?.preventDefault();
  say("");
  try {
    await work(event);
  } catch (error) {
    say(error instanceof TypeError ? words("shopFailed") : error.message, true);
    byId("said").focus();
  }
};

export const button = (textContent, className, work) => {
  const made = make("button", { type: "button", className, textContent });
  made.addEventListener("click", tried(work));
  return made;
};
export const field = (title, properties) => make(
  "label", { className: "field" }, make("span", { textContent: title }), make("input", properties),
);

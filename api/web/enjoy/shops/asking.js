// What the pages of shops share: calls with the secret of an order, and how they write money and local time.
import { make } from "/static/dom.js";
import { answerOf, call, inTurn, told } from "/static/enjoy/asking.js";

const ZONE = "Europe/Paris";
export const language = document.documentElement.lang;
const locale = language === "fr" ? "fr-FR" : "en-GB";

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

export const ask = (method, path, { body, secret, headers = {} } = {}) => (
  call(method, path, body, secret === undefined ? headers : { ...headers, Authorization: `Bearer ${secret}` })
);

// What is there now, and its tag; null where it is what the tag names.
export async function askAnew(path, tag) {
  const answer = await answerOf("GET", path, undefined, { "If-None-Match": tag });
  return answer.status === 304 ? null : { told: await told(answer), tag: answer.headers.get("ETag") };
}

export const button = (textContent, className, work) => {
  const made = make("button", { type: "button", className, textContent });
  made.addEventListener("click", inTurn(work));
  return made;
};
export const field = (title, properties) => make(
  "label", { className: "field" }, make("span", { textContent: title }), make("input", properties),
);

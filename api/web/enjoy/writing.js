// Numbers and times in the language of the page, and in the time of the territory.
const locale = document.documentElement.lang === "en" ? "en-GB" : "fr-FR";
const ZONE = "Europe/Paris";
const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
const moment = new Intl.DateTimeFormat(locale, { timeZone: ZONE, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const hour = new Intl.DateTimeFormat(locale, { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { timeZone: ZONE, day: "numeric", month: "short" });
const INSTANT = /^\d{4}-\d\d-\d\dT/;

export const written = (value) => number.format(value);
export const writtenMoment = (at) => moment.format(at);
export const writtenTick = (at) => (hour.format(at) === "00:00" ? day.format(at) : hour.format(at));
export const writtenDay = (at) => day.format(at);

export function writtenValue(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return written(value);
  if (typeof value === "boolean") return value ? "✓" : "✗";
  return INSTANT.test(value) ? writtenMoment(new Date(value)) : String(value);
}

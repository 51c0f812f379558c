// The language of the page, and how it writes numbers and times: kW and Europe/Paris live here and nowhere else.
import { TEXTS } from "./texts.js";

const KEY = "somel.language";
const ZONE = "Europe/Paris";
const listeners = new Set();
let language = stored() in TEXTS ? stored() : "fr";

function stored() {
  try {
    return localStorage.getItem(KEY) ?? "fr";
  } catch {
    return "fr"; // storage is switched off: the choice lasts as long as the page
  }
}

export const current = () => language;
export const text = (key, ...about) => {
  const words = TEXTS[language][key];
  return typeof words === "function" ? words(...about) : words;
};
export const onLanguage = (listener) => listeners.add(listener);

export function setLanguage(wanted) {
  language = wanted;
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // as above
  }
  apply();
  for (const listener of listeners) listener();
}

export function apply() {
  document.documentElement.lang = language;
  document.title = text("title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
  }
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === language));
  }
}

const locale = () => (language === "fr" ? "fr-FR" : "en-GB");
const formats = new Map();
function format(make, options) {
  const key = `${locale()} ${make.name} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new make(locale(), options));
  return formats.get(key);
}
const date = (options) => format(Intl.DateTimeFormat, { timeZone: ZONE, ...options });

export const count = (n) => format(Intl.NumberFormat, { maximumFractionDigits: 0 }).format(n);
export const ratio = (r) => format(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 1 }).format(r);
export const tenths = (r) =>
  format(Intl.NumberFormat, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(r);
export const change = (r) =>
  format(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }).format(r);
export const rate = (n) => format(Intl.NumberFormat, { maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);
export const kilowatts = (watts) => {
  const kw = watts / 1000;
  const digits = Math.abs(kw) < 100 ? 1 : 0;
  return format(Intl.NumberFormat, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(kw);
};
export const kilo = (n) => format(Intl.NumberFormat, { maximumFractionDigits: 1 }).format(n / 1000);
export const time = (instant) => date({ hour: "2-digit", minute: "2-digit" }).format(instant);
export const seconds = (instant) => date({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(instant);
export const day = (instant) => date({ weekday: "long", day: "numeric", month: "long" }).format(instant);
export const shortDay = (instant) => date({ weekday: "short", day: "numeric", month: "short" }).format(instant);
export const dayAndTime = (instant) => `${shortDay(instant)} ${time(instant)}`;

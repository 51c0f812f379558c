// Says rules in words: who, how often, when, at which price.
import { words } from "/static/enjoy/asking.js";

const locale = document.documentElement.lang === "en" ? "en-GB" : "fr-FR";
const weekday = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const MONDAY_MS = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const MINUTE_S = 60;

export const nameOfDay = (number) => weekday.format(MONDAY_MS + (number - 1) * DAY_MS);
export const dayInWords = (date) => day.format(Date.parse(`${date}T00:00:00Z`));

// Days that follow each other are told by the first and the last.
export function daysInWords(days) {
  const runs = [];
  for (const number of [...days].sort()) {
    const last = runs.at(-1);
    if (last && last.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs.map((run) => (run.length > 2 ? `${nameOfDay(run[0])}–${nameOfDay(run.at(-1))}` : run.map(nameOfDay).join(", "))).join(", ");
}

const usesInWords = (use) => words(`ruleUses.${use.per}`, { most: use.most }) + (use.each_venue ? ` ${words("ruleEachVenue")}` : "");
const windowInWords = (one) => words("ruleWindow", { days: daysInWords(one.days), opens: one.from, closes: one.until });
const orElse = (list, otherwise) => (list.length ? list.join(", ") : words(otherwise));

const pauseInWords = (seconds) => (seconds > 0 ? words("rulePause", { n: Math.ceil(seconds / MINUTE_S) }) : "");

function proofInWords(proof) {
  if (proof === null) return "";
  return proof === "device" ? words("ruleDevice") : words("ruleProof", { proof: words(`proof.${proof}`) });
}

export function ruleInWords(rule, rights, venues) {
  const titled = (list, known, key) => list.map((one) => known.find((other) => other[key] === one)?.title ?? String(one));
  return [
    orElse(titled(rule.rights, rights, "number"), "ruleEverybody"),
    orElse(titled(rule.venues, venues, "name"), "ruleAnywhere"),
    orElse(rule.uses.map(usesInWords), "ruleUnlimited"),
    orElse(rule.windows.map(windowInWords), "ruleAlways"),
    rule.start_on ? words("ruleFrom", { day: dayInWords(rule.start_on) }) : "",
    rule.end_on ? words("ruleUntil", { day: dayInWords(rule.end_on) }) : "",
    pauseInWords(rule.pause_s ?? 0),
    proofInWords(rule.proof ?? null),
    words("rulePrice", { price: rule.price_class }),
  ].filter(Boolean).join(" · ");
}

// The rule that a form describes, with its hours.
export function ruleOf(given, windows) {
  const most = Number(given.get("most"));
  return {
    rights: given.getAll("right").map(Number),
    venues: given.getAll("venue"),
    windows,
    closed_on: [],
    start_on: given.get("start_on") || null,
    end_on: given.get("end_on") || null,
    uses: most > 0 ? [{ most, per: given.get("per"), each_venue: false }] : [],
    pause_s: Number(given.get("pause_min")) * MINUTE_S,
    lasts_s: null,
    proof: given.get("proof") || null,
    price_class: given.get("price_class"),
  };
}

const CONDITIONS = {
  everybody: () => ({ everybody: true }),
  metropolis: () => ({ residence: "metropolis" }),
  commune: (given) => ({ residence: [given.get("insee_code")] }),
  age_below: (given) => ({ age_below: Number(given.get("number")) }),
  age_from: (given) => ({ age_from: Number(given.get("number")) }),
  social_tariff: (given) => ({ social_tariff: Number(given.get("number")) }),
};

// What a right follows from, as a form says.
export const conditionOf = (given) => CONDITIONS[given.get("condition")](given);

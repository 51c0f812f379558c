// Ingest: how fast values come in, and what became of every one of them.
import { byId, make } from "./dom.js";
import { count, rate, seconds, text } from "./language.js";

const OUTCOMES = ["stored", "duplicate", "revised", "refused"];
const SIGNS = ["=", "+", "+", "+"];

export function drawIngest(ingest) {
  byId("ingest-last").textContent = ingest?.last_batch
    ? text("lastBatch", seconds(new Date(ingest.last_batch.committed_at))) : "";
  if (ingest === null) {
    byId("ingest-body").replaceChildren(make("p", { className: "placeholder" }, text("ingestScope")));
    return;
  }
  const figure = make("p", { className: "rate" },
    make("strong", { id: "ingest-rate" }, rate(ingest.received_per_s)), " ",
    make("span", {}, text("perSecond"), make("small", {}, text("lastMinute"))));
  const sum = make("dl", { className: "sum" }, tally("", "received", ingest.received),
    ...OUTCOMES.map((outcome, index) => tally(SIGNS[index], outcome, ingest[outcome])));
  byId("ingest-body").replaceChildren(figure, sum,
    ...(ingest.received === 0 ? [make("p", { className: "hint" }, text("noneReceived"))] : []), ...why(ingest));
}

function tally(sign, outcome, n) {
  const part = make("div", {},
    make("span", { className: "sign", "aria-hidden": "true" }, sign),
    make("dt", {}, text(outcome)), make("dd", { id: `ingest-${outcome}` }, count(n)));
  part.dataset.outcome = outcome;
  return part;
}

function why({ refused_by_code: codes }) {
  if (codes.length === 0) return [];
  const items = [...codes].sort((a, b) => b.refused_count - a.refused_count)
    .map(({ code, refused_count: n }) => make("li", {}, make("code", {}, code), ` ${count(n)}`));
  return [make("h3", {}, text("refusedWhy")), make("ul", { className: "codes" }, ...items)];
}

// Asks the API. A problem document becomes an Error with its status and code.
export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

// What is still under way when somebody signs out is dropped: it would come back as a refusal.
let underWay = new AbortController();

async function ask(path, options = {}) {
  const { signal } = underWay;
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", signal, ...options });
  } catch {
    throw new Problem(0, signal.aborted ? "dropped" : "unreachable", "");
  }
  const body = await answer.json().catch(() => ({}));
  if (signal.aborted) throw new Problem(0, "dropped", "");
  if (!answer.ok) throw new Problem(answer.status, body.code ?? "unknown", body.detail ?? "");
  return body;
}

const address = ({ level, code }, part) =>
  `/v1/places/${level}/${encodeURIComponent(code)}${part}`;
const span = (start, end) => `start=${start.toISOString()}&end=${end.toISOString()}`;

async function everyPage(path) {
  const items = [];
  for (let next = path; next; ) {
    const page = await ask(next);
    items.push(...page.items);
    next = page.next;
  }
  return items;
}

export const session = () => ask("/session");
export const signIn = (token) =>
  ask("/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
export const signOut = () => {
  underWay.abort();
  underWay = new AbortController();
  return ask("/session", { method: "DELETE" });
};
export const communes = () => ask("/v1/communes");
export const placesOf = (level) => everyPage(`/v1/places?level=${level}&limit=1000`);
export const load = (chosen, start, end) => everyPage(`${address(chosen, "/load")}?${span(start, end)}&limit=1000`);
export const ingest = () => ask("/v1/ingest");
export const events = (limit = 20) => ask(`/v1/events?limit=${limit}`);
export const event = (id) => ask(`/v1/events/${id}`);
const told = (path, body = {}) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
export const draftEvent = (wanted) => told("/v1/events", wanted);
export const whatIf = (variants) => told("/v1/events/what-if", { variants });
export const operate = (id, part, body) => told(`/v1/events/${id}/${part}`, body);
export const tracking = (id) => ask(`/v1/events/${id}/tracking`);
export const networkCheck = (id) => orNull(ask(`/v1/events/${id}/network-check`), "network_check_missing");
export const statements = (id) => ask(`/v1/events/${id}/statements`);

// What is not there, or not yet, is no failure here.
async function orNull(asked, code) {
  try {
    return await asked;
  } catch (problem) {
    if (problem.code === code) return null;
    throw problem;
  }
}
export const place = (chosen) => orNull(ask(address(chosen, "")), "place_unknown");
export const forecast = (chosen) => orNull(ask(address(chosen, "/forecast")), "forecast_unknown");

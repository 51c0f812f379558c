// The operators' view: all events, the chosen one with what can be done to it, and a form for a new one.
import { byId, make, show } from "./dom.js";
import { closeDraft, openDraft, wordsOfDraft } from "./drafting.js";
import { guarded, may, signedIn } from "./frame.js";
import { dayAndTime, kilowatts, text } from "./language.js";
import { paced } from "./live.js";
import { drawChosen } from "./operated.js";
import * as server from "./server.js";

const LISTED = 100;
const DEEDS = {
  draft: ["approve", "plan", "cancel"], scheduled: ["cancel", "stop"], active: ["stop"], completed: ["close"], cancelled: [],
};
// Where each deed is asked for, below the event's address. To close an event is to settle it, once more if need be.
const PATHS = { approve: "approve", plan: "plan", cancel: "cancel", stop: "stop", close: "statements" };
const state = { events: [], chosen: null, told: null };

const refreshing = (work) => paced(guarded(async () => signedIn() && work()));
const refreshAll = refreshing(read);

export function hear(kind) {
  if (kind !== "ingest" || state.told?.event.status === "active") refreshAll();
}

export const refresh = refreshAll;

export async function open() {
  show(byId("new-event"), may("operate:grid"));
  state.chosen = fromPath();
  await read();
}

export function words() {
  if (!signedIn()) return;
  drawList();
  drawDetail();
  wordsOfDraft();
}

async function read() {
  const wanted = state.chosen;
  const { items } = await server.events(LISTED);
  state.events = items;
  const id = wanted ?? items[0]?.event_id ?? null;
  const told = id === null ? null : await everything(id);
  if (wanted !== state.chosen) return; // another was chosen meanwhile
  Object.assign(state, { chosen: id, told });
  drawList();
  drawDetail();
}

async function everything(id) {
  const [event, tracking, network, statements] = await Promise.all([
    server.event(id), server.tracking(id), server.networkCheck(id), server.statements(id),
  ]);
  return { event, tracking: tracking.items, network, statements };
}

const fromPath = () => location.pathname.match(/^\/operate\/([0-9a-f-]{36})$/)?.[1] ?? null;

const choose = (id) => guarded(async () => {
  state.chosen = id;
  history.replaceState(null, "", `/operate/${id}`);
  closeDraft();
  await read();
  byId("chosen-event").scrollIntoView({ block: "nearest" });
})();

function drawList() {
  show(byId("events-none"), state.events.length === 0);
  byId("event-list").replaceChildren(...state.events.map((event) => {
    const chip = make("span", { className: "chip" }, text("statuses")[event.status]);
    chip.dataset.status = event.status;
    const button = make("button", { type: "button", "aria-pressed": String(event.event_id === state.chosen) },
      make("span", { className: "event-title" }, make("strong", {}, event.name), chip),
      make("span", { className: "sub" }, `${event.place.name} · ${dayAndTime(new Date(event.starts_at))}`
        + (event.target_w ? ` · ${text("target", kilowatts(event.target_w))}` : "")));
    button.addEventListener("click", () => choose(event.event_id));
    return make("li", {}, button);
  }));
}

function drawDetail() {
  show(byId("chosen-event"), state.told !== null);
  if (state.told === null) return;
  drawChosen(state.told, may("operate:grid") ? buttons(state.told) : [
    make("p", { className: "hint" }, text("operateScope")),
  ]);
}

function buttons({ event }) {
  return DEEDS[event.status].map((deed) => {
    const kind = deed === "approve" || deed === "close" ? "action" : deed === "stop" ? "action danger" : "quiet";
    const button = make("button", { type: "button", className: kind }, text(deed));
    button.dataset.deed = deed;
    button.addEventListener("click", () => (deed === "plan" ? done(deed, event, {}) : confirmed(deed, event)));
    return button;
  });
}

// Nothing that reaches devices happens on one click.
async function confirmed(deed, event) {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = text(`${deed}Title`);
  byId("confirm-lead").textContent = text(deed === "approve" ? "approveLeadPlain" : `${deed}Lead`);
  byId("confirm-yes").textContent = text(deed);
  byId("confirm-yes").classList.toggle("danger", deed === "stop");
  show(byId("confirm-reason-field"), deed === "stop");
  byId("confirm-reason").required = deed === "stop";
  byId("confirm-reason").value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "yes") return;
  await done(deed, event, deed === "stop" ? { reason: byId("confirm-reason").value.trim() } : {});
}

const done = (deed, event, body) => guarded(async () => {
  await server.operate(event.event_id, PATHS[deed], body);
  if (deed === "plan") await server.operate(event.event_id, "network-check", {});
  await read();
})();

byId("new-event").addEventListener("click", () => {
  openDraft(guarded, async (event) => {
    await server.operate(event.event_id, "network-check", {});
    await choose(event.event_id);
  });
});

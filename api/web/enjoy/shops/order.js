// An order, for who made it: what opens it is in the fragment, which browsers send to nobody.
import { byId, make, show } from "/static/dom.js";
import { tried, words } from "/static/enjoy/asking.js";
import { ask, clock, day, euros, grouped, span } from "./asking.js";

const EVERY_MS = 4_000;
const STEPS = ["placed", "accepted", "ready", "collected"];
const ENDED = ["collected", "refused", "cancelled", "expired", "no_show"];
let order = null;
let secret = null;
let known = null;
let isSure = false;

// Who comes back from a payment provider has the order in the path and what the provider said behind it.
async function open() {
  const paid = /\/orders\/([0-9a-f-]{36})$/.exec(location.pathname);
  if (paid) {
    order = paid[1];
    secret = sessionStorage.getItem(`enjoy.order.${order}`);
    const result = new URLSearchParams(location.search).get("result");
    if (result) {
      try {
        await ask("POST", `orders/${order}/payment-result`, { body: { result } });
      } finally {
        history.replaceState(null, "", secret ? `/enjoy/orders#${order}.${secret}` : location.pathname);
      }
    }
  } else {
    [order, secret] = location.hash.slice(1).split(".");
  }
  if (!order || !secret) throw new Error(words("orderNoSecret"));
}

function showProgress({ state, payment }) {
  const steps = [...(payment === "handoff" ? ["draft"] : []), ...STEPS];
  const shown = steps.includes(state) ? steps : [...steps.slice(0, 2), state];
  const at = shown.indexOf(state);
  byId("progress").replaceChildren(...shown.map((step, place) => make("li", {
    className: place <= at ? "done" : "", textContent: words(`order${step}`), ...(place === at ? { "aria-current": "step" } : {}),
  })));
}

function showOrder(told) {
  byId("reference").textContent = told.reference;
  byId("state").textContent = words(`order${told.state}`);
  const reason = told.history.at(-1)?.actor === "merchant" ? told.history.at(-1).reason : "";
  byId("next").textContent = [
    words(`next${told.state}`, { due: told.due_at ? clock(told.due_at) : "" }),
    reason && words("orderReason", { reason }),
    told.payment_state === "refund_due" && words("orderRefund"),
  ].filter(Boolean).join(" ");
  showProgress(told);
  show(byId("pickup"), !ENDED.includes(told.state));
  byId("code").textContent = grouped(told.pickup_code);
  byId("shop-title").textContent = told.shop_title;
  byId("shop-address").textContent = told.shop_address;
  byId("when").textContent = `${day(told.starts_at)}, ${span(told)}`;
  byId("lines").replaceChildren(...told.lines.map((line) => make(
    "li", {},
    make("span", { textContent: `${line.quantity} × ${line.title}` }),
    make("strong", { textContent: euros(line.quantity * line.price_eur_cent) }),
  )), make(
    "li", { className: "total" },
    make("span", { textContent: `${words("shopTotal")} · ${words(told.payment_state === "paid" ? "orderPaid" : "orderDue")}` }),
    make("strong", { textContent: euros(told.amount_eur_cent) }),
  ));
  show(byId("cancel"), told.can_cancel);
  byId("pay").textContent = words("orderPayNow");
  show(byId("pay"), told.state === "draft");
  show(byId("opened"), true);
}

async function showPicture(told) {
  const drawn = await ask("GET", `orders/${order}/code`, { secret });
  const picture = byId("picture");
  picture.src = `data:image/svg+xml,${encodeURIComponent(drawn)}`;
  picture.alt = words("orderCode", { code: told.pickup_code });
  show(picture, true);
}

async function look() {
  const told = await ask("GET", `orders/${order}`, { secret });
  if (JSON.stringify(told) === known) return;
  known = JSON.stringify(told);
  showOrder(told);
}

async function follow() {
  if (document.visibilityState === "visible" && known && !ENDED.includes(JSON.parse(known).state)) {
    try {
      await look();
    } catch {
      // the next look may do better
    }
  }
  setTimeout(follow, EVERY_MS);
}

byId("cancel").addEventListener("click", tried(async () => {
  if (!isSure) {
    isSure = true;
    byId("cancel").textContent = words("orderCancelSure");
    return;
  }
  await ask("POST", `orders/${order}/cancel`, { secret });
  await look();
  byId("title").focus();
}));
byId("pay").addEventListener("click", tried(async () => {
  sessionStorage.setItem(`enjoy.order.${order}`, secret);
  location.assign((await ask("POST", `orders/${order}/payment`, { secret })).url);
}));
addEventListener("hashchange", () => location.reload());
tried(async () => {
  await open();
  await look();
  await showPicture(JSON.parse(known));
  follow();
})();

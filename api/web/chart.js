// The load curve: measured line, forecast median and band, now, and the spans of demand-response events.
import uPlot from "./vendor/uplot.js";
import { current, dayAndTime, kilowatts, shortDay, text, time } from "./language.js";

const HALF_SLOT_S = 900; // a slot's mean power stands in the middle of its slot
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const SERIES = { measured: 1, median: 2, high: 3, low: 4 };
const COLUMNS = [0, ...Object.values(SERIES)];

// Puts loads and forecast on one time axis; null where one of them has no value.
function columns(loads, forecast) {
  const rows = new Map();
  const row = (start) => {
    const x = Date.parse(start) / 1000 + HALF_SLOT_S;
    if (!rows.has(x)) rows.set(x, [x, null, null, null, null]);
    return rows.get(x);
  };
  for (const slot of loads) row(slot.start_at)[SERIES.measured] = slot.load_w / 1000;
  const middle = forecast ? nearest(forecast.quantiles, 0.5) : 0;
  for (const slot of forecast?.items ?? []) {
    const values = row(slot.valid_from);
    values[SERIES.median] = slot.quantile_load_w[middle] / 1000;
    values[SERIES.low] = slot.quantile_load_w[0] / 1000;
    values[SERIES.high] = slot.quantile_load_w.at(-1) / 1000;
  }
  const ordered = [...rows.values()].sort((a, b) => a[0] - b[0]);
  return COLUMNS.map((index) => ordered.map((values) => values[index]));
}

const nearest = (quantiles, wanted) =>
  quantiles.reduce((best, q, i) => (Math.abs(q - wanted) < Math.abs(quantiles[best] - wanted) ? i : best), 0);

export const medianOf = (forecast, slot) => slot.quantile_load_w[nearest(forecast.quantiles, 0.5)];

export class Chart {
  #plot = null;
  #drawn = null;

  constructor(element, onCursor) {
    this.element = element;
    this.onCursor = onCursor;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  // `shown` has loads, forecast (or null), start and end (Date), now (Date) and spans ([start, end] of Dates).
  draw(shown) {
    const same = this.#plot !== null && this.#drawn.language === current();
    this.#drawn = { ...shown, language: current() };
    const data = columns(shown.loads, shown.forecast);
    if (same) {
      this.#plot.setData(data);
    } else {
      this.#plot?.destroy();
      this.#plot = new uPlot(this.#options(), data, this.element);
    }
  }

  redraw() {
    if (this.#drawn === null) return;
    this.#plot.destroy();
    this.#plot = null;
    this.draw(this.#drawn);
  }

  clear() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#drawn = null;
  }

  #size() {
    const width = this.element.clientWidth;
    return { width, height: Math.max(240, Math.min(380, Math.round(width * 0.42))) };
  }

  #options() {
    const axis = { stroke: colour("muted"), font: "12px system-ui, sans-serif", ticks: { show: false } };
    const line = (stroke, width, more = {}) => ({ stroke, width, points: { show: false }, spanGaps: false, ...more });
    return {
      ...this.#size(),
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Europe/Paris"),
      padding: [24, 12, 0, 4],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { setScale: false, x: false, y: false } },
      scales: {
        x: { range: () => [this.#drawn.start / 1000, this.#drawn.end / 1000] },
        y: { range: (_, low, high) => [Math.min(0, low ?? 0), high === null || high <= 0 ? 1 : high * 1.08] },
      },
      axes: [
        { ...axis, grid: { stroke: colour("line"), width: 1 }, space: 70, size: 32, values: (_, splits) => hours(splits) },
        { ...axis, grid: { stroke: colour("line"), width: 1 }, size: 56, values: (_, splits) => splits.map(power) },
      ],
      series: [
        {},
        line(colour("measured"), 2.25),
        line(colour("expected"), 2, { dash: [7, 4] }),
        line(null, 0),
        line(null, 0),
      ],
      bands: [{ series: [SERIES.high, SERIES.low], fill: colour("band") }],
      hooks: {
        drawClear: [(plot) => this.#drawSpans(plot)],
        draw: [(plot) => this.#drawNow(plot), drawUnit],
        setCursor: [(plot) => this.onCursor(at(plot, plot.cursor.idx))],
      },
    };
  }

  #drawSpans(plot) {
    const { left, width, top, height } = plot.bbox;
    for (const [start, end] of this.#drawn.spans) {
      const from = Math.max(left, plot.valToPos(start / 1000, "x", true));
      const to = Math.min(left + width, plot.valToPos(end / 1000, "x", true));
      if (to <= from) continue;
      plot.ctx.fillStyle = colour("event-span");
      plot.ctx.fillRect(from, top, to - from, height);
    }
  }

  #drawNow(plot) {
    const { top, height, left, width } = plot.bbox;
    const x = Math.round(plot.valToPos(this.#drawn.now / 1000, "x", true)) + 0.5;
    if (x < left || x > left + width) return;
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = colour("muted");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, top - 14 * devicePixelRatio);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.fillStyle = colour("muted");
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    const right = x + 80 * devicePixelRatio > left + width;
    ctx.textAlign = right ? "right" : "left";
    ctx.fillText(text("now"), x + (right ? -6 : 6) * devicePixelRatio, top - 6 * devicePixelRatio);
    ctx.restore();
  }
}

function drawUnit({ ctx, bbox }) {
  ctx.save();
  ctx.fillStyle = colour("muted");
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  ctx.fillText("kW", bbox.left - 6 * devicePixelRatio, bbox.top - 10 * devicePixelRatio);
  ctx.restore();
}

const power = (kw) => kilowatts(kw * 1000).replace(/[,.]0$/, "");

const hours = (splits) =>
  splits.map((s) => {
    const instant = new Date(s * 1000);
    const label = time(instant);
    return label === "00:00" ? shortDay(instant) : label;
  });

function at(plot, index) {
  if (index === null || index === undefined) return null;
  const [x, measured, median, high, low] = plot.data.map((column) => column[index]);
  const start = new Date((x - HALF_SLOT_S) * 1000);
  return { when: dayAndTime(start), measured, median, high, low };
}

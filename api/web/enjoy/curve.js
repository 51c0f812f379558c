// The curve of one number of one subject.
import uPlot from "../vendor/uplot.js";
import { written, writtenDay, writtenMoment, writtenTick } from "./writing.js";

const ZONE = "Europe/Paris";
const DAYS_S = 4 * 86_400;
const GAP = 3;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A line must not cross a time of which nothing is known: what lies further apart than usual is not joined.
function parted(times, values) {
  const steps = times.slice(1).map((at, i) => at - times[i]).sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const rows = times.flatMap((at, i) =>
    i > 0 && at - times[i - 1] > GAP * usual ? [[times[i - 1] + usual, null], [at, values[i]]] : [[at, values[i]]]);
  return [rows.map(([at]) => at), rows.map(([, value]) => value)];
}

export class Curve {
  #plot = null;
  #drawn = null;

  constructor(element, said) {
    this.element = element;
    this.said = said;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#drawn && this.draw(...this.#drawn));
  }

  draw(times, values, unit) {
    this.#drawn = [times, values, unit];
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(times, unit), parted(times, values), this.element);
  }

  #size() {
    const width = this.element.clientWidth;
    return { width, height: Math.max(200, Math.min(300, Math.round(width * 0.4))) };
  }

  #options(times, unit) {
    const axis = { stroke: colour("muted"), font: "12px system-ui, sans-serif", ticks: { show: false } };
    const grid = { stroke: colour("line"), width: 1 };
    const tick = times.at(-1) - times[0] > DAYS_S ? writtenDay : writtenTick;
    const suffix = unit && unit !== "1" ? ` ${unit}` : "";
    return {
      ...this.#size(),
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), ZONE),
      padding: [12, 12, 0, 4],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { setScale: false, x: false, y: false } },
      scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), high === null || high <= 0 ? 1 : high * 1.08] } },
      axes: [
        { ...axis, grid, space: 70, size: 30, values: (_, splits) => splits.map((s) => tick(new Date(s * 1000))) },
        { ...axis, grid, size: 50, values: (_, splits) => splits.map((value) => written(value)) },
      ],
      series: [{}, { stroke: colour("measured"), width: 2, points: { show: times.length < 40, size: 5 }, spanGaps: false, paths: uPlot.paths.linear() }],
      hooks: {
        setCursor: [(plot) => {
          const { idx } = plot.cursor;
          const value = idx === null || idx === undefined ? null : (plot.data[1][idx] ?? null);
          this.said.textContent = value === null ? "" : `${writtenMoment(new Date(plot.data[0][idx] * 1000))} · ${written(value)}${suffix}`;
        }],
      },
    };
  }
}

// The subjects of a dataset over the communes; without tiles, so that no other host is asked for anything.
import { Map as LeafletMap, circleMarker, control, geoJSON } from "../vendor/leaflet.js";
import { make } from "/static/dom.js";
import { writtenValue } from "./writing.js";

const LIMITS = { minZoom: 7, maxZoom: 19, zoomSnap: 0.25 };
const CLOSEST = 15;
const SHOWN = 6;
const form = (feature) => (/Point$/.test(feature.geometry.type) ? "" : /Line/.test(feature.geometry.type) ? " line" : " area");

export class SubjectMap {
  #map;
  #fields;
  #layers = new Map();
  #bounds = null;

  constructor(element, fields, onChoose) {
    this.element = element;
    this.onChoose = onChoose;
    this.#fields = fields;
    this.#map = new LeafletMap(element, {
      attributionControl: false, zoomControl: false, keyboard: false, scrollWheelZoom: false,
      zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches, ...LIMITS,
    });
    const { zoomIn, zoomOut } = element.dataset;
    control.zoom({ position: "topright", zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(this.#map);
    for (const button of element.querySelectorAll(".leaflet-control-zoom a")) button.tabIndex = -1;
    new ResizeObserver(() => this.#fit()).observe(element);
  }

  draw(communes, subjects, subjectOf) {
    geoJSON(communes, {
      interactive: false,
      pointToLayer: (_, at) => circleMarker(at, { radius: 7 }),
      style: () => ({ className: "commune" }),
    }).addTo(this.#map);
    const radius = subjects.features.length > 300 ? 4 : 7;
    const layer = geoJSON(subjects, {
      pointToLayer: (_, at) => circleMarker(at, { radius }),
      style: (feature) => ({ className: `place${form(feature)}` }),
      onEachFeature: (feature, one) => {
        this.#layers.set(JSON.stringify(subjectOf(feature)), one);
        one.on("click", () => this.onChoose(feature));
        one.bindTooltip(() => this.#tip(feature), { sticky: true, direction: "top", className: "tip" });
      },
    }).addTo(this.#map);
    this.#bounds = layer.getBounds();
    this.#fit();
  }

  choose(subject) {
    const wanted = JSON.stringify(subject);
    for (const [key, layer] of this.#layers) {
      const elements = layer.getLayers ? layer.getLayers().map((one) => one.getElement()) : [layer.getElement()];
      for (const element of elements) element?.classList.toggle("chosen", key === wanted);
      if (key === wanted) layer.bringToFront?.();
    }
  }

  #tip(feature) {
    const rows = this.#fields.filter(({ name, title }) => title && name in feature.properties).slice(0, SHOWN);
    return make("dl", {}, ...rows.flatMap(({ name, title }) => [make("dt", {}, title), make("dd", {}, writtenValue(feature.properties[name]))]));
  }

  #fit() {
    this.#map.invalidateSize({ animate: false });
    if (this.#bounds?.isValid()) this.#map.fitBounds(this.#bounds, { animate: false, padding: [24, 24], maxZoom: CLOSEST });
  }
}

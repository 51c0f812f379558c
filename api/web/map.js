// The communes on a map without tiles: their shapes are map enough, and no other host is asked for anything.
import { Map as LeafletMap, circleMarker, control, geoJSON } from "./vendor/leaflet.js";
import { kilowatts, text } from "./language.js";

const CLASSES = 5;
const NORTH = { minZoom: 8, maxZoom: 14, zoomSnap: 0.25 };

// The class of a load, 1..5, on a square-root scale: a large city must not leave all others in one colour.
const classOf = (loadW, highestW) =>
  loadW === undefined ? 0 : Math.max(1, Math.min(CLASSES, Math.ceil(CLASSES * Math.sqrt(Math.max(0, loadW) / highestW))));

export class CommuneMap {
  #map;
  #layer = null;
  #zoom = null;
  #loads = new Map();
  #chosen = null;

  constructor(element, onChoose) {
    this.element = element;
    this.onChoose = onChoose;
    this.#map = new LeafletMap(element, {
      attributionControl: false, zoomControl: false, keyboard: false, scrollWheelZoom: false,
      zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches, ...NORTH,
    });
    new ResizeObserver(() => this.#fit()).observe(element);
  }

  setCommunes(collection) {
    this.#layer?.remove();
    this.#layer = geoJSON(collection, {
      pointToLayer: (_, at) => circleMarker(at, { radius: 7 }),
      style: () => ({ className: "commune" }),
      onEachFeature: (feature, layer) => {
        layer.on("click", () => this.onChoose(feature.id));
        layer.bindTooltip(() => this.#tip(feature), { sticky: true, direction: "top", className: "tip" });
      },
    }).addTo(this.#map);
    this.#fit();
    this.words();
    this.#colour();
  }

  setLoads(loads) {
    this.#loads = loads;
    this.#colour();
  }

  choose(code) {
    this.#chosen = code;
    this.#colour();
  }

  words() {
    this.#zoom?.remove();
    this.#zoom = control.zoom({ position: "topright", zoomInTitle: text("zoomIn"), zoomOutTitle: text("zoomOut") });
    this.#zoom.addTo(this.#map);
    for (const button of this.element.querySelectorAll(".leaflet-control-zoom a")) button.tabIndex = -1;
  }

  #tip(feature) {
    const load = this.#loads.get(feature.id);
    const tip = document.createElement("span");
    tip.textContent = `${feature.properties.name} · ${load === undefined ? text("noValue") : `${kilowatts(load)} kW`}`;
    return tip;
  }

  #fit() {
    this.#map.invalidateSize({ animate: false });
    const bounds = this.#layer?.getBounds();
    if (bounds?.isValid()) this.#map.fitBounds(bounds, { animate: false, padding: [6, 6] });
  }

  #colour() {
    const highest = Math.max(1, ...this.#loads.values());
    this.#layer?.eachLayer((layer) => {
      const element = layer.getElement();
      if (!element) return;
      const { id } = layer.feature;
      element.dataset.class = classOf(this.#loads.get(id), highest);
      element.classList.toggle("chosen", id === this.#chosen);
      if (id === this.#chosen) layer.bringToFront();
    });
  }
}

// Copies the few files that the pages load from node_modules into vendor/, so that no page needs another host.
import { cp, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const FILES = [
  ["leaflet/dist/leaflet-src.esm.js", "leaflet.js"],
  ["leaflet/dist/leaflet.css", "leaflet.css"],
  ["leaflet/LICENSE", "leaflet.LICENSE.txt"],
  ["uplot/dist/uPlot.esm.js", "uplot.js"],
  ["uplot/dist/uPlot.min.css", "uplot.css"],
  ["uplot/LICENSE", "uplot.LICENSE.txt"],
  ["swagger-ui-dist/swagger-ui-bundle.js", "swagger-ui.js"],
  ["swagger-ui-dist/swagger-ui.css", "swagger-ui.css"],
  ["swagger-ui-dist/LICENSE", "swagger-ui.LICENSE.txt"],
  ["qrcode-generator/dist/qrcode.mjs", "qrcode.js"], // its licence (MIT) stands at its head
  ["zxing-wasm/dist/es/reader/index.js", "zxing/reader/index.js"],
  ["zxing-wasm/dist/es/share.js", "zxing/share.js"],
  ["zxing-wasm/dist/reader/zxing_reader.wasm", "zxing/zxing_reader.wasm"],
  ["zxing-wasm/LICENSE", "zxing/LICENSE.txt"],
];

await rm(here("vendor"), { recursive: true, force: true });
await mkdir(here("vendor"));
for (const [from, to] of FILES) {
  await cp(here(`node_modules/${from}`), here(`vendor/${to}`));
}

// Reads codes from pictures: with the browser's own reader where it has one, else with ZXing as WebAssembly from here.
import { prepareZXingModule, readBarcodes } from "/static/vendor/zxing/reader/index.js";

const OPTIONS = { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true };
const FOLDER = "/static/vendor/zxing/";
let own = null;

async function ownReader() {
  const kinds = (await globalThis.BarcodeDetector?.getSupportedFormats?.()) ?? [];
  return kinds.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

let ready = null;

async function begin() {
  own = await ownReader();
  if (own === null) await prepareZXingModule({ overrides: { locateFile: (file) => FOLDER + file }, fireImmediately: true });
}

// Gets the reader ready, once: it is a megabyte that the first code should not have to wait for.
export function prepare() {
  ready ??= begin().catch((error) => {
    ready = null;
    throw error;
  });
  return ready;
}

// The text of the code in a canvas, or null.
export async function codeIn(canvas) {
  if (own !== null) return (await own.detect(canvas))[0]?.rawValue ?? null;
  const picture = canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height);
  const [found] = await readBarcodes(picture, OPTIONS);
  return found?.isValid ? found.text : null;
}

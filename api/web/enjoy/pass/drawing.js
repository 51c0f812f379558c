// Draws a code: black on white whatever the colours of the page, with the quiet edge that readers need.
import qrcode from "/static/vendor/qrcode.js";

const EDGE = 4;
const MODULE_PX = 8;

// Passes are written in the signs of the mode "Alphanumeric", which is tighter; addresses are not.
export function draw(canvas, text, mode = "Alphanumeric") {
  const code = qrcode(0, "M");
  code.addData(text, mode);
  code.make();
  const modules = code.getModuleCount();
  const side = (modules + 2 * EDGE) * MODULE_PX;
  canvas.width = side;
  canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  pen.fillStyle = "#000";
  for (let row = 0; row < modules; row += 1) {
    for (let column = 0; column < modules; column += 1) {
      if (code.isDark(row, column)) pen.fillRect((column + EDGE) * MODULE_PX, (row + EDGE) * MODULE_PX, MODULE_PX, MODULE_PX);
    }
  }
}

// Tells whether a shop is open at moments, as the reader of OpenStreetMap's opening hours sees it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , folder] = process.argv;
const OpeningHours = createRequire(`${folder}/package.json`)("opening_hours");
const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(({ text, moments }) => {
  const hours = new OpeningHours(text);
  return moments.map((moment) => hours.getState(new Date(moment)));
})));

// Encodes and decodes Sparkplug B payloads with Eclipse Tahu's library: one JSON request a line, one answer a line.
const { createInterface } = require("node:readline");
const tahu = require("sparkplug-payload").get("spBv1.0");

const asNumber = (key, value) =>
  value !== null && typeof value === "object" && "low" in value && "high" in value
    ? value.high * 4294967296 + (value.low >>> 0)
    : value;

createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  const answer =
    request.encode !== undefined
      ? Buffer.from(tahu.encodePayload(request.encode)).toString("base64")
      : tahu.decodePayload(Buffer.from(request.decode, "base64"));
  process.stdout.write(JSON.stringify(answer, asNumber) + "\n");
});

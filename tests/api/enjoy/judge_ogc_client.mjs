// Reads every collection as the metropolis' own catalogue does, and prints what was found.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , folder, url] = process.argv;
const require = createRequire(`${folder}/package.json`);
const { OgcApiEndpoint } = await import(pathToFileURL(require.resolve("@camptocamp/ogc-client")).href);
const endpoint = new OgcApiEndpoint(url);
const found = { title: (await endpoint.info).title, hasFeatures: await endpoint.hasFeatures, collections: {} };
for (const { name } of await endpoint.featureCollections.then((names) => names.map((name) => ({ name })))) {
  const info = await endpoint.getCollectionInfo(name);
  let read = 0;
  for (let offset = 0; ; offset += 500) {
    const items = await endpoint.getCollectionItems(name, 500, offset);
    read += items.length;
    if (items.length < 500) break;
  }
  const first = (await endpoint.getCollectionItems(name, 1))[0];
  const again = await endpoint.getCollectionItem(name, first.id);
  const address = await endpoint.getCollectionItemsUrl(name, { limit: 3, outputFormat: "application/geo+json" });
  const shown = await (await fetch(address)).json();
  found.collections[name] = {
    title: info.title,
    formats: info.itemFormats,
    queryables: info.queryables.map((one) => one.name).sort(),
    read,
    again: again.id === first.id,
    three: shown.features.length,
  };
}
console.log(JSON.stringify(found));

/**
 * What an explanation predicts of many inputs: `node explaining.js analyses/<slug>/explanation.js`.
 * The first line that it reads is the model, each further one an input.
 */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { arithmetic } from "../../docs/live/arithmetic.js";

const { name, program } = await import(pathToFileURL(process.argv[2]).href);

/** @type {((tokens: number[]) => (number | null)[]) | undefined} */
let predict;
/** @param {Record<string, {shape: number[], base64: string}>} tensors */
const decoded = (tensors) =>
  Object.fromEntries(
    Object.entries(tensors).map(([tensor, { shape, base64 }]) => {
      const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
      return [tensor, { shape, data: new Float32Array(bytes.buffer) }];
    }),
  );

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  if (!predict) {
    const model = { weights: decoded(given.weights), measured: decoded(given.measured) };
    predict = program(model, arithmetic);
    process.stdout.write(`${JSON.stringify(name)}\n`);
  } else {
    process.stdout.write(`${JSON.stringify(predict(given))}\n`);
  }
}

/**
 * Read a safetensors file: eight bytes with the length of a header, the header (JSON: by name the
 * `dtype`, the `shape` and where the numbers lie), and the numbers.
 *
 * https://huggingface.co/docs/safetensors/index#format
 */

/** @typedef {import("./types.js").Tensors} Tensors */

/** No checkpoint of a problem comes near it, and a page should not run out of memory. */
export const MOST_BYTES = 64_000_000;
const MOST_HEADER = 1_000_000;
const START = 8;

/** @type {Record<string, {bytes: number, read: (view: DataView, at: number) => number}>} */
const PRECISIONS = {
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { bytes: 2, read: (view, at) => half(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => brain(view.getUint16(at, true)) },
};

/**
 * All tensors of a file, as float32.
 *
 * @param {ArrayBuffer} bytes
 * @returns {Tensors}
 * @throws {Error} if it is no whole safetensors file of a size that a page can hold, or if a
 *   tensor holds anything but finite floating-point numbers; says in a sentence what it found.
 */
export function readSafetensors(bytes) {
  if (bytes.byteLength > MOST_BYTES) {
    throw new Error(
      `The file is ${megabytes(bytes.byteLength)} MB large, more than the ` +
        `${megabytes(MOST_BYTES)} MB that are read here; give a checkpoint of this problem.`,
    );
  }
  const { header, start } = headerOf(bytes);
  const tensors = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") tensors.set(name, tensorOf(bytes, start, shown(name), entry));
  }
  return tensors;
}

/**
 * @param {ArrayBuffer} bytes
 * @returns {{header: Record<string, unknown>, start: number}}
 */
function headerOf(bytes) {
  const no = "The file is not in the safetensors format: ";
  if (bytes.byteLength < START) {
    throw new Error(`${no}it has ${bytes.byteLength} bytes, fewer than any has.`);
  }
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const start = START + length;
  if (length > MOST_HEADER && start > bytes.byteLength) {
    throw new Error(`${no}it begins with no header.`);
  }
  if (length > MOST_HEADER) {
    throw new Error(
      `The header of the file is ${megabytes(length)} MB large, more than the ` +
        `${megabytes(MOST_HEADER)} MB that are read here; give a checkpoint of this problem.`,
    );
  }
  if (start > bytes.byteLength) {
    throw new Error(
      `The file is truncated: its header is to have ${length} bytes, and ` +
        `${bytes.byteLength - START} are there; fetch it again.`,
    );
  }
  /** @type {unknown} */
  let header;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      new Uint8Array(bytes, START, length),
    );
    header = JSON.parse(text);
  } catch {
    throw new Error(`${no}its header is not JSON.`);
  }
  if (!isRecord(header)) throw new Error(`${no}its header names no tensors.`);
  return { header, start };
}

/**
 * @param {ArrayBuffer} bytes
 * @param {number} start Of the numbers.
 * @param {string} name As it can be shown.
 * @param {unknown} entry Of the header.
 * @returns {import("./types.js").Tensor}
 */
function tensorOf(bytes, start, name, entry) {
  const { dtype, shape, data_offsets: place } = isRecord(entry) ? entry : {};
  if (typeof dtype !== "string" || !areSizes(shape) || !areSizes(place) || place.length !== 2) {
    throw new Error(`The header of the file says of ${name} not what it is and where it lies.`);
  }
  const precision = Object.hasOwn(PRECISIONS, dtype) ? PRECISIONS[dtype] : undefined;
  if (!precision) {
    const known = Object.keys(PRECISIONS).join(", ");
    throw new Error(
      `${name} is stored as ${shown(dtype)}, expected one of ${known}; save it as float32.`,
    );
  }
  const count = shape.reduce((product, size) => product * size, 1);
  if (!count) {
    throw new Error(`${name} is empty, of shape ${list(shape)}; expected sizes of at least 1.`);
  }
  const [from, to] = place;
  if (to - from !== count * precision.bytes) {
    throw new Error(
      `${name} is of shape ${list(shape)}, so ${count * precision.bytes} bytes of ${dtype}, ` +
        `but ${to - from} bytes are given to it; save the file again.`,
    );
  }
  if (start + to > bytes.byteLength) {
    throw new Error(
      `The file is truncated: ${name} is to end at byte ${start + to}, and the file has ` +
        `${bytes.byteLength}; fetch it again.`,
    );
  }
  const view = new DataView(bytes, start + from, to - from);
  const data = new Float32Array(count);
  for (let index = 0; index < count; index += 1) {
    data[index] = precision.read(view, index * precision.bytes);
  }
  const odd = data.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) {
    throw new Error(
      `${name} holds ${data[odd]} at ${list(placeOf(odd, shape))}, expected finite numbers of ` +
        "float32; train or fetch it again.",
    );
  }
  return { shape: [...shape], data };
}

/**
 * A number of IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction.
 *
 * @param {number} bits
 */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * 2 ** (exponent - 25) * (fraction + 1024) : sign * 2 ** -24 * fraction;
}

/**
 * A number of bfloat16: the upper half of a float32.
 *
 * @param {number} bits
 */
function brain(bits) {
  return new Float32Array(Uint32Array.of(bits * 2 ** 16).buffer)[0];
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {value is number[]}
 */
function areSizes(value) {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/**
 * Where in a tensor its n-th number is.
 *
 * @param {number} index
 * @param {number[]} shape
 */
function placeOf(index, shape) {
  return shape.reduceRight(
    ({ rest, place }, size) => ({ rest: Math.floor(rest / size), place: [rest % size, ...place] }),
    { rest: index, place: /** @type {number[]} */ ([]) },
  ).place;
}

/** @param {number[]} sizes */
export function list(sizes) {
  return `[${sizes.join(", ")}]`;
}

/**
 * A text out of a file, as one short line.
 *
 * @param {string} text
 */
export function shown(text) {
  return text.slice(0, 160).replace(/[^\x20-\x7e]/g, "?");
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });
}

/** Small safetensors files, made by hand. */

/**
 * A file with a header and the bytes behind it.
 *
 * @param {unknown} header
 * @param {ArrayBufferView} numbers
 * @param {number} [length] That the file gives for its header; left out: what it has.
 * @returns {ArrayBuffer}
 */
export function file(header, numbers, length = undefined) {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + numbers.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(
    new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
    8 + text.length,
  );
  return bytes.buffer;
}

/**
 * A file with one tensor.
 *
 * @param {string} dtype
 * @param {number[]} shape
 * @param {ArrayBufferView} numbers
 */
export function one(dtype, shape, numbers) {
  return file({ w: { dtype, shape, data_offsets: [0, numbers.byteLength] } }, numbers);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_BYTES, readSafetensors } from "../safetensors.js";
import { file, one } from "./files.js";

const TWO = Float32Array.of(1.5, -2);

test("every tensor is read, in its shape, whatever the metadata", () => {
  const header = {
    __metadata__: { format: "pt" },
    "a.b": { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
    c: { dtype: "F32", shape: [], data_offsets: [8, 12] },
  };
  const read = readSafetensors(file(header, Float32Array.of(1.5, -2, 7)));
  assert.deepEqual([...read.keys()], ["a.b", "c"]);
  assert.deepEqual(read.get("a.b"), { shape: [1, 2], data: Float32Array.of(1.5, -2) });
  assert.deepEqual(read.get("c"), { shape: [], data: Float32Array.of(7) });
});

test("other precisions are converted", () => {
  const half = Uint16Array.of(0x3e00, 0xc000, 0x0001, 0x83ff, 0x7bff, 0x8000);
  const expected = [1.5, -2, 2 ** -24, -1023 * 2 ** -24, 65504, -0];
  assert.deepEqual([...read("F16", [6], half)], expected);
  assert.deepEqual([...read("BF16", [2], Uint16Array.of(0x3fc0, 0xc000))], [1.5, -2]);
  assert.deepEqual([...read("F64", [2], Float64Array.of(1.5, 0.1))], [1.5, Math.fround(0.1)]);
});

function read(dtype, shape, numbers) {
  return readSafetensors(one(dtype, shape, numbers)).get("w").data;
}

const whole = one("F32", [2], TWO);
const huge = { dtype: "F32", shape: [2 ** 40, 2], data_offsets: [0, 2 ** 43] };

for (const [what, bytes, told] of [
  ["nothing", new ArrayBuffer(0), /not in the safetensors format: it has 0 bytes/],
  ["text", new TextEncoder().encode("<!doctype html>").buffer, /it begins with no header/],
  ["a file cut in its header", whole.slice(0, 20), /truncated: its header is to have 54 bytes/],
  ["a file cut in its numbers", whole.slice(0, -1), /truncated: w is to end at byte 70/],
  ["a header that is no JSON", file("{w", TWO), /its header is not JSON/],
  ["a header that is no UTF-8", file("{}", Uint8Array.of(0xff), 3), /its header is not JSON/],
  ["a header that is a list", file([1], TWO), /its header names no tensors/],
  ["a tensor that is a number", file({ w: 3 }, TWO), /says of w not what it is/],
  ["no place", file({ w: { dtype: "F32", shape: [2] } }, TWO), /says of w not what it is/],
  ["a negative size", one("F32", [-2, -1], TWO), /says of w not what it is/],
  ["a broken size", one("F32", [0.5, 4], TWO), /says of w not what it is/],
  [
    "whole numbers",
    one("I64", [1], TWO),
    /w is stored as I64, expected one of F64, F32, F16, BF16/,
  ],
  ["no such dtype", one("constructor", [1], TWO), /stored as constructor, expected one of/],
  ["an empty tensor", one("F32", [2, 0], new Float32Array(0)), /w is empty, of shape \[2, 0\]/],
  ["another shape", one("F32", [3], TWO), /shape \[3\], so 12 bytes of F32, but 8 bytes/],
  ["more than there is", file({ w: huge }, TWO), /truncated: w is to end at byte 8796093022/],
  ["NaN", one("F32", [1, 2], Float32Array.of(1, NaN)), /w holds NaN at \[0, 1\]/],
  ["infinity", one("F16", [1], Uint16Array.of(0xfc00)), /w holds -Infinity at \[0\]/],
  ["too large for float32", one("F64", [1], Float64Array.of(1e300)), /w holds Infinity at \[0\]/],
  ["a huge header", file("{}", new Uint8Array(1_500_000), 1_200_000), /header .* 1.2 MB large/],
  ["a huge file", new ArrayBuffer(MOST_BYTES + 1), /64 MB large, more than the 64 MB/],
  ["a name of control characters", one2("\u001b[2J"), /^\?\[2J is stored as I8/],
]) {
  test(`refused: ${what}`, () => {
    assert.throws(() => readSafetensors(bytes), { message: told });
  });
}

function one2(name) {
  return file({ [name]: { dtype: "I8", shape: [1], data_offsets: [0, 1] } }, new Uint8Array(1));
}

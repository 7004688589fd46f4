/**
 * Numbers as a reader types them, understood and named as Python does it, whose tasks say what is
 * wrong with one.
 */

import { quoted } from "./quoted.js";
import { SPACE } from "./words.js";

/**
 * @typedef {object} Typed
 * @property {string} written How Python writes it: `5`, `1000.0`, `'five'`.
 * @property {number} number Its value; of what is no number, NaN. Huge integers are rounded.
 * @property {boolean} integer Whether it was written as a whole number: `5.0` was not.
 */

const BETWEEN = new RegExp(`[${SPACE},;()[\\]{}]+`, "u");
const DIGITS = "\\p{Nd}+(?:_\\p{Nd}+)*";
const INTEGER = new RegExp(`^[+-]?${DIGITS}$`, "u");
const DECIMAL = `${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS}`;
const REAL = new RegExp(`^[+-]?(?:(?:${DECIMAL})(?:e[+-]?${DIGITS})?|inf(?:inity)?|nan)$`, "iu");
/** Of what has more digits, Python makes no integer. */
const MOST_DIGITS = 4300;

/**
 * The numbers of a text, separated by commas, spaces, line breaks or brackets.
 *
 * @param {string} text
 * @returns {Typed[]}
 */
export function typedNumbers(text) {
  return text.split(BETWEEN).filter(Boolean).map(typed);
}

/**
 * What keeps a value from having a token, if anything.
 *
 * @param {Typed} value
 * @param {number} smallest Of the values that have one.
 * @param {number} largest
 * @returns {string | null}
 */
export function wrongValue(value, smallest, largest) {
  if (!value.integer) return `${value.written} is not an integer.`;
  if (value.number >= smallest && value.number <= largest) return null;
  const range = `${smallest} to ${largest}`;
  return `the value ${value.written} is outside ${range}; choose values the model has a token for.`;
}

/**
 * @param {string} word
 * @returns {Typed}
 */
function typed(word) {
  // Pages write negative numbers with a minus sign, as keyboards do not.
  const plain = word.replaceAll("\u2212", "-").replaceAll(/(?![0-9])\p{Nd}/gu, digit);
  if (INTEGER.test(plain)) {
    const digits = plain.replaceAll(/[_+-]/g, "");
    if (digits.length <= MOST_DIGITS) {
      const whole = plain.startsWith("-") ? -BigInt(digits) : BigInt(digits);
      return { written: String(whole), number: Number(whole), integer: true };
    }
  }
  if (REAL.test(plain)) {
    const number = Number(plain.replaceAll("_", "").replace(/inf(inity)?/i, "Infinity"));
    return { written: real(number), number, integer: false };
  }
  return { written: quoted(word), number: Number.NaN, integer: false };
}

/**
 * A digit of another script as one of 0 to 9: every script has its ten in a row.
 *
 * @param {string} character
 */
function digit(character) {
  const code = /** @type {number} */ (character.codePointAt(0));
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}

/**
 * How Python writes a float: as short as possible, told from an integer, and with an exponent from
 * 1e16 on and below 1e-4.
 *
 * @param {number} number
 */
function real(number) {
  if (Number.isNaN(number)) return "nan";
  const sign = number < 0 || Object.is(number, -0) ? "-" : "";
  const size = Math.abs(number);
  if (size === Number.POSITIVE_INFINITY) return `${sign}inf`;
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = size.toExponential().split("e");
    return `${sign}${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  return `${sign}${size}${Number.isInteger(size) ? ".0" : ""}`;
}

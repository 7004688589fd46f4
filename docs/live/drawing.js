/** Random choice. `random` gives numbers from 0 up to, but never, 1. */

/**
 * A whole number from 0 up to, but never, `n`.
 *
 * @param {() => number} random
 * @param {number} n
 */
export function below(random, n) {
  return Math.floor(random() * n);
}

/**
 * Different whole numbers below `n`, in an order of chance: every ordered choice is equally likely.
 *
 * @param {() => number} random
 * @param {number} n
 * @param {number} count
 */
export function distinct(random, n, count) {
  const left = Array.from({ length: n }, (_, number) => number);
  return Array.from({ length: count }, () => {
    const chosen = below(random, left.length);
    const [value] = left.splice(chosen, 1);
    return value;
  });
}

/**
 * A place in a list of odds, which need not add up to one.
 *
 * @param {() => number} random
 * @param {number[]} odds
 */
export function weighted(random, odds) {
  let left = random() * odds.reduce((sum, each) => sum + each, 0);
  const found = odds.findIndex((each) => {
    left -= each;
    return left < 0;
  });
  // Rounding can leave a remainder behind the last.
  return found < 0 ? odds.findLastIndex((each) => each > 0) : found;
}

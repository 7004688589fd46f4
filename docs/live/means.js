// The means that parts are replaced by, for a model of which the build knows none.

/**
 * Means of activations over random inputs, position by position.
 *
 * @param {import("./engine.js").Engine} engine
 * @param {import("./toolbox.js").Task} task
 * @param {string[]} points hook points whose first axis after that of sequences is the position.
 * @param {number} length of the longest input, in tokens.
 * @param {number} n inputs.
 * @param {() => number} random
 * @returns {Promise<Record<string, import("./types.js").Tensor>>} `[pos, ...]`; zero at positions
 *   that none of the inputs has.
 */
export async function meansOver(engine, task, points, length, n, random) {
  /** @type {Record<string, import("./types.js").Tensor>} */
  const means = {};
  const reached = new Array(length).fill(0);
  for (let drawn = 0; drawn < n; drawn++) {
    const tokens = task.sample(random);
    const found = await engine.run([tokens]);
    for (let position = 0; position < tokens.length; position++) reached[position] += 1;
    for (const point of points) {
      const { shape, data } = /** @type {import("./types.js").Activation} */ (found.get(point));
      means[point] ??= emptied([length, ...shape.slice(2)]);
      const sum = means[point].data;
      for (let place = 0; place < data.length; place++) sum[place] += data[place];
    }
  }
  for (const { data } of Object.values(means)) {
    const each = data.length / length;
    for (let place = 0; place < data.length; place++) {
      data[place] /= Math.max(reached[Math.floor(place / each)], 1);
    }
  }
  return means;
}

/** @type {(shape: number[]) => import("./types.js").Tensor} */
function emptied(shape) {
  return { shape, data: new Float32Array(shape.reduce((all, size) => all * size, 1)) };
}

/** Runs of the engine that the site serves, compared with numbers that PyTorch left in a file. */

const ROOT = new URL("./", import.meta.url);

/** The engine of a copy of the site, with the model that lies in a folder with its card. */
async function opened(copy, place) {
  const { Engine } = await import(new URL(`${copy}/assets/live/engine.js`, ROOT));
  const folder = new URL(`${place}/`, ROOT);
  const card = await (await fetch(new URL("card.json", folder))).json();
  const engine = new Engine();
  const { weights } = await engine.open({ card, url: new URL(card.weights.file, folder).href });
  return { engine, weights };
}

/** The tensors of a file that a test left, by name, and rows of whole numbers. */
async function reference(copy, file) {
  const { readSafetensors } = await import(new URL(`${copy}/assets/live/safetensors.js`, ROOT));
  const bytes = await (await fetch(new URL(file, ROOT))).arrayBuffer();
  return readSafetensors(bytes);
}

function rows({ shape: [count, width], data }) {
  return Array.from({ length: count }, (_, row) =>
    Array.from(data.subarray(row * width, (row + 1) * width)),
  );
}

/** Rows of one length as a tensor. */
function together(lists) {
  return { shape: [lists.length, lists[0].length], data: Float32Array.from(lists.flat()) };
}

/** What one part adds in each sequence. */
function ofPart(shares, name) {
  const own = shares.map((each) => each.find(({ part }) => part === name)?.logit ?? Number.NaN);
  return { shape: [own.length], data: Float32Array.from(own) };
}

/** The same tensor with one axis behind the first. */
function flat({ shape, data }) {
  return { shape: [shape[0], data.length / shape[0]], data };
}

/** By how much numbers differ at most, of the largest of those expected. */
function apart(found, expected) {
  if (String(found.shape) !== String(expected.shape)) return `${found.shape}: ${expected.shape}`;
  let [largest, worst] = [0, 0];
  for (const [index, value] of expected.data.entries()) {
    // No file holds the scores of what is masked.
    const own = found.data[index] === -Infinity ? 0 : found.data[index];
    largest = Math.max(largest, Math.abs(value));
    worst = Math.max(worst, Number.isNaN(own) ? Infinity : Math.abs(own - value));
  }
  return worst / (largest || 1);
}

/** How many answers are given for sure, and are not the same. */
function otherAnswers(found, expected, margin) {
  const classes = expected.shape.at(-1);
  let differing = 0;
  for (let start = 0; start < expected.data.length; start += classes) {
    const own = Array.from(found.data.subarray(start, start + classes));
    const right = Array.from(expected.data.subarray(start, start + classes));
    const [first, second] = right.toSorted((one, other) => other - one);
    if (first - second > margin && own.indexOf(Math.max(...own)) !== right.indexOf(first)) {
      differing += 1;
    }
  }
  return differing;
}

/**
 * Weights, every activation and the answers of a problem, each against the file; and the logits
 * under interventions, whose values are numbers, tensors of the file, or come from runs of others.
 */
export async function compare(copy, place, file, cases) {
  const { engine, weights } = await opened(copy, place);
  const expected = await reference(copy, file);
  const tokens = rows(expected.get("tokens"));
  const found = await engine.run(tokens);
  const under = (prefix, things) =>
    Object.fromEntries(
      [...expected.keys()]
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length))
        .map((name) => [
          name,
          things(name) ? apart(things(name), expected.get(prefix + name)) : null,
        ]),
    );
  const few = rows(expected.get("few"));
  const other = await engine.run(rows(expected.get("other")));
  const value = (from, hook) => {
    if (from === 0) return 0;
    return (from === "other" ? other.get(hook) : expected.get(`mean ${hook}`)).data;
  };
  const intervened = {};
  for (const [name, interventions] of Object.entries(cases)) {
    const given = interventions.map((each) => ({ ...each, value: value(each.value, each.hook) }));
    intervened[name] = apart(await engine.logits(few, given), expected.get(`case ${name}`));
  }
  const logits = found.get("logits");
  const alone = await engine.logits(tokens.slice(0, 5));
  const short = await engine.run(few.map((own) => own.slice(0, -1)));
  const last = tokens[0].length - 1;
  const at = { position: last, of: 1, against: 0 };
  const shares = await Promise.all(few.map((own) => engine.attribution({ tokens: own, ...at })));
  const classes = expected.get("activation logits").shape.at(-1);
  const asked = [{ position: last, right: classes > 2 ? [0, 1] : [0] }];
  const losses = await Promise.all(few.map((own) => engine.loss(own, asked)));
  engine.close();
  return {
    names: [...found.keys()],
    weightNames: Object.keys(weights),
    weights: under("weight ", (name) => weights[name]),
    activations: under("activation ", (name) => found.get(name)),
    otherAnswers: otherAnswers(logits, expected.get("activation logits"), 1e-3),
    alone: apart(alone, { ...alone, data: logits.data.slice(0, alone.data.length) }),
    short: under("short ", (name) => short.get(name)),
    intervened,
    parts: shares[0].map(({ part }) => part),
    shares: under("share ", (name) => ofPart(shares, name)),
    gradient: apart(
      together(losses.map(({ gradient }) => [...gradient.data])),
      flat(expected.get("gradient")),
    ),
  };
}

/** What comes of requests that follow each other faster than they are answered, and of faulty ones. */
export async function requests(copy, place) {
  const { engine, weights } = await opened(copy, place);
  const length = weights["pos_embed.W_pos"].shape[0];
  const some = (token, count = length) => Array(count).fill(token);
  const said = (promise) =>
    promise.then(
      () => "answered",
      (error) => error.message || error.constructor.name,
    );
  const typed = [1, 2, 3, 4].map((token) => said(engine.run([some(token)], [], "typed")));
  const others = [said(engine.logits([some(1)], [], "elsewhere")), said(engine.run([some(2)]))];
  const faults = [
    engine.run([some(-1)]),
    engine.run([some(0, length + 1)]),
    engine.run([some(0), some(0, 1)]),
    engine.run([some(0)], [{ hook: "blocks.0.attn.hook_y", value: 0 }]),
    engine.attribution({ tokens: some(0), position: 0, of: -1 }),
  ].map(said);
  const told = {
    typed: await Promise.all(typed),
    others: await Promise.all(others),
    faults: await Promise.all(faults),
  };
  const unanswered = said(engine.run([some(1)]));
  engine.close();
  return { ...told, closed: await unanswered };
}

/** What is said of a file of the reader's own, or its sha256. */
export async function own(copy, place, file) {
  const { Engine } = await import(new URL(`${copy}/assets/live/engine.js`, ROOT));
  const card = await (await fetch(new URL(`${place}/card.json`, ROOT))).json();
  const bytes = await (await fetch(new URL(file, ROOT))).arrayBuffer();
  const engine = new Engine();
  return engine
    .open({ card, bytes })
    .then(
      ({ sha256 }) => sha256,
      (error) => error.message,
    )
    .finally(() => engine.close());
}

/** Why a model is refused. */
export async function refusal(copy, place) {
  return opened(copy, place).then(
    ({ engine }) => {
      engine.close();
      return "";
    },
    (error) => error.message,
  );
}

// Elements, written as a tree.

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [given] properties by name; `class` and names with a hyphen are
 *   attributes, names that begin with `on` are listeners, and what is undefined or false is left out.
 * @param {...(Node | string | null)} inside
 * @returns {HTMLElement}
 */
export function h(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) {
      made.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (name === "class" || name.includes("-")) {
      made.setAttribute(name, String(value));
    } else {
      Object.assign(made, { [name]: value });
    }
  }
  made.append(...inside.filter((part) => part !== null));
  return made;
}

/**
 * Makes a table with a heading for each column and each row.
 *
 * @param {string} caption
 * @param {string[]} columns
 * @param {{cells: (Node | string)[], mark?: string}[]} rows the first cell of a row is its heading.
 * @returns {HTMLElement}
 */
export function table(caption, columns, rows) {
  const head = columns.map((name) => h("th", { scope: "col" }, name));
  const body = rows.map(({ cells: [first, ...rest], mark }) =>
    h(
      "tr",
      { class: mark },
      h("th", { scope: "row" }, first),
      ...rest.map((cell) => h("td", {}, cell)),
    ),
  );
  return h(
    "div",
    { class: "table" },
    h(
      "table",
      { class: "numbers" },
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...head)),
      h("tbody", {}, ...body),
    ),
  );
}

/**
 * Makes a button.
 *
 * @param {string} text
 * @param {() => void} act
 * @returns {HTMLElement}
 */
export function press(text, act) {
  return h("button", { type: "button", class: "live__press", onclick: act }, text);
}

/**
 * Makes a list to choose from.
 *
 * @param {string} id
 * @param {[string, string][]} options values, and what they are called.
 * @param {(value: string) => void} choose
 * @returns {HTMLSelectElement}
 */
export function choice(id, options, choose) {
  const select = /** @type {HTMLSelectElement} */ (
    h("select", { id }, ...options.map(([value, text]) => h("option", { value }, text)))
  );
  select.addEventListener("change", () => choose(select.value));
  return select;
}

// A box that scrolls is a stop of the keyboard, and has a name, only while it holds more than it shows.
(() => {
  const captioned = (box) => {
    const table = box.querySelector("table");
    return table.caption?.textContent ?? table.ariaLabel;
  };
  const BOXES = {
    ".md-typeset .table": { role: "region", name: captioned },
    ".md-typeset .output > pre": { role: "group", name: () => "Output" },
    ".md-typeset pre > code": { role: "group", name: () => "Code" },
    ".md-typeset .katex-display": { role: "group", name: () => "Formula" },
  };

  const mark = (box) => {
    // The live panel takes tables out of the page.
    if (!box.isConnected) return;
    const [, { role, name }] = Object.entries(BOXES).find(([selector]) => box.matches(selector));
    // Widths are rounded, each by itself.
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    const given = { role, "aria-label": name(box), tabindex: "0" };
    for (const [attribute, value] of Object.entries(given))
      if (scrolls) box.setAttribute(attribute, value);
      else box.removeAttribute(attribute);
  };
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries)
      if (target.isConnected) mark(target.matches("table") ? target.parentElement : target);
  });
  const watch = (part) => {
    const boxes = [...part.querySelectorAll(Object.keys(BOXES).join())];
    for (const box of boxes) {
      watcher.observe(box);
      // Rows that are filtered make a table narrower, and leave its box as it was.
      if (box.matches(".table")) watcher.observe(box.querySelector("table"));
    }
    return boxes;
  };
  const boxes = watch(document);
  const added = new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const part of addedNodes)
        if (part instanceof Element && part.isConnected) watch(part.parentElement);
  });
  for (const panel of document.querySelectorAll(".live"))
    added.observe(panel, { childList: true, subtree: true });
  // Other letters are as wide as others; no box need change for it.
  document.fonts.ready.then(() => boxes.forEach(mark));
})();

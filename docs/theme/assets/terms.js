// What a term of the glossary means, shown when it is focused, pointed at or tapped: in the margin
// beside its line where that is free, else at the edge of the screen.
(() => {
  const GAP = 20;
  const LEAST = 160;
  const MOST = 260;
  // Long enough to mean it, and to reach what is shown with the pointer, in milliseconds.
  const MEANT = 150;
  const LINGERS = 1000;
  // Captions are no wider than the text; of code and formulas it is their lines that count.
  const WIDE =
    ".figure > *, .picture, .table table, .highlight code, .output > pre, .katex-display .katex-html";

  const terms = document.querySelector(".terms");
  if (!terms) return;
  const box = document.createElement("div");
  box.className = "definition";
  box.hidden = true;
  terms.after(box);
  let shown = null;
  let before = null;
  let opening = 0;
  let closing = 0;

  const termOf = (event) => event.target.closest?.("a.term") ?? null;

  const hide = () => {
    clearTimeout(opening);
    clearTimeout(closing);
    closing = 0;
    box.hidden = true;
    shown = null;
  };

  // The top of what stands beside a line, or as far above as something wide below it asks for.
  const beside = (line, left) => {
    let highest = Math.min(GAP / 2, line.top);
    let lowest = Math.max(innerHeight - GAP / 2, line.bottom);
    const range = document.createRange();
    for (const wide of document.querySelectorAll(WIDE)) {
      // What is folded has a box all the same.
      if (wide.closest("details:not([open])")) continue;
      if (wide.matches(".figure > *, .picture")) range.selectNode(wide);
      else range.selectNodeContents(wide);
      const { top, right, bottom, height } = range.getBoundingClientRect();
      if (!height || right < left) continue;
      if (top >= line.bottom) lowest = Math.min(lowest, top - GAP);
      else highest = Math.max(highest, bottom + GAP / 2);
    }
    const top = Math.min(line.top, lowest - box.offsetHeight);
    return top >= highest ? top : null;
  };

  const place = (term) => {
    const line = term.getClientRects()[0];
    // It was folded away meanwhile.
    if (!line) return hide();
    box.hidden = false;
    const left = term.closest("p, li, dd").getBoundingClientRect().right + GAP;
    const free = document.documentElement.clientWidth - left - GAP / 2;
    if (free >= LEAST) {
      box.className = "definition definition--margin";
      box.style.cssText = `width: ${Math.min(free, MOST)}px; left: 0; top: 0`;
      const top = beside(line, left);
      if (top !== null) {
        const origin = box.getBoundingClientRect();
        box.style.left = `${left - origin.left}px`;
        box.style.top = `${top - origin.top}px`;
        return;
      }
    }
    box.className = "definition";
    box.style.cssText = "";
    box.classList.toggle("definition--above", line.bottom > box.getBoundingClientRect().top);
  };

  const show = (term) => {
    if (shown === term) return;
    hide();
    shown = term;
    const more = document.createElement("a");
    more.href = term.href;
    more.textContent = "Glossary";
    // With a keyboard the term itself leads there.
    more.tabIndex = -1;
    const name = document.createElement("strong");
    name.textContent = term.textContent;
    const meaning = document.getElementById(term.getAttribute("aria-describedby"));
    box.replaceChildren(name, " ", ...meaning.cloneNode(true).childNodes, more);
    // A browser brings what is focused into view after it has told of it.
    setTimeout(() => shown === term && place(term));
  };

  document.addEventListener("focusin", (event) => {
    const term = termOf(event);
    if (term) show(term);
    else if (!box.contains(event.target)) hide();
  });

  document.addEventListener("pointerover", (event) => {
    // A finger that is lifted is told of as a pointer, too.
    if (event.pointerType !== "mouse") return;
    const term = termOf(event);
    clearTimeout(opening);
    if (term && term !== shown) opening = setTimeout(show, MEANT, term);
    if (term === shown || box.contains(event.target) || document.activeElement === shown) {
      clearTimeout(closing);
      closing = 0;
    } else if (!closing) closing = setTimeout(hide, LINGERS);
  });

  document.addEventListener("pointerdown", (event) => {
    const term = termOf(event);
    before = event.pointerType === "mouse" ? term : shown;
    if (term !== shown && !box.contains(event.target)) hide();
  });

  // The first tap shows what a term means; the second, like a click, leads to the glossary.
  document.addEventListener("click", (event) => {
    const term = termOf(event);
    if (!term || term === before || !event.detail) return;
    event.preventDefault();
    show(term);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  // Figures that are drawn and folds that are opened move the line.
  new ResizeObserver(() => shown && place(shown)).observe(terms.parentElement);
})();

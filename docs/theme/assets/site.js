// The table of contents, the filters of the Evidence page, folds that an address points into, and
// what paper needs.
(() => {
  const contents = document.querySelector(".contents");
  const wide = matchMedia("(min-width: 62em)");
  const unfold = () => contents?.toggleAttribute("open", wide.matches);
  wide.addEventListener("change", unfold);
  unfold();

  for (const form of document.querySelectorAll("[data-filters]")) {
    const rows = [...document.querySelectorAll(`#${form.dataset.filters} tbody tr`)];
    const count = form.querySelector("output");
    const filter = () => {
      const { text, ...wanted } = Object.fromEntries(new FormData(form));
      let shown = 0;
      for (const row of rows) {
        const fits = Object.entries(wanted).every(([key, value]) => !value || row.dataset[key] === value);
        row.hidden = !fits || !row.textContent.toLowerCase().includes(text.trim().toLowerCase());
        shown += !row.hidden;
      }
      count.textContent = `${shown} of ${rows.length} claims`;
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }

  // Not every browser unfolds what an address points into.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    let fold = target?.closest("details:not([open])");
    if (!fold) return;
    for (; fold; fold = fold.closest("details:not([open])")) fold.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // On paper nothing can be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("article details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
})();

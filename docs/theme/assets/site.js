// The table of contents, the palette, the filters of the Evidence page, folds that an address points
// into, and what paper needs.
(() => {
  const contents = document.querySelector(".contents");
  const wide = matchMedia("(min-width: 62em)");
  const unfold = () => {
    if (!contents) return;
    contents.open = wide.matches;
    // In the margin it is always open: there is nothing to press.
    contents.querySelector("summary").tabIndex = wide.matches ? -1 : 0;
  };
  wide.addEventListener("change", unfold);
  unfold();

  // Material's script watches the switches, the first of which is that of light paper.
  const palette = document.querySelector(".masthead__palette");
  const [light, dark] = document.querySelectorAll("[data-md-component=palette] input");
  const isDark = () => document.body.dataset.mdColorScheme === dark.dataset.mdColorScheme;
  const press = () => palette.setAttribute("aria-pressed", isDark());
  palette.addEventListener("click", () => (isDark() ? light : dark).click());
  new MutationObserver(press).observe(document.body, {
    attributeFilter: ["data-md-color-scheme"],
  });
  press();

  // What Material's script makes has no name, and says nothing to who cannot see it.
  document.querySelector(".md-dialog").role = "status";
  addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll(".md-code__nav")) box.role = "presentation";
  });

  for (const form of document.querySelectorAll("[data-filters]")) {
    const rows = [...document.querySelectorAll(`#${form.dataset.filters} tbody tr`)];
    const count = form.querySelector("output");
    const filter = () => {
      const { text, ...wanted } = Object.fromEntries(new FormData(form));
      let shown = 0;
      for (const row of rows) {
        const fits = Object.entries(wanted).every(
          ([key, value]) => !value || row.dataset[key] === value,
        );
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

  // On paper nothing can be unfolded; code and the rest of the claims are not for paper.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("article .hint:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
})();

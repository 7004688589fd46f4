// The selector of versions and the banner of outdated ones; pages of a local build load none of it.
(async () => {
  const here = new URL("../", document.currentScript.src);
  const root = new URL("../", here);
  const selector = document.querySelector(".versions");
  const current = selector.dataset.version;

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !selector.open) return;
    selector.open = false;
    selector.querySelector("summary").focus();
  });
  addEventListener("click", (event) => {
    if (!selector.contains(event.target)) selector.open = false;
  });
  selector.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !selector.contains(event.relatedTarget)) selector.open = false;
  });

  const answer = await fetch(new URL("versions.json", root)).catch(() => null);
  // Then the version stands alone, as it does without scripts.
  if (!answer?.ok) return;
  const versions = await answer.json();

  // The same page, if that version has it; else its front page.
  const page = location.href.startsWith(here.href)
    ? location.pathname.slice(here.pathname.length).replace(/(^|\/)index\.html$/, "$1")
    : "";
  const address = ({ properties }, folder) => {
    const kept = properties?.pages?.includes(page);
    const url = new URL(`${folder}/${kept ? page : ""}`, root);
    if (kept) url.hash = location.hash;
    return { url, kept };
  };

  const list = selector.querySelector("ul");
  const point = () => {
    list.replaceChildren(
      ...versions.map((version) => {
        const link = document.createElement("a");
        link.href = address(version, version.version).url;
        link.textContent = version.title;
        if (version.version === current) link.ariaCurrent = "true";
        const item = document.createElement("li");
        item.append(link);
        if (version.aliases.includes("latest")) item.append(" latest");
        return item;
      }),
    );
  };
  point();
  selector.querySelector("summary").removeAttribute("tabindex");
  addEventListener("hashchange", point);

  const latest = versions.find(({ aliases }) => aliases.includes("latest"));
  if (!latest || latest.version === current) return;
  const { url, kept } = address(latest, "latest");
  const banner = document.querySelector(".outdated");
  const link = banner.querySelector("a");
  link.href = url;
  link.textContent = kept
    ? `Read this page in the latest, ${latest.title}`
    : `The latest, ${latest.title}, has no such page: go to its front page`;
  banner.hidden = false;
})();

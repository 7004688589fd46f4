// The search costs a page nothing before a reader turns to it. Material's script, which comes next,
// fetches the index and starts the worker at once and has no setting for it: both are held back.
(() => {
  // No worker may be started for a page opened as a file: Material then hides the search.
  if (location.protocol === "file:") return;
  const { Worker } = window;
  const { send } = XMLHttpRequest.prototype;
  const wanted = new Promise((resolve) => {
    // However it is opened, Material turns this switch.
    document.getElementById("__search").addEventListener("change", resolve, { once: true });
    // What was searched for is marked on the page found, by the rules that stand in the index.
    if (new URLSearchParams(location.search).get("h")) resolve();
  });

  XMLHttpRequest.prototype.send = function (body) {
    wanted.then(() => send.call(this, body));
  };
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.begun = wanted.then(() => {
        const worker = new Worker(address);
        worker.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent("message", { data }));
        return worker;
      });
    }

    postMessage(message) {
      this.begun.then((worker) => worker.postMessage(message));
    }
  };
  // By then that script has run; whoever comes later meets the browser's own.
  addEventListener("DOMContentLoaded", () => {
    window.Worker = Worker;
    XMLHttpRequest.prototype.send = send;
  });
})();

// The search is out of the keyboard's way while it is closed, and within its reach once it is open.
(() => {
  const toggle = document.getElementById("__search");
  const search = document.getElementById("search");
  const button = document.querySelector(".masthead__search");
  if (location.protocol === "file:") {
    button.hidden = true;
    return;
  }
  const input = search.querySelector("input");
  let before = null;

  // Material's script focuses it for a key, but what is hidden takes no focus.
  input.focus = () => {
    if (!toggle.checked) toggle.click();
    HTMLElement.prototype.focus.call(input);
  };
  const close = () => {
    toggle.click();
    (before ?? button).focus();
    if (search.contains(document.activeElement)) document.activeElement.blur();
  };
  button.addEventListener("click", () => input.focus());
  search.querySelector(".md-search__back").addEventListener("click", close);
  toggle.addEventListener("change", () => button.setAttribute("aria-expanded", toggle.checked));

  search.addEventListener("focusin", ({ relatedTarget }) => {
    if (!search.contains(relatedTarget)) before = relatedTarget;
  });
  search.addEventListener("focusout", ({ relatedTarget }) => {
    if (toggle.checked && relatedTarget && !search.contains(relatedTarget)) toggle.click();
  });
  // Material's script closes the search on Tab, and lets none but the arrows reach what was found.
  const found = search.querySelector(".md-search-result__list");
  new MutationObserver(() => {
    for (const link of found.querySelectorAll("a[tabindex]")) link.removeAttribute("tabindex");
  }).observe(found, { childList: true });
  addEventListener(
    "keydown",
    (event) => {
      if (!toggle.checked || !["Tab", "Escape"].includes(event.key)) return;
      event.stopImmediatePropagation();
      if (event.key === "Escape") close();
    },
    true,
  );
})();

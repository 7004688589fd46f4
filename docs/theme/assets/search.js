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

// The live panel: nothing of it is loaded until a reader asks for it, or comes with its address.
(() => {
  const place = document.querySelector(".live[data-live]");
  if (!place) return;
  const said = document.createElement("p");
  said.className = "live__fault";
  if (typeof WebAssembly === "undefined" || typeof Worker === "undefined") {
    said.textContent =
      "This browser lets no model run in a page: it has no WebAssembly, or it is off.";
    place.append(said);
    return;
  }
  const panel = new URL("live/begin.js", document.currentScript.src);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "live__press";
  button.textContent = "Run the model here";
  said.role = "alert";

  async function begin() {
    button.disabled = true;
    button.textContent = "Fetching the model …";
    try {
      const { begin } = await import(panel);
      await begin(place);
    } catch (error) {
      button.disabled = false;
      button.textContent = "Run the model here";
      said.textContent = `The panel did not start: ${error.message}`;
      place.prepend(said);
    }
  }

  button.addEventListener("click", begin);
  place.prepend(button);
  if (location.hash.startsWith("#live?")) {
    begin().then(() => place.scrollIntoView());
  }
})();

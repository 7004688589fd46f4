// A figure is a still until a reader reaches for it: then it becomes interactive, in its place.
(() => {
  const vendor = new URL("vendor/", document.currentScript.src);
  const loading = {};

  function load(file) {
    loading[file] ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(file, vendor);
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${file} did not load`));
      document.head.append(script);
    });
    return loading[file];
  }

  // What a figure is drawn from lies in a file beside the page.
  function held(file) {
    loading[file] ??= fetch(file)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject()))
      .catch(() => Promise.reject(new Error(`${file} did not load`)));
    return loading[file];
  }

  const palette = () =>
    window.palettes[document.body.dataset.mdColorScheme === "slate" ? "dark" : "light"];

  const typeface = () => getComputedStyle(document.body).getPropertyValue("--label").trim();

  function axis({ grid, quiet, ink }) {
    return {
      gridcolor: grid,
      linecolor: quiet,
      zerolinecolor: quiet,
      tickcolor: quiet,
      tickfont: { color: quiet, size: 12 },
      title: { font: { color: ink, size: 13 }, standoff: 10 },
      automargin: true,
      showline: false,
      zerolinewidth: 1,
      ticks: "outside",
      ticklen: 3,
    };
  }

  function template({ series, paper, ink, quiet, accent, ...rest }) {
    const colours = { ...rest, ink, quiet };
    const colorbar = {
      outlinewidth: 0,
      thickness: 10,
      tickfont: { color: quiet, size: 12 },
      title: { font: { color: quiet, size: 12 }, side: "right" },
    };
    return {
      data: { heatmap: [{ colorbar }] },
      layout: {
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: typeface(), color: ink, size: 13 },
        colorway: series,
        xaxis: axis(colours),
        yaxis: axis(colours),
        annotationdefaults: { font: { color: ink, size: 12 }, arrowcolor: quiet },
        shapedefaults: { line: { color: accent, width: 1.5 } },
        legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, xanchor: "left" },
        margin: { l: 56, r: 12, t: 28, b: 48 },
        hoverlabel: {
          bgcolor: paper,
          bordercolor: quiet,
          font: { family: typeface(), color: ink },
        },
        dragmode: false,
      },
    };
  }

  // Matrices travel as 16-bit multiples of a step; see `_slim` in docs/render/notebooks.py.
  function matrix({ bdata, shape, step }) {
    const bytes = Uint8Array.from(atob(bdata), (character) => character.charCodeAt(0));
    const entries = bytes.length / 2;
    const steps = Int16Array.from(
      { length: entries },
      (_, n) => bytes[n] | (bytes[n + entries] << 8),
    );
    const [rows, columns] = shape.split(",").map(Number);
    return Array.from({ length: rows }, (_, row) =>
      Float32Array.from(steps.subarray(row * columns, (row + 1) * columns), (n) => n * step),
    );
  }

  // A trace says what it is: which of the palette's scales, heads, series or signs, and how a bar
  // is filled; see `analyses/write_ups/palette.py`.
  function colourOf({ head, series, sign }, { heads, series: others, positive, negative }) {
    if (head !== undefined) return heads[head % heads.length];
    if (series !== undefined) return others[series % others.length];
    if (sign !== undefined) return sign > 0 ? positive : negative;
  }

  function coloured(trace, palette) {
    const { scale, fill, mark } = trace.meta ?? {};
    const { paper, ink } = palette;
    const painted = { ...trace };
    if (trace.z?.step) painted.z = matrix(trace.z);
    if (scale) painted.colorscale = palette.scales[scale];
    if (mark && trace.mode === "lines") {
      const isPaper = trace.line.color === window.palettes.light.paper;
      painted.line = { ...trace.line, color: isPaper ? paper : ink };
    } else if (mark) {
      painted.marker = {
        ...trace.marker,
        color: paper,
        line: { ...trace.marker.line, color: ink },
      };
    }
    const color = colourOf(trace.meta ?? {}, palette);
    if (!color) return painted;
    painted.marker = { ...trace.marker, color };
    // An outline, since what is filled by half stands out too little from the paper.
    if (fill === "hollow" || fill === "half") {
      painted.marker.line = { ...trace.marker.line, color };
      painted.marker.color = fill === "half" ? `${color}73` : paper;
    }
    if (/^(scatter|box)$/.test(trace.type ?? "scatter")) painted.line = { ...trace.line, color };
    return painted;
  }

  // Letters that stand on a map have paper behind them.
  const noted = (note, { paper, ink }) =>
    note.bgcolor ? { ...note, bgcolor: paper, font: { ...note.font, color: ink } } : note;

  // Panels that stand side by side are stacked where there is no room for them, as in the still.
  const narrow = matchMedia("(max-width: 40em)");
  function stacked(layout) {
    const panels = layout.meta?.panels ?? 1;
    if (panels === 1 || !narrow.matches) return layout;
    const gap = 0.17;
    const height = (1 - gap * (panels - 1)) / panels;
    const tall = { ...layout };
    for (let panel = 0; panel < panels; panel++) {
      const name = panel ? panel + 1 : "";
      const bottom = (panels - 1 - panel) * (height + gap);
      tall[`xaxis${name}`] = { ...layout[`xaxis${name}`], domain: [0, 1] };
      tall[`yaxis${name}`] = { ...layout[`yaxis${name}`], domain: [bottom, bottom + height] };
    }
    return tall;
  }

  const config = {
    responsive: true,
    displayModeBar: false,
    displaylogo: false,
    showSendToCloud: false,
    plotlyServerURL: "",
    scrollZoom: false,
  };

  async function drawPlot(box, stage) {
    const [figure] = await Promise.all([held(box.dataset.plotly), load("plotly-cartesian.min.js")]);
    const colours = palette();
    const { annotations = [], ...layout } = stacked(figure.layout);
    await window.Plotly.react(
      stage,
      figure.data.map((trace) => coloured(trace, colours)),
      {
        ...layout,
        annotations: annotations.map((note) => noted(note, colours)),
        height: box.clientHeight,
        autosize: true,
        template: template(colours),
      },
      config,
    );
    // What it measures letters with is no picture.
    document.getElementById("js-plotly-tester").ariaHidden = "true";
  }

  // circuitsvis finds the element it draws into by its id.
  let widgets = 0;
  async function drawWidget(box, stage) {
    const [choices] = await Promise.all([
      held(box.dataset.circuitsvis),
      load("circuitsvis.min.js"),
    ]);
    const { attention, tokens, heads } = choices[chosen(box)];
    const canvas = document.createElement("div");
    canvas.id = `widget-${++widgets}`;
    stage.replaceChildren(canvas);
    // What is on its canvases is said by the label of the whole.
    new MutationObserver(() => {
      for (const drawn of canvas.querySelectorAll("canvas")) drawn.ariaHidden = "true";
    }).observe(canvas, { childList: true, subtree: true });
    // Drawn on white, which the style sheet inverts on dark paper.
    const props = { attention, tokens, attentionHeadNames: heads };
    const positiveColor = window.palettes.light.negative;
    window.CircuitsVis.render(canvas.id, window.CircuitsVis.AttentionHeads, {
      positiveColor,
      ...props,
    });
  }

  const select = (box) => box.parentElement.querySelector(".choose select");
  const chosen = (box) => select(box)?.selectedIndex ?? 0;
  const stages = new Map();

  async function draw(box) {
    const stage = stages.get(box);
    box.ariaBusy = "true";
    try {
      await (box.dataset.plotly ? drawPlot : drawWidget)(box, stage);
      box.dataset.drawn = document.body.dataset.mdColorScheme === "slate" ? "dark" : "light";
    } catch (error) {
      leave(box);
      const said = document.createElement("p");
      said.className = "figure__failed";
      said.role = "status";
      said.textContent = `This figure stays a picture: ${error.message}.`;
      box.after(said);
      console.error(error);
    }
    box.ariaBusy = "false";
  }

  const buttons = new Map();

  function reach(box) {
    if (stages.has(box)) return;
    const stage = document.createElement("div");
    stage.className = box.dataset.plotly ? "plot" : "widget";
    box.append(stage);
    stages.set(box, stage);
    buttons.get(box).ariaPressed = "true";
    box.parentElement.querySelector(".figure__failed")?.remove();
    draw(box);
  }

  function leave(box) {
    stages.get(box)?.remove();
    stages.delete(box);
    delete box.dataset.drawn;
    buttons.get(box).ariaPressed = "false";
  }

  // A pointer that rests where a page is scrolled under it has not reached for anything.
  const moved = ({ pointerType, movementX, movementY }) =>
    pointerType === "mouse" && (movementX || movementY);

  const boxes = [...document.querySelectorAll(".drawing")];
  for (const box of boxes) {
    const isPlot = Boolean(box.dataset.plotly);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = isPlot ? "Interactive" : "In CircuitsVis";
    button.ariaPressed = "false";
    button.addEventListener("click", () => (stages.has(box) ? leave(box) : reach(box)));
    box.parentElement.querySelector(".figure__tools").append(button);
    buttons.set(box, button);
    if (isPlot) {
      box.addEventListener("pointermove", (event) => moved(event) && reach(box));
      box.addEventListener("click", () => reach(box));
    }
    select(box)?.addEventListener("change", () => {
      const stills = box.querySelectorAll(".still");
      stills.forEach((still, number) => {
        still.hidden = number !== chosen(box);
      });
      if (stages.has(box)) draw(box);
    });
  }

  const repaint = () => {
    for (const box of stages.keys()) if (box.dataset.drawn) draw(box);
  };
  new MutationObserver(repaint).observe(document.body, {
    attributeFilter: ["data-md-color-scheme"],
  });
  narrow.addEventListener("change", repaint);
})();

// Draws the figures when they come near the screen, and again when the paper changes colour.
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

  // Large figures lie in files beside the page; see `LARGE` in docs/render/notebooks.py.
  const isFile = (given) => given?.endsWith(".json");

  function held(given) {
    if (!isFile(given)) return given;
    loading[given] ??= fetch(given)
      .then((answer) => (answer.ok ? answer.text() : Promise.reject()))
      .catch(() => Promise.reject(new Error(`${given} did not load`)));
    return loading[given];
  }

  // A printer waits for scripts, not for what they wait for.
  function holdNow(given) {
    const asked = new XMLHttpRequest();
    asked.open("GET", given, false);
    try {
      asked.send();
    } catch {
      return;
    }
    if (asked.status === 200) loading[given] = Promise.resolve(asked.responseText);
  }

  const scheme = () =>
    document.body.dataset.mdColorScheme === "slate" && !matchMedia("print").matches
      ? "dark"
      : "light";

  const typeface = () => getComputedStyle(document.body).getPropertyValue("--label").trim();

  function axis(palette) {
    return {
      gridcolor: palette.grid,
      linecolor: palette.quiet,
      zerolinecolor: palette.quiet,
      tickcolor: palette.quiet,
      tickfont: { color: palette.quiet, size: 12 },
      title: { font: { color: palette.ink, size: 13 }, standoff: 10 },
      automargin: true,
      showline: false,
      zerolinewidth: 1,
      ticks: "outside",
      ticklen: 3,
    };
  }

  function template(palette) {
    const colorbar = {
      outlinewidth: 0,
      thickness: 10,
      tickfont: { color: palette.quiet, size: 12 },
      title: { font: { color: palette.quiet, size: 12 }, side: "right" },
    };
    const mapped = { colorbar };
    return {
      data: { heatmap: [mapped], contour: [mapped], histogram2d: [mapped] },
      layout: {
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: typeface(), color: palette.ink, size: 13 },
        colorway: palette.series,
        xaxis: axis(palette),
        yaxis: axis(palette),
        coloraxis: { colorbar },
        annotationdefaults: { font: { color: palette.ink, size: 12 }, arrowcolor: palette.quiet },
        shapedefaults: { line: { color: palette.accent, width: 1.5 } },
        legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, xanchor: "left" },
        margin: { l: 56, r: 12, t: 28, b: 48 },
        hoverlabel: {
          bgcolor: palette.paper,
          bordercolor: palette.quiet,
          font: { family: typeface(), color: palette.ink },
        },
        dragmode: false,
        title: { font: { size: 15 } },
      },
    };
  }

  // Matrices travel as 16-bit multiples of a step; see `_slim` in docs/render/notebooks.py.
  function matrix({ bdata, shape, step }) {
    const bytes = Uint8Array.from(atob(bdata), (character) => character.charCodeAt(0));
    const entries = bytes.length / 2;
    const steps = Int16Array.from({ length: entries }, (_, n) => bytes[n] | (bytes[n + entries] << 8));
    const [rows, columns] = shape.split(",").map(Number);
    return Array.from({ length: rows }, (_, row) =>
      Float32Array.from(steps.subarray(row * columns, (row + 1) * columns), (n) => n * step),
    );
  }

  // A trace says what it is: which of the palette's scales, heads, series or signs, and how a bar
  // is filled; see `analyses/palette.py`.
  function colourOf({ head, series, sign }, palette) {
    if (head !== undefined) return palette.heads[head % palette.heads.length];
    if (series !== undefined) return palette.series[series % palette.series.length];
    if (sign !== undefined) return sign > 0 ? palette.positive : palette.negative;
  }

  function coloured(trace, palette) {
    const { scale, fill } = trace.meta ?? {};
    const painted = { ...trace };
    if (trace.z?.step) painted.z = matrix(trace.z);
    if (scale) {
      if (/heatmap|contour|histogram2d/.test(trace.type)) painted.colorscale = palette.scales[scale];
      else painted.marker = { ...trace.marker, colorscale: palette.scales[scale] };
    }
    const color = colourOf(trace.meta ?? {}, palette);
    if (color) {
      painted.marker = { ...trace.marker, color };
      // An outline, since what is filled by half stands out too little from the paper.
      if (fill === "hollow" || fill === "half") {
        painted.marker.line = { ...trace.marker.line, color };
        painted.marker.color = fill === "half" ? `${color}73` : palette.paper;
      }
      if (/^(scatter|scattergl|violin|box)$/.test(trace.type ?? "scatter"))
        painted.line = { ...trace.line, color };
    }
    return painted;
  }

  // Panels that stand side by side are stacked where there is no room for them.
  const narrow = matchMedia("(max-width: 40em)");
  function stacked(layout) {
    const panels = layout.meta?.panels ?? 1;
    if (panels === 1 || !narrow.matches) return layout;
    const gap = 0.17;
    const height = (1 - gap * (panels - 1)) / panels;
    const tall = { ...layout, height: layout.height * panels * 0.9 };
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

  async function drawPlot(box) {
    const [text] = await Promise.all([held(box.dataset.plotly), load("plotly-cartesian.min.js")]);
    const palette = window.palettes[scheme()];
    const figure = JSON.parse(text);
    const layout = stacked(figure.layout);
    box.style.height = `${layout.height}px`;
    await window.Plotly.react(
      box,
      figure.data.map((trace) => coloured(trace, palette)),
      { ...layout, autosize: true, template: template(palette) },
      config,
    );
    box.dataset.drawn = scheme();
  }

  // circuitsvis finds the element it draws into by its id.
  let widgets = 0;
  async function drawWidget(box) {
    await load("circuitsvis.min.js");
    const choices = JSON.parse(box.dataset.circuitsvis);
    const select = box.parentElement.querySelector("select");
    const show = () => {
      const { attention, tokens, heads } = choices[select?.selectedIndex ?? 0];
      // Drawn on white, which the style sheet inverts on dark paper.
      const positiveColor = window.palettes.light.negative;
      const props = { attention, tokens, attentionHeadNames: heads, positiveColor };
      const stage = document.createElement("div");
      stage.id = `widget-${++widgets}`;
      box.replaceChildren(stage);
      window.CircuitsVis.render(stage.id, window.CircuitsVis.AttentionHeads, props);
    };
    if (!box.dataset.drawn) {
      select?.addEventListener("change", show);
      // What is on its canvases is said by the label of the whole.
      new MutationObserver(() => {
        for (const canvas of box.querySelectorAll("canvas")) canvas.ariaHidden = "true";
      }).observe(box, { childList: true, subtree: true });
    }
    show();
    box.dataset.drawn = scheme();
  }

  const draw = (box) =>
    (box.dataset.plotly ? drawPlot(box) : drawWidget(box)).catch((error) => {
      box.textContent = `This figure could not be drawn: ${error.message}.`;
      console.error(error);
    });

  const boxes = [...document.querySelectorAll("[data-plotly], [data-circuitsvis]")];
  const seen = new Set();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        seen.add(target);
        draw(target);
      }
    },
    { rootMargin: "600px" },
  );
  for (const box of boxes) watcher.observe(box);

  const repaint = () => {
    for (const box of seen) {
      if (box.dataset.plotly) draw(box);
      else box.dataset.drawn &&= scheme();
    }
  };
  new MutationObserver(repaint).observe(document.body, {
    attributeFilter: ["data-md-color-scheme"],
  });

  // Printed before it was scrolled through, a page has figures that were never drawn.
  addEventListener("beforeprint", () => {
    for (const box of boxes) {
      const given = box.dataset.plotly;
      if (isFile(given) && !box.dataset.drawn && window.Plotly) holdNow(given);
      seen.add(box);
      draw(box);
    }
  });
  addEventListener("afterprint", repaint);
  narrow.addEventListener("change", repaint);
})();

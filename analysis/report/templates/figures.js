// The figures, by Plotly.js: hover values, and the trials behind a point.

const charts = JSON.parse(document.getElementById("figures-data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const coarse = matchMedia("(pointer: coarse)");

/** A text for Plotly.js, which would read tags and links in it. */
function plain(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function inks(isDark) {
  return isDark
    ? { ink: "#e6e8ea", grid: "#3a4149", paper: "#16191d" }
    : { ink: "#1b1f23", grid: "#d9dde1", paper: "#ffffff" };
}

// Dark colours of series, and what is seen of them on a dark page.
const LIGHTER = {
  "#000000": "#ffffff", "#555555": "#a0a8b0", "#0072B2": "#3a9ad9", "#1f6fb2": "#4a9fe0", "#c0392b": "#ef6a5a",
};

function visible(colour, isDark) {
  return isDark ? (LIGHTER[colour] ?? colour) : colour;
}

function errors(points, value, range, colour) {
  const up = points.map((point) => point[range][1] - point[value]);
  const down = points.map((point) => point[value] - point[range][0]);
  const any = [...up, ...down].some((length) => length > 0);
  const look = { color: colour, thickness: 1, width: 0 };
  return { type: "data", symmetric: false, array: up, arrayminus: down, visible: any, ...look };
}

function words(points) {
  return points.map((point) => point.words.map(plain).join("<br>"));
}

function pointTrace(series, chart, isDark) {
  const colour = visible(series.colour, isDark);
  const points = series.points;
  return {
    type: "scatter", x: points.map((p) => p.x), y: points.map((p) => p.y),
    name: plain(series.name), showlegend: Boolean(series.name),
    mode: series.step ? "lines" : series.line ? "lines+markers" : "markers",
    marker: { color: colour, size: 9, symbol: points.map((p) => (p.doubts ? `${series.symbol}-open` : series.symbol)) },
    cliponaxis: false, line: { color: colour, dash: series.dash, width: 1.6, shape: series.step || "linear" },
    error_x: errors(points, "x", "xs", colour), error_y: errors(points, "y", "ys", colour),
    hovertext: words(points), hoverinfo: series.step ? "skip" : "text",
  };
}

function repeatTrace(series, isDark) {
  const pairs = series.points.flatMap((point) => point.repeats);
  return {
    type: "scatter", mode: "markers", x: pairs.map(([x]) => x), y: pairs.map(([, y]) => y), showlegend: false,
    hoverinfo: "skip", marker: { color: visible(series.colour, isDark), size: 4, opacity: 0.45 },
  };
}

function barTrace(chart, isDark) {
  const points = chart.series.map((series) => series.points[0]);
  const colour = visible(chart.series[0].colour, isDark);
  return {
    type: "bar", orientation: "h", x: points.map((p) => p.y), y: points.map((_, n) => n), showlegend: false,
    marker: { color: colour, opacity: 0.75 }, hovertext: words(points), hoverinfo: "text",
    error_x: errors(points, "y", "ys", inks(isDark).ink),
  };
}

/** The traces of a chart; those with points first, in the order of its series. */
function traces(chart, isDark) {
  if (chart.bars) return [barTrace(chart, isDark)];
  const main = chart.series.map((series) => pointTrace(series, chart, isDark));
  const repeated = chart.series.filter((series) => series.points.some((point) => point.repeats.length));
  return [...main, ...repeated.map((series) => repeatTrace(series, isDark))];
}

function shapes(chart, ink) {
  const bands = (chart.bands ?? []).map(([low, high]) => ({
    type: "rect", xref: "paper", x0: 0, x1: 1, y0: low, y1: high, line: { width: 0 }, layer: "below",
    fillcolor: "#c0392b", opacity: 0.14,
  }));
  const marks = (chart.marks ?? []).map(([x]) => ({
    type: "line", yref: "paper", y0: 0, y1: 1, x0: x, x1: x, line: { color: ink, width: 1, dash: "dash" },
  }));
  return [...bands, ...marks];
}

function notes(chart, ink) {
  const font = { color: ink, size: 11 };
  const bands = (chart.bands ?? []).map(([, high, name]) => ({
    xref: "paper", x: 1, y: high, xanchor: "right", yanchor: "bottom", text: plain(name), showarrow: false, font,
  }));
  const marks = (chart.marks ?? []).map(([x, name]) => ({
    yref: "paper", y: 1, x: chart.log ? Math.log10(x) : x, xanchor: "left", yanchor: "top", text: plain(name),
    showarrow: false, font,
  }));
  return [...bands, ...marks];
}

function shortened(name) {
  return name.length > 28 ? `${name.slice(0, 27)}…` : name;
}

function layout(chart, isDark) {
  const { ink, grid, paper } = inks(isDark);
  const axis = {
    gridcolor: grid, linecolor: ink, zeroline: false, exponentformat: "SI", automargin: true,
    fixedrange: coarse.matches,
  };
  const range = { type: chart.log ? "log" : "linear", rangemode: chart.log ? "normal" : "tozero" };
  const y = { ...axis, title: { text: plain(chart.y), standoff: 8 }, rangemode: "tozero" };
  if (chart.bars) {
    const names = chart.series.map((series) => plain(shortened(series.name || "all")));
    Object.assign(y, { tickvals: names.map((_, n) => n), ticktext: names, autorange: "reversed", showgrid: false });
  }
  const rows = Math.ceil(chart.series.filter((series) => series.name).length / 2);
  return {
    paper_bgcolor: paper, plot_bgcolor: paper, font: { color: ink, size: 13, family: "system-ui, sans-serif" },
    margin: { l: 56, r: 16, t: 24, b: 52 }, dragmode: coarse.matches ? false : "zoom", hovermode: "closest",
    height: chart.bars ? Math.max(220, 110 + 34 * chart.series.length) : 400 + 14 * rows,
    xaxis: { ...axis, ...range, title: { text: plain(chart.x), standoff: 8 } },
    yaxis: y, shapes: shapes(chart, ink), annotations: notes(chart, ink),
    legend: {
      orientation: "h", y: 1.02, yanchor: "bottom", x: 0, title: { text: plain(chart.legend), font: { size: 12 } },
    },
    hoverlabel: { bgcolor: paper, bordercolor: ink, font: { color: ink, size: 13 }, align: "left" },
  };
}

async function drawFigures(isDark = dark.matches) {
  for (const [number, chart] of charts.entries()) {
    const element = document.getElementById(`figure-${number}`);
    if (element) {
      element.querySelector(".waiting")?.remove();
      const settings = {
        displaylogo: false, responsive: true, displayModeBar: coarse.matches || innerWidth < 700 ? false : "hover",
        modeBarButtons: [["zoom2d", "pan2d", "resetScale2d"]], // no other: some lead to a network
      };
      await window.Plotly.react(element, traces(chart, isDark), layout(chart, isDark), settings);
    }
  }
}

/** The points that arrow keys visit: (trace, point) pairs in the order of the series. */
function stops(chart) {
  if (chart.bars) return chart.series.map((series, n) => [0, n, series.points[0]]);
  const ofSeries = (series, trace) => (series.step ? [] : series.points.map((point, n) => [trace, n, point]));
  return chart.series.flatMap(ofSeries);
}

function showBehind(element, point) {
  const links = point.trials.filter((place) => place >= 0).map((place) => {
    const row = document.getElementById(`trial-${place}`);
    return make("a", { href: `#trial-${place}` }, row ? row.cells[0].textContent : `${place}`);
  });
  const lines = point.words.map((line) => make("span", {}, line));
  element.closest("figure").querySelector(".behind").replaceChildren(...lines, ...links);
}

function addKeys(element, chart) {
  const points = stops(chart);
  let at = -1;
  element.on("plotly_click", (event) => {
    const { curveNumber, pointNumber } = event.points[0];
    const stop = points.find(([trace, number]) => trace === curveNumber && number === pointNumber);
    if (stop) showBehind(element, stop[2]);
  });
  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.target !== element || !points.length || (!step && event.key !== "Enter")) return;
    event.preventDefault();
    if (step) at = (at + step + points.length) % points.length;
    const [trace, number, point] = points[Math.max(at, 0)];
    window.Plotly.Fx.hover(element, [{ curveNumber: trace, pointNumber: number }]);
    showBehind(element, point);
  });
  element.addEventListener("blur", () => window.Plotly.Fx.unhover(element));
}

async function startFigures() {
  if (!window.Plotly) return;
  await drawFigures();
  charts.forEach((chart, number) => {
    const element = document.getElementById(`figure-${number}`);
    if (element) addKeys(element, chart);
  });
  dark.addEventListener("change", () => drawFigures());
  addEventListener("beforeprint", () => drawFigures(false));
  addEventListener("afterprint", () => drawFigures());
}

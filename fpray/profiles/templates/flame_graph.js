// Draws the flame graph: only the bars that are wide enough to see, again after each zoom.
"use strict";
(() => {
  const graph = document.getElementById("graph");
  if (!graph) return;
  const { names, nodes } = JSON.parse(document.getElementById("data").textContent);
  const ROW = 22, NARROWEST = 1.5, TEXT = 24, LETTER = 7.3;  // in CSS pixels
  const count = nodes.length / 3;
  const depth = new Int32Array(count), name = new Int32Array(count), total = new Float64Array(count);
  const begin = new Float64Array(count), parent = new Int32Array(count).fill(-1), end = new Int32Array(count);
  const open = [], filled = [];  // the nodes above the next one, and how much of each is taken by children
  for (let i = 0; i < count; i++) {
    [depth[i], name[i], total[i]] = [nodes[3 * i], nodes[3 * i + 1], nodes[3 * i + 2]];
    while (open.length > depth[i]) { end[open.pop()] = i; filled.pop(); }
    if (open.length) {
      const above = open.length - 1;
      parent[i] = open[above];
      begin[i] = begin[parent[i]] + filled[above];
      filled[above] += total[i];
    }
    open.push(i);
    filled.push(0);
  }
  for (const i of open) end[i] = count;

  const search = document.getElementById("search"), matches = document.getElementById("matches");
  const detail = document.getElementById("detail");
  let zoom = 0, current = 0, wanted = "", bars = new Map();

  const percent = (part, whole) => `${(100 * part / whole).toFixed(1)} %`;
  const words = (i) => `${names[name[i]]}: ${percent(total[i], total[0])}`
    + (zoom ? ` (${percent(total[i], total[zoom])} of what is shown)` : "")
    + `, ${total[i]} ${total[i] === 1 ? "sample" : "samples"}`;
  const isMatch = (i) => wanted !== "" && names[name[i]].toLowerCase().includes(wanted);
  const isAbove = (i) => i < zoom && end[i] > zoom;

  function hue(i) {  // one for each package, the same on every page
    const parts = names[name[i]].split("."), from = parts.slice(0, Math.max(1, Math.min(3, parts.length - 2))).join(".");
    let sum = 0;
    for (let k = 0; k < from.length; k++) sum = (sum * 31 + from.charCodeAt(k)) % 360;
    return sum;
  }

  const short = (text, wide) =>  // the class and the function, where the package has no room
    text.length * LETTER <= wide ? text : text.split(".").slice(-2).join(".");

  function draw() {
    const width = graph.clientWidth || 1, scale = width / total[zoom];
    graph.replaceChildren();
    bars = new Map();
    let deepest = 0;
    for (let i = 0; i < count;) {
      const above = isAbove(i), inside = i >= zoom && i < end[zoom];
      if (!above && !inside) { i = end[i]; continue; }
      const wide = above ? width : total[i] * scale;
      if (wide < NARROWEST) { i = end[i]; continue; }
      const bar = document.createElement("div");
      bar.className = "bar" + (above ? " above" : "") + (isMatch(i) ? " match" : "") + (wide < TEXT ? " narrow" : "");
      bar.style.setProperty("--hue", hue(i));
      bar.style.left = above ? "0" : `${100 * (begin[i] - begin[zoom]) / total[zoom]}%`;
      bar.style.width = above ? "100%" : `${100 * total[i] / total[zoom]}%`;
      bar.style.top = `${depth[i] * ROW}px`;
      if (wide >= TEXT) bar.textContent = short(names[name[i]], wide);
      bar.title = words(i);
      bar.dataset.node = i;
      bar.setAttribute("role", "treeitem");
      bar.setAttribute("aria-level", depth[i] + 1);
      bar.setAttribute("aria-label", words(i));
      bar.tabIndex = -1;
      graph.append(bar);
      bars.set(i, bar);
      deepest = Math.max(deepest, depth[i]);
      i++;
    }
    graph.style.height = `${(deepest + 1) * ROW}px`;
    if (!bars.has(current)) current = zoom;
    bars.get(current).tabIndex = 0;
  }

  function say() {
    if (wanted === "") { matches.textContent = ""; return; }
    let sum = 0, number = 0;
    for (let i = zoom; i < end[zoom];) {
      if (isMatch(i)) { sum += total[i]; number++; i = end[i]; } else i++;
    }
    matches.textContent = number ? `${percent(sum, total[zoom])} of the samples` : "no function has this in its name";
  }

  function look(i, focus) {
    if (!bars.has(i)) return;
    if (bars.has(current)) bars.get(current).tabIndex = -1;
    current = i;
    bars.get(i).tabIndex = 0;
    detail.textContent = words(i);
    if (focus) { bars.get(i).focus({ preventScroll: true }); bars.get(i).scrollIntoView({ block: "nearest" }); }
  }

  function zoomTo(i, focus) {
    zoom = i;
    current = i;
    draw();
    say();
    look(i, focus);
  }

  function beside(i, step) {  // the bar to the right or to the left in the same row
    const row = [...bars.keys()].filter((k) => depth[k] === depth[i]).sort((a, b) => begin[a] - begin[b]);
    return row[row.indexOf(i) + step];
  }

  function below(i) {
    for (let k = i + 1; k < end[i]; k++) if (bars.has(k) && parent[k] === i) return k;
    return undefined;
  }

  graph.addEventListener("click", (event) => {
    const bar = event.target.closest(".bar");
    if (bar) zoomTo(Number(bar.dataset.node), true);
  });
  graph.addEventListener("mouseover", (event) => {
    const bar = event.target.closest(".bar");
    if (bar) detail.textContent = words(Number(bar.dataset.node));
  });
  graph.addEventListener("focusin", (event) => look(Number(event.target.dataset.node), false));
  graph.addEventListener("keydown", (event) => {
    const moves = {
      ArrowDown: () => below(current), ArrowUp: () => parent[current],
      ArrowRight: () => beside(current, 1), ArrowLeft: () => beside(current, -1),
    };
    if (event.key in moves) {
      const next = moves[event.key]();
      if (next !== undefined && next >= 0) look(next, true);
    } else if (event.key === "Enter" || event.key === " ") zoomTo(current, true);
    else if (event.key === "Home") look(zoom, true);
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      search.value = wanted = "";
      zoomTo(0, event.target !== search);
    } else if (event.key === "/" && event.target !== search) {
      search.focus();
      event.preventDefault();
    }
  });
  search.addEventListener("input", () => { wanted = search.value.trim().toLowerCase(); draw(); say(); });
  document.getElementById("reset").addEventListener("click", () => {
    search.value = wanted = "";
    zoomTo(0, false);
  });
  let drawn = 0;
  new ResizeObserver(() => { if (graph.clientWidth !== drawn) { drawn = graph.clientWidth; draw(); } }).observe(graph);
  drawn = graph.clientWidth;
  draw();
  detail.textContent = words(0);
  document.documentElement.dataset.graph = "ready";
})();

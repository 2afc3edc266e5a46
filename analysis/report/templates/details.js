// The details of a trial, which are unpacked when its row is opened.

const PARTS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"];
const chunks = new Map();

/** The blocks of a trial, by its place in the report. */
async function blocksOf(place) {
  const packs = document.querySelectorAll("script.details-data");
  const size = Number(packs[0].dataset.size);
  const number = Math.floor(place / size);
  if (!chunks.has(number)) {
    chunks.set(number, unpacked(packs[number]).then(JSON.parse));
  }
  return (await chunks.get(number))[place % size];
}

/** An element with the details of a trial. */
async function detailsOf(place) {
  const box = make("div", { class: "details" });
  try {
    for (const block of await blocksOf(place)) {
      box.append(blockElement(block));
    }
  } catch (error) {
    box.append(make("p", {}, `This browser cannot unpack the details: ${error.message}`));
  }
  return box;
}

function blockElement(block) {
  const section = make("section", { class: block.rows ? "block wide" : "block" });
  if (block.title) section.append(make("h4", {}, block.title));
  if (block.bar) section.append(barElement(block.bar), barWords(block.bar));
  if (block.lines) section.append(make("pre", { tabindex: "0" }, block.lines.join("\n")));
  if (block.rows) section.append(tableElement(block));
  if (block.text) section.append(make("p", {}, block.text));
  return section;
}

function tableElement(block) {
  const place = (number) => (block.numbers.includes(number) ? { class: "number" } : {});
  const heads = block.headings.map((name, number) => make("th", { scope: "col", ...place(number) }, name));
  const lines = block.rows.map((row) => make("tr", {}, ...row.map((cell, n) => make("td", place(n), cell))));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...lines));
  return make("div", { class: "box", tabindex: "0", role: "region", "aria-label": block.title }, table);
}

/** Phases side by side, each as wide as it was long. */
function barElement(parts) {
  const bar = make("div", { class: "bar", "aria-hidden": "true" });
  parts.forEach(([name, seconds, words], number) => {
    const piece = make("span", { title: `${name}: ${words}` });
    piece.style.flexGrow = String(seconds);
    piece.style.background = PARTS[number % PARTS.length];
    bar.append(piece);
  });
  return bar;
}

function barWords(parts) {
  const items = parts.map(([name, , words], number) => {
    const mark = make("span", { class: "mark", "aria-hidden": "true" });
    mark.style.background = PARTS[number % PARTS.length];
    return make("li", {}, mark, `${name} ${words}`);
  });
  return make("ol", { class: "phases" }, ...items);
}

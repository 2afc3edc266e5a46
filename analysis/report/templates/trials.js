// The table of trials: sorted and filtered by DataTables, and a row is opened by its button.

const FIXED = 3; // columns before those of parameters and numbers
let trials = null; // the table of DataTables; null where it could not be started

function startTable() {
  const element = document.getElementById("table");
  for (const row of element.tBodies[0].rows) addOpener(row);
  if (!window.jQuery?.fn?.dataTable) return;
  addSorters(element);
  const nothing = { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null };
  trials = new window.jQuery.fn.dataTable.Api(
    window.jQuery(element).dataTable({
      order: [], paging: false, autoWidth: false, info: false, layout: nothing,
      ordering: { indicators: false, handler: false }, language: { zeroRecords: "No trial fits these filters" },
    }),
  );
  trials.on("draw", countRows);
  startFilters();
}

function addOpener(row) {
  const cell = row.cells[0];
  const button = make("button", { type: "button", class: "open", "aria-expanded": "false" }, cell.textContent);
  button.addEventListener("click", () => toggle(row));
  cell.replaceChildren(button);
}

function addSorters(element) {
  [...element.tHead.rows[0].cells].forEach((cell, number) => {
    const button = make("button", { type: "button", class: "sort" }, cell.textContent);
    button.addEventListener("click", () => {
      const upwards = cell.getAttribute("aria-sort") === "ascending";
      trials.order([number, upwards ? "desc" : "asc"]).draw();
    });
    cell.replaceChildren(button);
  });
}

/** Show or hide the details of a trial below its row. */
async function toggle(row) {
  const button = row.querySelector("button.open");
  const opens = button.getAttribute("aria-expanded") === "false";
  button.setAttribute("aria-expanded", String(opens));
  if (!opens) return trials ? trials.row(row).child.hide() : row.nextElementSibling.remove();
  const box = await detailsOf(Number(row.id.split("-")[1]));
  if (button.getAttribute("aria-expanded") === "false") return undefined;
  if (trials) return trials.row(row).child(box, "child").show();
  const cell = make("td", { colspan: String(row.cells.length) }, box);
  return row.after(make("tr", { class: "child" }, cell));
}

function startFilters() {
  const form = document.querySelector("form.filters");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  const lists = [...form.querySelectorAll("select[data-name]")];
  const heads = [...document.querySelectorAll("#table thead th")].map((head) => head.textContent);
  lists.forEach((list) => (list.dataset.place = String(heads.indexOf(list.dataset.name, FIXED))));
  trials.search.fixed("ours", (_text, _cells, number) => fits(trials.row(number).node(), lists));
  countRows();
}

function filter() {
  trials.search(document.getElementById("filter-text").value).draw();
}

function fits(row, lists) {
  const status = document.getElementById("filter-status").value;
  if (status && row.cells[1].textContent !== status) return false;
  if (document.getElementById("filter-doubts").checked && row.cells[2].textContent === "-") return false;
  return lists.every((list) => !list.value || row.cells[Number(list.dataset.place)].textContent === list.value);
}

function countRows() {
  const { recordsDisplay, recordsTotal } = trials.page.info();
  const words = recordsDisplay === recordsTotal ? `${recordsTotal}` : `${recordsDisplay} of ${recordsTotal}`;
  document.getElementById("count").textContent = `${words} trials`;
}

/** Go to a trial that a link of the page names, and open it. */
function goToTrial() {
  if (!/^#trial-\d+$/.test(location.hash)) return;
  let row = document.getElementById(location.hash.slice(1));
  if (!row && trials) {
    document.querySelector("form.filters").reset();
    trials.search("").draw();
    row = document.getElementById(location.hash.slice(1));
  }
  const button = row?.querySelector("button.open");
  if (!button) return;
  if (button.getAttribute("aria-expanded") === "false") toggle(row);
  button.focus({ preventScroll: true });
  row.scrollIntoView({ block: "start" });
}

// What happens once the page is painted: the table first, then the figures.

async function start() {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  await runLibrary(0).catch(() => undefined); // the table stays readable without it
  startTable();
  goToTrial();
  addEventListener("hashchange", goToTrial);
  document.documentElement.dataset.table = "ready";
  await new Promise((done) => setTimeout(done));
  await runLibrary(0).catch(() => undefined); // the first one has gone from the page
  await startFigures();
  window.readyAfter = performance.now();
  document.documentElement.dataset.figures = "ready";
}

start();

/* Puts the page together. */

function isDark() {
  const said = document.documentElement.dataset.theme;
  return said ? said === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function setTheme(theme) {
  if (theme)
    document.documentElement.dataset.theme = theme;
  else
    delete document.documentElement.dataset.theme;
  byId("theme").textContent = isDark() ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", `Change to ${isDark() ? "light" : "dark"} colours`);
  repaint();
}

function listenToTheme() {
  let before;
  byId("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    setTheme(document.documentElement.dataset.theme));
  addEventListener("beforeprint", () => { /* paper is white */
    before = document.documentElement.dataset.theme;
    setTheme("light");
  });
  addEventListener("afterprint", () => setTheme(before));
}

makeHead();
makeChips();
makeTiles();
makeFlow();
makeMap();
makeFunds();
makeCascade();
makeAdl();
makeCompare();
makeInputs();
listenToTheme();
setTheme();
document.documentElement.dataset.ready = "true";

// Runs before the first paint so that a chosen theme never flashes. Without a choice the page
// follows the system.
(() => {
  const root = document.documentElement;
  const kept = (() => {
    try {
      return localStorage.getItem("cellward-theme");
    } catch {
      return null; // Storage may be forbidden; the page works without it.
    }
  })();
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
})();

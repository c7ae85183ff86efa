// Wires the parts of the page together. Every part is drawn from one message; nothing is kept
// that could be shown after its time.

import { drawCells, drawHeats } from "/bars.js";
import { drawBelief, drawResistances } from "/belief.js";
import { learnAbsences } from "/format.js";
import { Lamp } from "/light.js";
import { ask, connect } from "/link.js";
import {
  addLine,
  drawAbout,
  drawCellFigures,
  drawControl,
  drawFaults,
  drawFigures,
  drawLog,
  drawSwitches,
  loseControl,
  setClockOffset,
} from "/panels.js";
import { forgetPast, readPast, recolour, setPlotOffset, startPlots } from "/plot.js";

const by = (id) => document.getElementById(id);
const green = new Lamp(by("lamp-green"), by("pattern-green"), "Running light");
const red = new Lamp(by("lamp-red"), by("pattern-red"), "Alarm light");

const SILENT_BOARD_MS = 3000;
let lastUptime = 0;

/** Draws a snapshot; without one, dashes everywhere with this reason. */
function draw(snapshot, reason) {
  drawFigures(snapshot, reason);
  drawBelief(snapshot, reason);
  drawCells(snapshot, reason);
  drawCellFigures(snapshot, reason);
  drawResistances(snapshot, reason);
  drawHeats(snapshot, reason);
  drawSwitches(snapshot, reason);
  drawFaults(snapshot);
  drawAbout(snapshot, reason);
  green.show(snapshot?.lights?.green ?? null);
  red.show(snapshot?.lights?.red ?? null);
}

function say(text) {
  const banner = by("banner");
  if (banner.textContent !== text) banner.textContent = text;
  banner.classList.toggle("shown", text !== "");
}

function live(message) {
  const { snapshot, control, quiet_ms: quiet } = message;
  const silent = quiet >= SILENT_BOARD_MS;
  document.body.dataset.link = silent ? "silent" : "live";
  say(silent ? `The board has been silent for ${Math.round(quiet / 1000)} s. Its last values no longer count.` : "");
  // A silent board keeps the shape of the page; its values are gone.
  draw(silent ? null : snapshot, "stale");
  drawControl(control, snapshot);
  const uptime = snapshot.uptime_s;
  if (uptime !== null) {
    if (uptime < lastUptime) {
      forgetPast();
      readPast();
    }
    lastUptime = uptime;
    const offset = control ? control.clock_s - uptime : 0;
    setClockOffset(offset);
    setPlotOffset(Math.round(offset));
  }
  document.title = snapshot.soc_percent === null ? "Cellward" : `${Math.round(snapshot.soc_percent)} % · Cellward`;
}

async function readLog() {
  try {
    drawLog((await ask("/api/events-log")).records);
  } catch {
    // The banner tells that the service is gone.
  }
}

connect({
  onLive: live,
  onRecord: addLine,
  onMissed: readLog,
  onFound: async () => {
    try {
      learnAbsences((await ask("/api/points")).absence);
    } catch {
      // The keys themselves are words enough.
    }
    await readLog();
    forgetPast();
    await readPast();
  },
  onLost: (since) => {
    document.body.dataset.link = "lost";
    say(`No connection for ${Math.round(since / 1000)} s. Nothing on this page is current; trying again.`);
    document.title = "No connection · Cellward";
    draw(null, "no connection");
    loseControl("no connection");
  },
});

startPlots();
setInterval(readPast, 2000);

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", recolour);
by("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  root.dataset.theme = isDark ? "light" : "dark";
  try {
    localStorage.setItem("cellward-theme", root.dataset.theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  recolour();
});

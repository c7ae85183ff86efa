// The last hours, as two plots that share their time: charge and current, cells and pack.

import { number, timeOfDay } from "/format.js";
import { ask } from "/link.js";

const COLUMNS = ["soc_percent", "soc_low_percent", "soc_high_percent", "current_ma", "highest_cell_voltage_mv", "lowest_cell_voltage_mv", "pack_voltage_mv"];
const HEIGHTS = [186, 186];
const MINUTES = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600];

let columns = empty();
let offset = 0;
let hours = 6;
let charts = [];
let reading = false;

function empty() {
  return { at_s: [], ...Object.fromEntries(COLUMNS.map((key) => [key, []])) };
}

/** Starts the plots: the buttons for how far back, and redrawing when the width changes. */
export function startPlots() {
  const spans = document.getElementById("spans");
  const choose = (button) => {
    hours = Number(button.dataset.hours);
    for (const other of spans.children) other.setAttribute("aria-pressed", String(other === button));
    draw();
  };
  spans.addEventListener("click", (event) => {
    if (event.target.dataset.hours) choose(event.target);
  });
  choose(spans.querySelector('[data-hours="6"]'));
  new ResizeObserver(() => {
    const width = plotWidth();
    charts.forEach((chart, index) => {
      if (chart.width !== width) chart.setSize({ width, height: HEIGHTS[index] });
    });
  }).observe(document.getElementById("plots"));
}

/** Sets how far the shown clock is ahead of the time since the board's start. */
export function setPlotOffset(seconds) {
  offset = seconds;
}

/** Forgets everything, because the board started anew or the page was away. */
export function forgetPast() {
  columns = empty();
}

/** Asks for what is new and draws it. */
export async function readPast() {
  if (reading || document.hidden) return;
  reading = true;
  try {
    const last = columns.at_s.at(-1);
    const fresh = await ask("/api/history" + (last === undefined ? "" : `?after_s=${last}`));
    if (fresh.at_s.length > 0) {
      for (const key of ["at_s", ...COLUMNS]) columns[key].push(...fresh[key]);
      const oldest = columns.at_s.at(-1) - 86400;
      const drop = columns.at_s.findIndex((at) => at >= oldest);
      if (drop > 0) for (const key of ["at_s", ...COLUMNS]) columns[key].splice(0, drop);
      draw();
    }
  } catch {
    // The banner tells that the service is gone; the plot stays as it is, with its own times.
  } finally {
    reading = false;
  }
}

/** Draws again with the colours of the theme in force. */
export function recolour() {
  for (const chart of charts) chart.destroy();
  charts = [];
  draw();
}

function plotWidth() {
  return Math.max(260, Math.floor(document.getElementById("plots").clientWidth));
}

function draw() {
  const times = columns.at_s;
  if (times.length < 2 || typeof uPlot === "undefined") return;
  const now = times.at(-1);
  const first = Math.max(times[0], now - hours * 3600);
  const start = Math.max(0, times.findIndex((at) => at >= first) - 1);
  const cut = (key, divisor) => columns[key].slice(start).map((raw) => (raw === null ? null : raw / divisor));
  const x = times.slice(start).map((at) => at + offset);
  const sets = [
    [x, cut("soc_high_percent", 1), cut("soc_low_percent", 1), cut("soc_percent", 1), cut("current_ma", 1000)],
    [x, cut("highest_cell_voltage_mv", 1), cut("lowest_cell_voltage_mv", 1), cut("pack_voltage_mv", 1000)],
  ];
  const range = { min: first + offset, max: Math.max(now, first + 600) + offset };
  if (charts.length === 0) charts = build(sets);
  // A board that tells no bounds gets no line for them in the legend either.
  document.getElementById("plots").classList.toggle("boundless", sets[0][1].every((percent) => percent === null));
  charts.forEach((chart, index) => {
    chart.batch(() => {
      chart.setData(sets[index], true);
      chart.setScale("x", range);
    });
  });
}

/** The colour that a custom property has now, as the canvas needs it. */
function colours() {
  const probe = document.createElement("i");
  document.body.append(probe);
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = Object.fromEntries(["ink", "soft", "line", "charge", "discharge", "bleed", "fade", "band"].map((name) => [name, read(name)]));
  probe.remove();
  return found;
}

function build(sets) {
  const box = document.getElementById("plots");
  box.replaceChildren();
  const paint = colours();
  const font = "11px " + getComputedStyle(document.body).fontFamily;
  const time = {
    stroke: paint.soft,
    font,
    grid: { stroke: paint.line, width: 1 },
    ticks: { show: false },
    incrs: MINUTES,
    space: 70,
    size: 26,
    values: (_, splits) => splits.map((at) => timeOfDay(at, false)),
  };
  const side = (scale, decimals, unit, right) => ({
    scale,
    side: right ? 1 : 3,
    stroke: paint.soft,
    font,
    size: 60,
    gap: 4,
    space: 34,
    grid: { show: !right, stroke: paint.line, width: 1 },
    ticks: { show: false },
    values: (_, splits) => splits.map((value, index) => number(value, decimals) + (index === splits.length - 1 ? " " + unit : "")),
  });
  const series = (label, scale, stroke, unit, decimals, more) => ({
    label,
    scale,
    stroke,
    width: 1.5,
    points: { show: false },
    // Without a pointer over the plot the legend shows the newest moment.
    value: (plot, value, index) => {
      const shown = plot.cursor.idx == null ? plot.data[index].at(-1) : value;
      return shown == null ? "—" : `${number(shown, decimals)} ${unit}`;
    },
    ...more,
  });
  const clock = {
    label: "At",
    value: (plot, at) => {
      const shown = at ?? plot.data[0].at(-1);
      return shown == null ? "—" : timeOfDay(shown, false);
    },
  };
  // Both ends in one line; the other end's own line is hidden.
  const bounds = (plot, _, index) => {
    const [low, high] = [2, 1].map((side) => (plot.cursor.idx == null ? plot.data[side].at(-1) : plot.data[side][index]));
    return low == null || high == null ? "—" : `${number(Math.floor(low))} to ${number(Math.ceil(high))} %`;
  };
  const padded = (least) => (_, low, high) => {
    const pad = Math.max((high - low) * 0.12, least);
    return [low - pad, high + pad];
  };
  const common = {
    width: plotWidth(),
    cursor: { sync: { key: "past" }, drag: { x: false, y: false }, points: { size: 5 } },
    padding: [10, 0, 0, 0],
    legend: {
      markers: { width: 2, dash: (plot, index) => ({ 4: "dashed", 1: "dotted" })[plot.series[index].dash?.[0]] ?? "solid" },
    },
  };
  const plans = [
    {
      ...common,
      height: HEIGHTS[0],
      scales: { x: { time: false }, soc: { range: [0, 100] }, amps: { range: padded(2) } },
      axes: [time, side("soc", 0, "%"), side("amps", 0, "A", true)],
      bands: [{ series: [1, 2], fill: paint.band }],
      series: [
        clock,
        series("95 % sure", "soc", paint.band, "%", 0, { width: 0, class: "band", value: bounds }),
        series("", "soc", paint.band, "%", 0, { width: 0, class: "quiet" }),
        series("State of charge", "soc", paint.charge, "%", 1, { width: 2, fill: paint.fade }),
        series("Current", "amps", paint.discharge, "A", 1),
      ],
    },
    {
      ...common,
      height: HEIGHTS[1],
      scales: { x: { time: false }, mv: { range: padded(5) }, volts: { range: padded(0.1) } },
      axes: [time, side("mv", 0, "mV"), side("volts", 1, "V", true)],
      bands: [{ series: [1, 2], fill: paint.fade }],
      series: [
        clock,
        series("Highest cell", "mv", paint.charge, "mV", 0),
        series("Lowest cell", "mv", paint.charge, "mV", 0, { dash: [4, 3] }),
        series("Pack", "volts", paint.bleed, "V", 2, { dash: [1, 3], width: 2 }),
      ],
    },
  ];
  return plans.map((plan, index) => new uPlot(plan, sets[index], box));
}

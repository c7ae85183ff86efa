// Every cell as a bar on a zoomed scale, and every temperature as a point on a line.

import { standsOut } from "/belief.js";
import { make, mark, number, quantity, show, why, write } from "/format.js";

const STEPS = [10, 20, 50, 100, 200, 500, 1000];

/** Keeps its ends until a cell leaves them or they are far too wide, so that bars do not dance. */
class Scale {
  low = 0;
  high = 0;

  fit(values) {
    const least = Math.min(...values);
    const most = Math.max(...values);
    const spread = Math.max(most - least, 12);
    const inside = least >= this.low && most <= this.high;
    if (inside && this.high - this.low <= spread * 6) return;
    const step = STEPS.find((s) => spread * 1.6 <= s * 4) ?? 1000;
    this.low = Math.floor((least - spread * 0.3) / step) * step;
    this.high = Math.ceil((most + spread * 0.3) / step) * step;
    this.step = step;
    // Never more than six lines.
    while ((this.high - this.low) / this.step > 6) this.step *= 2;
  }

  share(value) {
    return Math.min(1, Math.max(0, (value - this.low) / (this.high - this.low)));
  }
}

const scale = new Scale();
const bars = [];

/** Draws the cells of a snapshot, or dashes when there is none. */
export function drawCells(snapshot, reason) {
  const list = document.getElementById("bars");
  const volts = snapshot?.cell_voltage_mv ?? [];
  // Without word from the board the bars stay where they were, hatched: nothing jumps.
  const count = snapshot ? volts.length : bars.length;
  while (bars.length < count) bars.push(addBar(list, bars.length + 1));
  while (bars.length > count) bars.pop().item.remove();
  list.classList.toggle("dense", count > 18);
  list.style.setProperty("--count", Math.max(count, 1));
  const known = volts.filter((mv) => mv !== null);
  if (known.length > 0) {
    scale.fit(known);
    drawAxis();
  }
  write(
    document.getElementById("cells-scale"),
    known.length > 0 ? `scale ${number(scale.low)} to ${number(scale.high)} mV` : "no scale",
  );
  bars.forEach((bar, index) => {
    const mv = volts[index] ?? null;
    const absent = snapshot?.absent[`cell_voltage_mv[${index + 1}]`] ?? reason;
    drawBar(bar, index + 1, mv, absent, snapshot);
  });
}

function addBar(list, cell) {
  const item = make("li", "cell");
  const parts = { item, track: make("span", "track"), fill: make("span", "fill"), mv: make("span", "mv num"), ohm: make("span", "ohm num") };
  parts.sign = make("span", "sign");
  parts.track.append(parts.fill, parts.sign);
  parts.drop = make("span", "glyph drop");
  parts.track.append(parts.drop);
  item.append(make("span", "no num", String(cell)), parts.track, parts.mv, parts.ohm);
  list.append(item);
  return parts;
}

function drawBar(bar, cell, mv, reason, snapshot) {
  const absent = mv === null;
  const highest = !absent && snapshot.highest_cell_number === cell;
  const lowest = !absent && snapshot.lowest_cell_number === cell;
  const bleeding = snapshot?.cell_bleeding?.[cell - 1] === true;
  const classes = bar.item.classList;
  classes.toggle("absent", absent);
  classes.toggle("highest", highest);
  classes.toggle("lowest", lowest);
  classes.toggle("bleeding", bleeding);
  const loose = standsOut(snapshot) === cell;
  classes.toggle("loose", loose);
  bar.fill.style.setProperty("--level", absent ? 0 : scale.share(mv).toFixed(4));
  bar.sign.style.setProperty("--level", absent ? 0 : scale.share(mv).toFixed(4));
  show(bar.mv, absent ? null : number(mv), reason);
  const ohms = snapshot?.cell_resistance_uohm?.[cell - 1] ?? null;
  show(bar.ohm, ohms === null ? null : number(ohms / 1000, 2), snapshot?.absent[`cell_resistance_uohm[${cell}]`] ?? reason);
  const words = [absent ? `absent, ${why(reason)}` : quantity(mv, 0, "mV")];
  if (highest) words.push("highest");
  if (lowest) words.push("lowest");
  if (bleeding) words.push("bleeding");
  if (ohms !== null) words.push(`${quantity(ohms / 1000, 2, "mΩ")}${loose ? ", more than the others" : ""}`);
  mark(bar.item, "title", `Cell ${cell}: ${words.join(", ")}`);
  mark(bar.item, "aria-label", `Cell ${cell}: ${words.join(", ")}`);
}

let drawnAxis = "";

function drawAxis() {
  const key = `${scale.low} ${scale.high} ${scale.step}`;
  if (key === drawnAxis) return;
  drawnAxis = key;
  const axis = document.getElementById("cells-axis");
  const lines = [];
  for (let mv = scale.low; mv <= scale.high; mv += scale.step) {
    const line = make("span", "line num", number(mv));
    line.style.setProperty("--at", scale.share(mv).toFixed(4));
    lines.push(line);
  }
  axis.replaceChildren(...lines);
}

const COLDEST = -20;
const HOTTEST = 80;
const heats = new Map();

/** Draws every sensor of a snapshot. */
export function drawHeats(snapshot, reason) {
  const list = document.getElementById("heats");
  const rows = [];
  if (snapshot) {
    (snapshot.temperature_c ?? []).forEach((celsius, index) => {
      rows.push([`Sensor ${index + 1}`, celsius, snapshot.absent[`temperature_c[${index + 1}]`]]);
    });
    if (rows.length === 0) rows.push(["Sensors", null, snapshot.absent.temperature_c]);
    for (const [name, key] of [["Switches", "switch_temperature_c"], ["Board", "board_temperature_c"]]) {
      rows.push([name, snapshot[key], snapshot.absent[key]]);
    }
  } else {
    for (const name of heats.keys()) rows.push([name, null, reason]);
  }
  const wanted = new Set(rows.map((row) => row[0]));
  for (const [name, row] of heats) {
    if (!wanted.has(name)) {
      row.item.remove();
      heats.delete(name);
    }
  }
  for (const [name, celsius, absent] of rows) {
    let row = heats.get(name);
    if (!row) {
      row = { item: make("li"), line: make("span", "line"), dot: make("i"), value: make("span", "num") };
      row.line.append(row.dot);
      row.item.append(make("span", "name", name), row.line, row.value);
      heats.set(name, row);
    }
    // Appending in order also sorts; an element that is in place already does not move.
    if (list.children[rows.findIndex((r) => r[0] === name)] !== row.item) list.append(row.item);
    const known = celsius !== null && celsius !== undefined;
    row.item.classList.toggle("absent", !known);
    show(row.value, known ? quantity(celsius, 1, "°C") : null, absent);
    const share = known ? (celsius - COLDEST) / (HOTTEST - COLDEST) : 0;
    row.dot.style.setProperty("--at", Math.min(1, Math.max(0, share)).toFixed(4));
  }
}

// The figures, the switches with their reasons, the alarms, the buttons and the log.

import { dayOf, make, mark, number, quantity, show, span, timeOfDay, write } from "/format.js";
import { press } from "/link.js";

const by = (id) => document.getElementById(id);

/** A scaled number of a snapshot as text, or null. */
function scaled(snapshot, key, divisor, decimals) {
  const raw = snapshot?.[key];
  return raw === null || raw === undefined ? null : number(raw / divisor, decimals);
}

/** Charge, voltage, current, power. */
export function drawFigures(snapshot, reason) {
  const absent = (key) => snapshot?.absent[key] ?? reason;
  const figure = (id, key, divisor, decimals) =>
    show(by(id), scaled(snapshot, key, divisor, decimals), absent(key));
  const [whole, part] = (scaled(snapshot, "soc_percent", 1, 1) ?? "").split(".");
  show(by("soc"), whole || null, absent("soc_percent"));
  write(by("soc-part"), part === undefined ? "" : "." + part);
  figure("voltage", "pack_voltage_mv", 1000, 2);
  figure("current", "current_ma", 1000, 1);
  figure("power", "power_mw", 1000, 0);
  figure("remaining", "remaining_mah", 1000, 1);

  const soc = snapshot?.soc_percent ?? null;
  const gauge = by("gauge");
  gauge.style.setProperty("--level", soc === null ? 0 : Math.min(1, Math.max(0, soc / 100)).toFixed(4));
  gauge.classList.toggle("absent", soc === null);
  mark(gauge, "aria-valuenow", soc);

  const flow = snapshot?.flow ?? null;
  document.body.dataset.flow = flow ?? "unknown";
  show(by("flow"), flow, absent("flow"));
  const current = snapshot?.current_ma ?? null;
  write(by("current-word"), direction(current, "into the pack", "out of the pack"));
  write(by("power-word"), direction(current === null ? null : snapshot.power_mw, "in", "out"));
  const rated = scaled(snapshot, "rated_capacity_mah", 1000, 0);
  const calibrated = snapshot?.soc_calibrated === false ? ", not calibrated yet" : "";
  show(by("left"), rated === null ? null : `of ${rated}\u202fAh rated${calibrated}`, absent("rated_capacity_mah"));
}

function direction(value, positive, negative) {
  if (value === null || value === undefined || value === 0) return "";
  return value > 0 ? positive : negative;
}

/** The numbers below the bars. */
export function drawCellFigures(snapshot, reason) {
  const absent = (key) => snapshot?.absent[key] ?? reason;
  const end = (id, mv, cell) => {
    const text = snapshot && snapshot[mv] !== null ? `${quantity(snapshot[mv], 0, "mV")}, cell ${snapshot[cell] ?? "?"}` : null;
    show(by(id), text, absent(mv));
  };
  end("cell-high", "highest_cell_voltage_mv", "highest_cell_number");
  end("cell-low", "lowest_cell_voltage_mv", "lowest_cell_number");
  const difference = snapshot?.cell_voltage_difference_mv ?? null;
  show(by("cell-difference"), difference === null ? null : quantity(difference, 0, "mV"), absent("cell_voltage_difference_mv"));
  const bled = (snapshot?.cell_bleeding ?? []).map((on, index) => (on ? index + 1 : 0)).filter(Boolean);
  const known = snapshot?.cell_bleeding?.some((on) => on !== null) ?? false;
  const some = bled.length > 4 ? `${bled.length} cells` : bled.length > 0 ? "cell " + bled.join(", ") : "none";
  show(by("cell-bleeding"), known ? some : null, absent("cell_bleeding[1]"));
}

/** Both switches, drawn and in words, with every reason. */
export function drawSwitches(snapshot, reason) {
  const described = [];
  for (const name of ["charge", "discharge"]) {
    const closed = snapshot?.[`${name}_switch_closed`] ?? null;
    const state = closed === null ? "not known" : closed ? "closed" : "open";
    described.push(`${name} switch ${state}`);
    const drawn = by(`sw-${name}`);
    mark(drawn, "data-state", state);
    write(drawn.querySelector(".state"), state === "not known" ? "—" : state);
    const word = by(`word-${name}`);
    show(word, closed === null ? null : state, snapshot?.absent[`${name}_switch_closed`] ?? reason);
    mark(word, "data-state", state);
    drawReasons(by(`why-${name}`), snapshot?.[`${name}_switch_reasons`] ?? null, closed);
  }
  const port = !snapshot ? "—" : snapshot.charger_present ? "charger" : snapshot.load_present ? "load" : "port";
  write(by("port"), port);
  mark(by("circuit"), "aria-label", `Battery and port (${port}): ${described.join(", ")}`);
}

function drawReasons(list, reasons, closed) {
  const shown = reasons ?? [];
  fit(list, Math.max(shown.length, 1), () => {
    const item = make("li");
    item.append(make("span", "text"), make("span", "until"), make("span", "time num"));
    return item;
  });
  if (shown.length === 0) {
    const item = list.firstElementChild;
    item.className = "calm";
    const quiet = reasons === null ? "Reasons not known." : closed ? "Nothing holds it open." : "No reason given.";
    write(item.children[0], quiet);
    write(item.children[1], "");
    write(item.children[2], "");
    return;
  }
  shown.forEach((reason, index) => {
    const item = list.children[index];
    item.className = reason.level === "l1" ? "alarm" : "trip";
    write(item.children[0], sentence(reason.text));
    write(item.children[1], reason.until_text);
    const left = reason.left_ms;
    write(item.children[2], left === null ? "" : left < 60000 ? `${number(left / 1000, 1)}\u202fs left` : `${span(left / 1000)} left`);
  });
}

const LEVELS = { l1: "alarm", l2: "protection", l3: "hard protection" };

/** Every active alarm and protection. */
export function drawFaults(snapshot, reason) {
  const faults = snapshot?.faults ?? null;
  const list = by("faults");
  const shown = faults ?? [];
  write(by("alarm-count"), shown.length > 0 ? String(shown.length) : "");
  fit(list, Math.max(shown.length, 1), () => {
    const item = make("li");
    item.append(make("b", "tag"), make("span", "text"), make("span", "advice"));
    return item;
  });
  if (shown.length === 0) {
    const item = list.firstElementChild;
    item.className = "calm";
    write(item.children[0], "");
    write(item.children[1], faults === null ? "Not known." : "None active.");
    write(item.children[2], "");
  }
  shown.forEach((fault, index) => {
    const item = list.children[index];
    item.className = fault.level === "l1" ? "alarm" : "trip";
    write(item.children[0], LEVELS[fault.level] ?? fault.level);
    write(item.children[1], sentence(fault.text));
    write(item.children[2], fault.advice);
  });
  document.body.classList.toggle("tripped", shown.some((fault) => fault.level !== "l1"));
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Makes a list as long as needed. */
function fit(list, count, create) {
  while (list.children.length > count) list.lastElementChild.remove();
  while (list.children.length < count) list.append(create());
}

/** Story, speed, clock and buttons. */
export function drawControl(control, snapshot) {
  by("try").hidden = !control || control.buttons.length === 0;
  by("scale-box").hidden = !control;
  if (control) {
    write(by("clock-label"), `Day ${dayOf(control.clock_s)}`);
    show(by("clock"), timeOfDay(control.clock_s), null);
    show(by("scale"), control.skipping ? "skipping" : `×${number(control.time_scale, control.time_scale < 10 && control.time_scale % 1 ? 1 : 0)}`, null);
    write(by("story"), control.story);
    drawButtons(control.buttons);
  } else {
    write(by("clock-label"), "Up for");
    const up = snapshot?.uptime_s ?? null;
    show(by("clock"), up === null ? null : span(up), snapshot?.absent.uptime_s);
  }
}

/** Without a line to the service neither clock nor buttons mean anything. */
export function loseControl(reason) {
  show(by("clock"), null, reason);
  show(by("scale"), null, reason);
  for (const button of by("buttons").children) button.disabled = true;
}

function drawButtons(buttons) {
  const box = by("buttons");
  const keys = buttons.map((button) => button.key).join(" ");
  if (box.dataset.keys !== keys) {
    box.dataset.keys = keys;
    box.replaceChildren(...buttons.map(makeButton));
  }
  buttons.forEach((button, index) => {
    const element = box.children[index];
    write(element.firstElementChild, button.label);
    element.disabled = false;
    mark(element, "title", button.help);
    if (button.key !== "skip") mark(element, "aria-pressed", button.active);
    else element.classList.toggle("going", button.active);
  });
}

function makeButton(button) {
  const element = make("button", button.key === "skip" ? "skip" : "fault");
  element.type = "button";
  element.append(make("span", "", button.label));
  element.addEventListener("click", async () => {
    try {
      await press(button.key);
      write(by("said"), "");
    } catch (error) {
      write(by("said"), `${button.label}: ${error.message}.`);
    }
  });
  return element;
}

const KEPT_LINES = 200;
let clockOffset = 0;

/** Sets how far the clock of the story is ahead of the time since the board's start. */
export function setClockOffset(seconds) {
  if (Math.abs(seconds - clockOffset) < 1) return;
  clockOffset = seconds;
  for (const line of by("log").children) if (line.dataset.at) stamp(line);
}

/** Replaces the whole log; newest first. */
export function drawLog(records) {
  const lines = records.slice(0, KEPT_LINES).map(makeLine);
  by("log").replaceChildren(...(lines.length > 0 ? lines : [make("li", "hush", "Nothing has been recorded yet.")]));
}

/** Puts one record on top. */
export function addLine(record) {
  const log = by("log");
  log.querySelector(".hush")?.remove();
  log.prepend(makeLine(record));
  while (log.children.length > KEPT_LINES) log.lastElementChild.remove();
}

function makeLine(record) {
  const line = make("li", "kind-" + record.kind);
  line.dataset.at = String(record.at_ms / 1000);
  line.append(make("time", "num"), make("span", "text", sentence(record.text)));
  stamp(line);
  return line;
}

function stamp(line) {
  const seconds = Number(line.dataset.at) + clockOffset;
  write(line.firstElementChild, timeOfDay(seconds));
  mark(line.firstElementChild, "title", `day ${dayOf(seconds)}`);
}

/** The title block at the foot of the sheet. */
export function drawAbout(snapshot, reason) {
  const absent = (key) => snapshot?.absent[key] ?? reason;
  const text = (id, key, make) => {
    const value = snapshot?.[key] ?? null;
    show(by(id), value === null ? null : make(value), absent(key));
  };
  text("about-pack", "cell_count", (count) => `${count}S ${(snapshot.chemistry ?? "").toUpperCase()}`.trim());
  text("about-cycles", "cycles", (cycles) => number(cycles));
  text("about-uptime", "uptime_s", (seconds) => span(seconds));
  text("about-firmware", "firmware_version", (version) => version);
  text("about-mode", "mode", (mode) => mode.replaceAll("_", " "));
}

// What the estimator believes: how sure the charge is, what is left, health and power, and what it
// noticed. A board or dialect without such a value gets no place for it.

import { about, make, mark, number, show, write } from "/format.js";

const by = (id) => document.getElementById(id);
const THIN = "\u202f";
/** A pack that was full so few seconds ago is full. */
const FULL_NOW_S = 60;
const LACKING = new Set(["not_carried", "not_fitted"]);

/** Hides what the board never tells. Without word from the board everything keeps its place. */
function place(element, snapshot, ...keys) {
  if (snapshot) element.hidden = keys.every((key) => LACKING.has(snapshot.absent[key]));
}

/** Bounds, energy, times, health, power and what was noticed. */
export function drawBelief(snapshot, reason) {
  drawBounds(snapshot, reason);
  drawLeft(snapshot, reason);
  drawHealth(snapshot, reason);
  drawPower(snapshot, reason);
  drawHint(by("doubt"), snapshot, "soc_doubt");
  drawHint(by("joint"), snapshot, "resistance_hint");
}

function drawBounds(snapshot, reason) {
  const low = snapshot?.soc_low_percent ?? null;
  const high = snapshot?.soc_high_percent ?? null;
  const known = low !== null && high !== null;
  const share = (percent) => Math.min(1, Math.max(0, percent / 100)).toFixed(4);
  const gauge = by("gauge");
  gauge.classList.toggle("bounded", known);
  gauge.classList.toggle("doubted", (snapshot?.soc_doubt ?? "none") !== "none");
  gauge.style.setProperty("--low", known ? share(low) : 0);
  gauge.style.setProperty("--high", known ? share(high) : 0);
  // Outwards, so that what is written holds as often as it says.
  const words = known ? `${number(Math.floor(low))} to ${number(Math.ceil(high))}${THIN}%` : null;
  show(by("bounds"), words && `95${THIN}% sure: ${words}`, snapshot?.absent.soc_low_percent ?? reason);
  mark(gauge, "aria-valuetext", known && snapshot.soc_percent !== null ? `${snapshot.soc_percent} %, surely ${words}` : null);
  place(by("bounds"), snapshot, "soc_low_percent", "soc_high_percent");

  const since = snapshot?.since_full_s ?? null;
  const age = since === null ? null : since < FULL_NOW_S ? "full now" : `full ${about(since).join(THIN)} ago`;
  show(by("since-full"), age, snapshot?.absent.since_full_s ?? reason);
  if (age === null && snapshot) write(by("since-full"), "not seen full yet");
  place(by("since-full"), snapshot, "since_full_s");
  by("sureness").hidden = by("bounds").hidden && by("since-full").hidden;
}

function drawLeft(snapshot, reason) {
  const absent = (key) => snapshot?.absent[key] ?? reason;
  const energy = snapshot?.energy_left_mwh ?? null;
  show(by("energy"), energy === null ? null : number(energy / 1e6, 2), absent("energy_left_mwh"));
  write(by("energy-note"), energy === null ? "" : "taken out slowly");
  place(by("energy-box"), snapshot, "energy_left_mwh");

  // Times follow the current of the last minutes: what contradicts the one that flows is not shown.
  const flow = snapshot?.flow ?? null;
  const going = (key, way) => (flow === null || flow === way ? (snapshot?.[key] ?? null) : null);
  const toEmpty = going("time_to_empty_s", "discharging");
  const isFull = (snapshot?.since_full_s ?? Infinity) < FULL_NOW_S;
  const toFull = isFull ? null : going("time_to_full_s", "charging");
  const seconds = toEmpty ?? toFull;
  write(by("time-word"), toEmpty !== null ? "Empty in about" : toFull !== null ? "Full in about" : "Time left");
  const [value, unit] = seconds === null ? [null, ""] : about(seconds);
  show(by("time"), value, absent("time_to_empty_s"));
  write(by("time-unit"), unit);
  const ways = { standby: "nothing flows", charging: isFull ? "full" : "known in some minutes", discharging: "known in some minutes" };
  const believed = snapshot?.soc_doubt === "none";
  write(by("time-note"), seconds !== null ? "as in the last minutes" : ((believed && ways[flow]) || ""));
  place(by("time-box"), snapshot, "time_to_empty_s", "time_to_full_s");
}

function drawHealth(snapshot, reason) {
  const health = snapshot?.soh_percent ?? null;
  const learnt = snapshot?.learnt_capacity_mah ?? null;
  show(by("health"), health === null ? null : number(health), snapshot?.absent.soh_percent ?? reason);
  const unlearnt = snapshot?.absent.soh_percent === "unknown" ? "not learnt yet" : "";
  write(by("health-note"), learnt === null ? unlearnt : `holds ${number(learnt / 1000)}${THIN}Ah`);
  place(by("health-box"), snapshot, "soh_percent", "learnt_capacity_mah");
}

function drawPower(snapshot, reason) {
  const kilowatts = (key) => {
    const raw = snapshot?.[key] ?? null;
    return raw === null ? null : number(raw / 1e6, 1);
  };
  show(by("power-out"), kilowatts("discharge_power_10s_mw"), snapshot?.absent.discharge_power_10s_mw ?? reason);
  const into = kilowatts("charge_power_10s_mw");
  write(by("power-in"), into === null ? "" : `${into}${THIN}kW in`);
  place(by("power-box"), snapshot, "charge_power_10s_mw", "discharge_power_10s_mw");
}

/** What the host says about a point that a person should look at. */
function drawHint(note, snapshot, point) {
  const hint = snapshot?.hints?.find((one) => one.point === point) ?? null;
  note.hidden = hint === null;
  if (hint === null) return;
  if (note.children.length === 0) note.append(make("b"), make("span"));
  write(note.firstElementChild, hint.text.charAt(0).toUpperCase() + hint.text.slice(1) + ".");
  write(note.lastElementChild, hint.advice);
}

/** The number of the cell that stands out, or 0. */
export const standsOut = (snapshot) => snapshot?.resistance_hint ?? 0;

/** The line about all resistances below the bars. */
export function drawResistances(snapshot, reason) {
  const known = (snapshot?.cell_resistance_uohm ?? []).filter((microohms) => microohms !== null);
  const ends = [Math.min(...known), Math.max(...known)].map((microohms) => number(microohms / 1000, 2));
  const range = ends[0] === ends[1] ? ends[0] : ends.join(" to ");
  const absent = snapshot?.absent["cell_resistance_uohm[1]"] ?? reason;
  const figure = by("cell-resistance");
  show(figure, known.length === 0 ? null : `${range}${THIN}mΩ`, absent);
  if (known.length === 0 && snapshot && absent === "unknown") {
    write(figure, "not learnt yet");
    mark(figure, "title", "It shows in steps of the load by a tenth of 1C and more.");
  }
  if (snapshot) by("chart").classList.toggle("resists", known.length > 0);
  place(by("resistance-item"), snapshot, snapshot?.cell_resistance_uohm?.length > 0 ? "cell_resistance_uohm[1]" : "cell_resistance_uohm");
}

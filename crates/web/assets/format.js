// How numbers, times and absences are written. No state but the words for absence.

const DASH = "—";
const THIN = "\u202f"; // narrow, and never breaks a line

let absenceWords = {};

/** Sets the words for the keys of reasons for absence. */
export function learnAbsences(words) {
  absenceWords = words;
}

/** The words for a reason for absence. */
export function why(reason) {
  return absenceWords[reason] ?? (reason ?? "not known").replaceAll("_", " ");
}

/** A number with fixed decimals, thousands apart and a real minus sign. */
export function number(value, decimals = 0) {
  const text = Math.abs(value).toFixed(decimals);
  const [whole, rest] = text.split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  const sign = value < 0 && Number(text) !== 0 ? "−" : "";
  return sign + spaced + (rest ? "." + rest : "");
}

/** A number with its unit. */
export function quantity(value, decimals, unit) {
  return number(value, decimals) + THIN + unit;
}

/** Writes text only when it differs, so that nothing is laid out for nothing. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute only when it differs; null removes it. */
export function mark(element, name, value) {
  if (value === null) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}

/** Shows text, or a dash that says why there is none. */
export function show(element, text, reason) {
  const absent = text === null;
  write(element, absent ? DASH : text);
  element.classList.toggle("absent", absent);
  mark(element, "title", absent ? why(reason) : null);
  mark(element, "aria-label", absent ? "absent: " + why(reason) : null);
}

/** Seconds since the first midnight as a time of day. */
export function timeOfDay(seconds, withSeconds = true) {
  const day = ((Math.floor(seconds) % 86400) + 86400) % 86400;
  const two = (n) => String(n).padStart(2, "0");
  const clock = two(Math.floor(day / 3600)) + ":" + two(Math.floor(day / 60) % 60);
  return withSeconds ? clock + ":" + two(day % 60) : clock;
}

/** Which day, from 1. */
export function dayOf(seconds) {
  return Math.floor(seconds / 86400) + 1;
}

/** A span of time in the two largest units that say something. */
export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const d = Math.floor(s / 86400);
  const h = Math.floor(s / 3600) % 24;
  const m = Math.floor(s / 60) % 60;
  if (d > 0) return `${d}${THIN}d ${h}${THIN}h`;
  if (h > 0) return `${h}${THIN}h ${m}${THIN}min`;
  if (m > 0) return `${m}${THIN}min ${s % 60}${THIN}s`;
  return `${s}${THIN}s`;
}

/** A span of time as one rounded number and its unit, for what nobody knows to the minute. */
export function about(seconds) {
  const minutes = seconds / 60;
  if (minutes < 20) return [number(Math.max(1, Math.round(minutes))), "min"];
  if (minutes < 95) return [number(Math.round(minutes / 5) * 5), "min"];
  const hours = minutes / 60;
  if (hours < 9.75) return [number(Math.round(hours * 2) / 2, Math.round(hours * 2) % 2), "h"];
  if (hours < 48) return [number(Math.round(hours)), "h"];
  return [number(Math.round(hours / 24)), "d"];
}

/** Makes an element: tag, class, text. */
export function make(tag, kind, text) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (text !== undefined) element.textContent = text;
  return element;
}

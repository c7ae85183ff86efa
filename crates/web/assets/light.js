// The board's lamps, blinking in wall time exactly as the pattern says.

import { mark, number, write } from "/format.js";

/** Milliseconds of one whole round. */
function period(p) {
  return (p.on_ms + p.off_ms) * p.flashes + p.pause_ms;
}

/** Whether the lamp is lit, and in how many milliseconds that may change. */
export function lampAt(p, elapsed) {
  const whole = period(p);
  const flash = p.on_ms + p.off_ms;
  if (whole <= 0 || flash <= 0 || p.flashes === 0) return { lit: false, wait: Infinity };
  if (p.off_ms === 0 && p.pause_ms === 0) return { lit: true, wait: Infinity };
  const place = elapsed % whole;
  const nth = Math.floor(place / flash);
  if (nth >= p.flashes) return { lit: false, wait: whole - place };
  const within = place - nth * flash;
  if (within < p.on_ms) return { lit: true, wait: p.on_ms - within };
  const last = nth === p.flashes - 1;
  return { lit: false, wait: last ? whole - place : flash - within };
}

/** The pattern in words, so that it can be read without watching it blink. */
export function patternWords(p) {
  const seconds = (ms) => number(ms / 1000, ms % 1000 === 0 ? 0 : ms % 100 === 0 ? 1 : 2) + "\u202fs";
  if (p.flashes === 0 || p.on_ms === 0) return "dark";
  if (p.off_ms === 0 && p.pause_ms === 0) return "steady";
  if (p.flashes === 1 && p.pause_ms > 0) return `1 flash, pause ${seconds(p.pause_ms)}`;
  if (p.flashes === 1) return `${seconds(p.on_ms)} every ${seconds(period(p))}`;
  return `${p.flashes} flashes, pause ${seconds(p.pause_ms)}`;
}

/** One lamp; `show` takes a pattern or null for "not known". */
export class Lamp {
  #element;
  #words;
  #name;
  #pattern = "";
  #timer = 0;

  constructor(element, words, name) {
    this.#element = element;
    this.#words = words;
    this.#name = name;
    element.setAttribute("role", "img");
  }

  show(pattern) {
    const key = JSON.stringify(pattern);
    if (key === this.#pattern) return;
    this.#pattern = key;
    clearTimeout(this.#timer);
    const words = pattern ? patternWords(pattern) : "—";
    write(this.#words, words);
    mark(this.#element, "aria-label", `${this.#name}: ${pattern ? words : "not known"}`);
    this.#element.classList.toggle("unknown", !pattern);
    this.#element.classList.toggle("blinks", Boolean(pattern) && period(pattern) > pattern.on_ms && pattern.flashes > 0);
    this.#element.classList.remove("lit");
    if (pattern) this.#blink(pattern, performance.now());
  }

  #blink(pattern, start) {
    const { lit, wait } = lampAt(pattern, performance.now() - start);
    this.#element.classList.toggle("lit", lit);
    // Each wait is measured from the start of the pattern, so that late timers do not add up.
    if (wait < Infinity) this.#timer = setTimeout(() => this.#blink(pattern, start), Math.max(wait, 1));
  }
}

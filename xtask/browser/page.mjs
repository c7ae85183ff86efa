// Looks at the demo's page as a person would: on a phone and on a desktop, light and dark, and
// presses every button. Prints one line of JSON; anything wrong is thrown and ends it with code 1.
//
// Run by `cargo xtask browser`, which starts the demo and knows where everything is.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values: told } = parseArgs({
  options: {
    url: { type: "string" },
    browser: { type: "string" },
    modules: { type: "string" },
    screenshot: { type: "string" },
    "measure-only": { type: "boolean", default: false },
  },
});
const { chromium } = createRequire(join(told.modules, "package.json"))("playwright-core");

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

/**
 * What each button must lead to: any of these faults, tripped, is the right one. The charger comes
 * last, because it leaves a full pack behind.
 */
const BUTTONS = {
  short_circuit: ["short_circuit"],
  sensor_unplugged: ["sensor_missing"],
  // A joint that heats one sensor differs from the others before it is too hot.
  hot_cell: ["charge_over_temperature", "discharge_over_temperature", "temperature_difference"],
  load_too_big: ["discharge_over_current"],
  open_wire: ["open_wire"],
  charger_too_high: ["cell_over_voltage", "pack_over_voltage"],
};

/** How long a person would wait for anything, in ms of wall time. */
const PATIENCE = 120_000;
/** How long until the skip button is tried, where there is one. */
const SKIP_AFTER = 4_000;

const checks = [];

/** Opens the page in a context of its own and keeps an eye on everything it says and asks for. */
async function open(browser, viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  const seen = { wrong: [], bytes: new Map() };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") seen.wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => seen.wrong.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(told.url).origin) seen.wrong.push(`asks elsewhere: ${request.url()}`);
  });
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400) seen.wrong.push(`${response.status()} for ${pathname}`);
    if (pathname.startsWith("/api/")) return;
    seen.bytes.set(pathname, response.body().then((body) => body.length));
  });
  await page.goto(told.url, { waitUntil: "load" });
  await page.waitForFunction(() => /^\d/.test(document.getElementById("soc").textContent));
  return { page, seen, close: () => context.close() };
}

/** What the service says now. */
async function snapshot() {
  return (await fetch(new URL("/api/snapshot", told.url))).json();
}

/** The page shows the pack, and fits. */
async function look(browser, name, viewport, colorScheme) {
  const { page, seen, close } = await open(browser, viewport, colorScheme);
  await page.waitForSelector("#plots canvas");
  const shown = await page.evaluate(() => ({
    cells: [...document.querySelectorAll("#bars li .mv")].map((cell) => cell.textContent),
    heats: document.querySelectorAll("#heats li:not(.absent)").length,
    bounds: document.getElementById("bounds").textContent,
    energy: document.getElementById("energy").textContent,
    notes: document.querySelectorAll(".note:not([hidden])").length,
    green: document.getElementById("pattern-green").textContent,
    highest: document.querySelectorAll("#bars .highest").length,
    lowest: document.querySelectorAll("#bars .lowest").length,
    buttons: document.getElementById("buttons").dataset.keys?.split(" ") ?? [],
    wide: document.scrollingElement.scrollWidth,
    room: document.documentElement.clientWidth,
    paper: getComputedStyle(document.body).backgroundColor,
  }));
  const { cell_count: count } = await snapshot();
  assert.equal(shown.cells.length, count, `${name}: one bar for each cell`);
  for (const cell of shown.cells) assert.match(cell, /\d/, `${name}: a cell without a voltage`);
  assert.match(shown.bounds, /\d to \d+.%$/, `${name}: the charge has no bounds`);
  assert.match(shown.energy, /^\d/, `${name}: no energy is left`);
  assert.equal(shown.notes, 0, `${name}: a hint, though nothing is wrong`);
  assert.ok(shown.heats >= 1, `${name}: no temperature is shown`);
  assert.match(shown.green, /\d|steady|dark/, `${name}: the running light has no pattern`);
  assert.deepEqual([shown.highest, shown.lowest], [1, 1], `${name}: highest and lowest cell are marked`);
  assert.ok(shown.wide <= shown.room, `${name}: ${shown.wide} px of page in ${shown.room} px`);
  for (const key of Object.keys(BUTTONS)) assert.ok(shown.buttons.includes(key), `${name}: no button ${key}`);
  assert.deepEqual(seen.wrong, [], name);
  checks.push(`${name}: ${shown.cells.length} cells, fits, nothing wrong in the console, asks only its own service`);
  await close();
  return shown.paper;
}

/** What a page shows that gets this snapshot instead of the live one. */
async function shownOf(browser, changed) {
  const context = await browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  const message = JSON.stringify({ snapshot: changed, control: null, quiet_ms: 0 });
  const stream = { contentType: "text/event-stream", body: `retry: 200\nevent: snapshot\ndata: ${message}\n\n` };
  await page.route("**/api/stream", (route) => route.fulfill(stream));
  await page.goto(told.url);
  await page.waitForFunction(() => /^\d/.test(document.getElementById("soc").textContent));
  const shown = await page.evaluate(() => {
    const visible = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
    return {
      boxes: visible(".second, .sure, #bounds, #since-full, #resistance-item, .ohm, .rows").map((element) => element.id || element.className),
      notes: visible(".note").map((note) => [...note.children].map((part) => part.textContent)),
      ohms: visible(".ohm").map((ohm) => ohm.textContent),
      loose: [...document.querySelectorAll("#bars .loose .no")].map((cell) => cell.textContent),
      doubted: document.getElementById("gauge").classList.contains("doubted"),
      wide: document.scrollingElement.scrollWidth,
    };
  });
  assert.ok(shown.wide <= PHONE.width, `${shown.wide} px of page on a phone`);
  await context.close();
  return shown;
}

/** A board that tells nothing of the estimator leaves no empty boxes; one that noticed something says so. */
async function believe(browser) {
  const ESTIMATOR = /^(soc_low|soc_high|soc_doubt|soh|learnt_capacity|charge_power|discharge_power|energy_left|time_to|since_full|cell_resistance|resistance_hint)/;
  const silent = await snapshot();
  for (const key of Object.keys(silent).filter((key) => ESTIMATOR.test(key))) {
    const list = Array.isArray(silent[key]);
    silent[key] = list ? silent[key].map(() => null) : null;
    if (!list) silent.absent[key] = "not_carried";
    else silent[key].forEach((_, cell) => (silent.absent[`${key}[${cell + 1}]`] = "not_carried"));
  }
  silent.hints = [];
  const bare = await shownOf(browser, silent);
  assert.deepEqual([bare.boxes, bare.notes], [[], []], "what a board does not carry leaves no place");
  checks.push("a board without an estimator: no empty boxes");

  const noticed = await snapshot();
  noticed.cell_resistance_uohm = noticed.cell_voltage_mv.map((_, index) => (index === 6 ? 1840 : 310));
  noticed.soc_doubt = "voltage_stands";
  noticed.resistance_hint = 7;
  noticed.hints = [
    { point: "soc_doubt", number: null, text: "the charge is doubted", advice: "Look at the plug." },
    { point: "resistance_hint", number: 7, text: "the joint at cell 7 is loose", advice: "Tighten its screws." },
  ];
  const full = await shownOf(browser, noticed);
  assert.deepEqual(full.notes, [
    ["The charge is doubted.", "Look at the plug."],
    ["The joint at cell 7 is loose.", "Tighten its screws."],
  ]);
  assert.deepEqual([full.loose, full.doubted], [["7"], true]);
  assert.deepEqual([full.ohms.length, full.ohms[5], full.ohms[6]], [noticed.cell_count, "0.31", "1.84"]);
  checks.push("a doubt and a joint: told with what to do, resistances in mΩ");
}

/** Brightness of a CSS colour, 0 to 1. */
function brightness(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

/** The button with this key. */
async function button(page, key) {
  const keys = await page.locator("#buttons").getAttribute("data-keys");
  const place = keys.split(" ").indexOf(key);
  return place < 0 ? null : page.locator("#buttons button").nth(place);
}

/** Waits until `reached` finds something, skipping quiet time where the page offers that. */
async function awaited(page, what, reached) {
  const start = Date.now();
  let skipped = start;
  for (;;) {
    const found = await reached();
    if (found) return found;
    assert.ok(Date.now() - start < PATIENCE, `${what} did not come within ${PATIENCE / 1000} s`);
    const skip = await button(page, "skip");
    if (skip && Date.now() - skipped > SKIP_AFTER) {
      await skip.click();
      skipped = Date.now();
    }
    await page.waitForTimeout(100);
  }
}

/** Both switches as the page draws them. */
function switches(page) {
  return page.evaluate(() => {
    const one = (name) => ({
      state: document.getElementById(`word-${name}`).dataset.state,
      reasons: [...document.querySelectorAll(`#why-${name} li:not(.calm) .text`)].map((text) => text.textContent),
    });
    return { charge: one("charge"), discharge: one("discharge") };
  });
}

/** Presses a button, sees the protection act with its reason, takes the trouble away, sees it release. */
async function provoke(page, key, faults) {
  const bothClosed = async () => {
    const { charge, discharge } = await switches(page);
    return charge.state === "closed" && discharge.state === "closed";
  };
  await awaited(page, `before ${key}: both switches closed`, bothClosed);
  const trouble = await button(page, key);
  await trouble.click();

  const start = Date.now();
  const opened = await awaited(page, `${key}: ${faults.join(" or ")} and a switch open with a reason`, async () => {
    const { faults: active } = await snapshot();
    if (!active?.some(({ fault, level }) => level !== "l1" && faults.includes(fault))) return null;
    const { charge, discharge } = await switches(page);
    const open = [charge, discharge].filter(({ state, reasons }) => state === "open" && reasons.length > 0);
    return open.length > 0 ? open : null;
  });
  const took = Date.now() - start;
  assert.ok((await page.locator("#faults li.trip").count()) > 0, `${key}: the page shows no protection`);

  if ((await trouble.getAttribute("aria-pressed")) === "true") await trouble.click();
  const released = Date.now();
  await awaited(page, `${key}: release`, bothClosed);
  checks.push(
    `${key}: opened after ${(took / 1000).toFixed(1)} s (“${opened[0].reasons[0]}”), ` +
      `closed again after ${((Date.now() - released) / 1000).toFixed(1)} s`,
  );
}

/** Time to the first paint and bytes of everything but live values, in a fresh context. */
async function measure(browser) {
  const { page, seen, close } = await open(browser, DESKTOP, "light");
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null);
  assert.notEqual(paint, null, "the page never painted anything");
  const sizes = await Promise.all(seen.bytes.values());
  await close();
  return { first_paint_ms: paint, page_bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

const browser = await chromium.launch({
  executablePath: told.browser,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const figures = await measure(browser);
  if (told.screenshot) {
    const { page, seen, close } = await open(browser, DESKTOP, "light");
    await page.waitForSelector("#plots canvas");
    // The moment that says most: a protection has acted and the page tells why.
    await (await button(page, "charger_too_high")).click();
    await awaited(page, "the picture: a switch open with a reason", async () => {
      const { charge } = await switches(page);
      return charge.state === "open" && charge.reasons.length > 0;
    });
    await page.waitForTimeout(3000); // bars glide to their values
    await page.screenshot({ path: told.screenshot, fullPage: true });
    assert.deepEqual(seen.wrong, []);
    checks.push(`picture stored in ${told.screenshot}`);
    await close();
  }
  if (!told["measure-only"]) {
    const paper = {};
    for (const scheme of ["light", "dark"]) {
      await look(browser, `phone, ${scheme}`, PHONE, scheme);
      paper[scheme] = await look(browser, `desktop, ${scheme}`, DESKTOP, scheme);
    }
    assert.ok(
      brightness(paper.light) > 0.6 && brightness(paper.dark) < 0.4,
      `light and dark look the same: ${paper.light}, ${paper.dark}`,
    );
    await believe(browser);
    const { page, seen, close } = await open(browser, DESKTOP, "light");
    for (const [key, faults] of Object.entries(BUTTONS)) await provoke(page, key, faults);
    assert.deepEqual(seen.wrong, [], "after every button");
    await close();
  }
  console.log(JSON.stringify({ ...figures, checks }));
} finally {
  await browser.close();
}

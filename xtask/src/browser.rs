//! `cargo xtask browser`: the demo's page in a headless browser, on a phone and on a desktop, light
//! and dark, with every button pressed. The steps are in `xtask/browser/page.mjs`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::demo::Demo;
use crate::run::{command, read};
use crate::setup::{find, node_folder};

/// How fast the demo runs while it is looked at.
const TIME_SCALE: u32 = 60;

/// What the browser measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Time to the first paint, in ms, cold.
    pub(crate) first_paint_ms: f64,
    /// Bytes of the page and everything it loads, live values left out.
    pub(crate) page_bytes: u64,
}

/// What to do with the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// Everything that a test wants to see.
    Test,
    /// Only what is needed for figures.
    Measure,
    /// A picture of it, at the moment a protection has acted.
    Picture,
}

/// Opens the page and tests it, or stores a picture of it where one is wanted.
pub(crate) fn run(screenshot: Option<&Path>) -> Result<Measured> {
    match screenshot {
        None => visit(Visit::Test, None),
        Some(path) => visit(Visit::Picture, Some(path)),
    }
}

/// Opens the page only to measure it.
pub(crate) fn measure() -> Result<Measured> {
    visit(Visit::Measure, None)
}

/// Starts a demo, lets the browser look at it, and demands that the demo ends cleanly.
fn visit(visit: Visit, screenshot: Option<&Path>) -> Result<Measured> {
    let browser = find("chromium").context("chromium is missing; run `cargo xtask setup`")?;
    if !node_folder().join("node_modules/playwright-core").exists() {
        bail!("playwright-core is missing; run `cargo xtask setup`");
    }
    let demo = Demo::start(TIME_SCALE)?;
    let mut script = command("node", ["xtask/browser/page.mjs"]);
    script.args(["--url", &demo.web, "--browser"]).arg(browser);
    script.arg("--modules").arg(node_folder());
    if visit != Visit::Test {
        script.arg("--measure-only");
    }
    if let Some(path) = screenshot {
        // Relative to where the person stands, not to the root.
        let path = std::env::current_dir()?.join(path);
        script.arg("--screenshot").arg(path);
    }
    let said = read(script).context("the page did not pass")?;
    demo.stop()?;
    let figures: Value = serde_json::from_str(said.trim())
        .with_context(|| format!("the browser script printed no figures but: {said}"))?;
    let measured = Measured {
        first_paint_ms: figures["first_paint_ms"].as_f64().context("first paint")?,
        page_bytes: figures["page_bytes"].as_u64().context("page bytes")?,
    };
    for check in figures["checks"].as_array().into_iter().flatten() {
        println!("   {}", check.as_str().unwrap_or_default());
    }
    println!(
        "first paint {:.0} ms, page with assets {} bytes",
        measured.first_paint_ms, measured.page_bytes
    );
    Ok(measured)
}

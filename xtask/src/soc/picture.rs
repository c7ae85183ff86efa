//! The picture: a small panel for each run.

use std::fmt::Write as _;

use super::Run;

/// Panels beside each other; so few that a phone can show them.
const ACROSS: usize = 2;
/// Size of a panel's inner part, and the room around it.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 120.0;
const LEFT: f64 = 34.0;
const ABOVE: f64 = 26.0;
const BELOW: f64 = 22.0;
/// Points that are drawn of each line.
const POINTS: usize = 300;

const DARK: &str = "#222222";
const BLUE: &str = "#0072b2";
const LIGHT: &str = "#a8d4ee";
const GREY: &str = "#cccccc";

/// Draws all runs.
pub(super) fn draw(runs: &[Run]) -> String {
    let (wide, high) = (LEFT + WIDTH + 12.0, ABOVE + HEIGHT + BELOW);
    let rows = runs.len().div_ceil(ACROSS);
    let (total_wide, total_high) = (wide * count(ACROSS), high * count(rows));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total_wide} {total_high}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{total_wide}\" height=\"{total_high}\" fill=\"#ffffff\"/>\n"
    );
    for (place, run) in runs.iter().enumerate() {
        let x = wide * count(place % ACROSS) + LEFT;
        let y = high * count(place / ACROSS) + ABOVE;
        panel(&mut text, run, x, y);
    }
    text.push_str("</svg>\n");
    text
}

fn panel(text: &mut String, run: &Run, x: f64, y: f64) {
    let truth = run.truth.soc();
    let hours = count(truth.len()) / 3_600.0;
    let place = |hour: f64, soc: f64| {
        format!("{:.1},{:.1}", x + hour / hours * WIDTH, y + (1.0 - soc.clamp(0.0, 1.0)) * HEIGHT)
    };
    let _infallible = writeln!(
        text,
        "<text x=\"{x}\" y=\"{}\" fill=\"{DARK}\">{} {} {}, {:.0} °C, holds {:.0} %: {:.2} points</text>",
        y - 8.0,
        run.name,
        run.cell,
        run.duty,
        run.ambient,
        run.health * 100.0,
        run.score.rms
    );
    for percents in [0, 50, 100] {
        let at = y + (1.0 - f64::from(percents) / 100.0) * HEIGHT;
        let _infallible = writeln!(
            text,
            "<line x1=\"{x}\" x2=\"{}\" y1=\"{at}\" y2=\"{at}\" stroke=\"{GREY}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"{DARK}\">{percents}</text>",
            x + WIDTH,
            x - 4.0,
            at + 4.0
        );
    }
    let ticks = if hours > 12.0 { 6 } else { 1 };
    let mut hour = 0;
    while f64::from(hour) <= hours {
        let at = x + f64::from(hour) / hours * WIDTH;
        let _infallible = writeln!(
            text,
            "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"{DARK}\">{hour} h</text>",
            y + HEIGHT + 14.0
        );
        hour += ticks;
    }
    let every = (run.estimates.len() / POINTS).max(1);
    let shown: Vec<_> = run.estimates.iter().step_by(every).collect();
    let hour_of = |at: f64| at / 3_600.0;
    let upper = shown.iter().map(|one| place(hour_of(one.at.to_secs_f64()), one.high.to_f64()));
    let lower =
        shown.iter().rev().map(|one| place(hour_of(one.at.to_secs_f64()), one.low.to_f64()));
    let band: Vec<String> = upper.chain(lower).collect();
    let _infallible = writeln!(text, "<polygon points=\"{}\" fill=\"{LIGHT}\"/>", band.join(" "));
    let every = (truth.len() / POINTS).max(1);
    let line = truth.iter().enumerate().step_by(every);
    let line: Vec<String> = line.map(|(second, &soc)| place(hour_of(count(second)), soc)).collect();
    let guessed: Vec<String> =
        shown.iter().map(|one| place(hour_of(one.at.to_secs_f64()), one.soc.to_f64())).collect();
    for (points, colour, width) in [(line, DARK, 2.0), (guessed, BLUE, 1.2)] {
        let _infallible = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
            points.join(" ")
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "rows of days are exact")]
const fn count(number: usize) -> f64 {
    number as f64
}

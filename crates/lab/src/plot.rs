//! The fit as a picture (SVG): three panels, one above the other, so that a phone can show them.

use std::fmt::Write as _;

use cellward_cell::Profile;

use crate::Fit;
use crate::rest::soc_of;

/// Width of the picture and of its margins, in its own units.
const WIDTH: f64 = 480.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;

/// Height of a panel, and of what stands above and below it.
const PANEL: f64 = 200.0;
const ABOVE: f64 = 62.0;
const BELOW: f64 = 44.0;

/// Where the first panel begins.
const TOP: f64 = 30.0;

/// Colours that those with weak colour sight tell apart (Okabe and Ito), on white.
const DARK: &str = "#222222";
const BLUE: &str = "#0072b2";
const RED: &str = "#d55e00";
const GREEN: &str = "#009e73";

/// One line or row of dots.
struct Series<'a> {
    name: &'a str,
    colour: &'static str,
    points: Vec<(f64, f64)>,
    dots: bool,
}

/// A panel with its axes.
struct Panel<'a> {
    title: &'a str,
    across: &'a str,
    series: Vec<Series<'a>>,
    /// Whether zero must be on the upright axis.
    with_zero: bool,
}

/// Draws rest voltage and runs at C/20 over charge, resistances over charge, and what the pulse test
/// leaves unexplained over time, as an SVG that needs nothing else.
#[must_use]
pub fn plot(fit: &Fit) -> String {
    let (profile, report) = (&fit.named.profile, &fit.report);
    let in_hundredths =
        |points: &[(f64, f64)]| points.iter().map(|&(x, y)| (x * 100.0, y)).collect();
    let line = |name, colour, points| Series { name, colour, points, dots: false };
    let rest =
        (0..).zip(profile.ocv).map(|(k, count)| (soc_of(k) * 100.0, f64::from(count) * 1e-4));
    let mut voltage = vec![line("rest", DARK, rest.collect())];
    if !report.slow[0].is_empty() {
        voltage.push(line("discharge C/20", BLUE, in_hundredths(&report.slow[0])));
        voltage.push(line("charge C/20", RED, in_hundredths(&report.slow[1])));
    }
    voltage.push(Series {
        name: "measured at rest",
        colour: DARK,
        points: in_hundredths(&report.rest),
        dots: true,
    });
    let names = [
        "at once".to_owned(),
        format!("within {} s", profile.time_constant[0]),
        format!("within {} s", profile.time_constant[1]),
    ];
    let panels = [
        Panel { title: "Voltage (V)", across: "Charge (%)", series: voltage, with_zero: false },
        Panel {
            title: "Resistance of 100 Ah (mΩ)",
            across: "Charge (%)",
            series: names
                .iter()
                .zip([DARK, BLUE, RED])
                .enumerate()
                .map(|(branch, (name, colour))| line(name, colour, ohms(profile, branch)))
                .collect(),
            with_zero: true,
        },
        Panel {
            title: "Pulse test, measured less computed (mV)",
            across: "Time (h)",
            series: vec![line("above 2 % of charge", GREEN, thinned(&report.residuals))],
            with_zero: true,
        },
    ];
    let height = TOP + panels.len() as f64 * (ABOVE + PANEL + BELOW);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         style=\"display:block;width:100%;max-width:720px;height:auto;margin:auto;\
         background:#ffffff\" font-family=\"sans-serif\" font-size=\"13\" fill=\"{DARK}\">\n\
         <title>Profile of {name}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"14\" y=\"26\" font-size=\"17\" font-weight=\"bold\">{name}: {:.1} Ah, rated {} Ah\
         </text>\n",
        report.capacity_ah,
        fit.named.card.rated_ah,
        name = escaped(&fit.named.name),
    );
    let mut top = TOP;
    for panel in &panels {
        panel.draw(&mut svg, top + ABOVE);
        top += ABOVE + PANEL + BELOW;
    }
    svg.push_str("</svg>\n");
    svg
}

/// Resistance number `branch` in mΩ over charge in %.
fn ohms(profile: &Profile, branch: usize) -> Vec<(f64, f64)> {
    let table = profile.resistance.get(branch).into_iter().flatten();
    let table = cellward_cell::KNOTS.iter().zip(table);
    table.map(|(&knot, &count)| (f64::from(knot) * 100.0, f64::from(count) * 1e-3)).collect()
}

/// Residuals in mV over hours: of each stretch the least and the greatest, so that no peak is lost
/// and the file stays small.
fn thinned(residuals: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let stretch = residuals.len().div_ceil(600).max(1);
    let ends = residuals.chunks(stretch).flat_map(|chunk| {
        let least = chunk.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let most = chunk.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut both: Vec<(f64, f64)> = least.into_iter().chain(most).copied().collect();
        both.sort_by(|a, b| a.0.total_cmp(&b.0));
        both
    });
    ends.map(|(seconds, volts)| (seconds / 3600.0, volts * 1e3)).collect()
}

/// Text that may stand in an SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The round step (1, 2 or 5 of a power of ten) that cuts `span` into six parts or fewer.
fn step(span: f64) -> f64 {
    let rough = (span / 6.0).max(1e-9);
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|k| k * power).find(|&k| k >= rough).unwrap_or(rough)
}

/// Least and greatest of some numbers, apart by something.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
    if low < high { (low, high) } else { (0.0, 1.0) }
}

impl Panel<'_> {
    /// Draws it with its upper edge at `top`.
    fn draw(&self, svg: &mut String, top: f64) {
        let all = || self.series.iter().flat_map(|series| &series.points);
        let (from, to) = ends(all().map(|point| point.0));
        let zero = self.with_zero.then_some(0.0);
        let (low, high) = ends(all().map(|point| point.1).chain(zero));
        let marks = step(high - low);
        let (low, high) = (libm::floor(low / marks) * marks, libm::ceil(high / marks) * marks);
        let x = |value: f64| LEFT + (value - from) / (to - from) * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| top + PANEL - (value - low) / (high - low) * PANEL;
        let _infallible = writeln!(
            svg,
            "<text x=\"14\" y=\"{}\" font-size=\"14\" font-weight=\"bold\">{}</text>",
            top - 32.0,
            self.title
        );
        let mut legend = LEFT;
        for series in &self.series {
            let _infallible = writeln!(
                svg,
                "<circle cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"{}\"/><text x=\"{}\" y=\"{}\" \
                 font-size=\"12\">{}</text>",
                legend + 4.0,
                top - 14.0,
                series.colour,
                legend + 12.0,
                top - 10.0,
                series.name
            );
            // About how wide the words come out.
            legend += 26.0 + 6.4 * f64::from(u32::try_from(series.name.len()).unwrap_or(0));
        }
        let digits = usize::from(marks < 0.95) + usize::from(marks < 0.095);
        let mut mark = low;
        while mark < high + marks / 2.0 {
            let at = y(mark);
            let _infallible = writeln!(
                svg,
                "<path d=\"M{LEFT} {at:.1}H{}\" stroke=\"#dddddd\"/><text x=\"{}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{mark:.digits$}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                at + 4.5
            );
            mark += marks;
        }
        let marks = step(to - from);
        let mut mark = libm::ceil(from / marks) * marks;
        while mark < to + marks * 1e-6 {
            let _infallible = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{mark}</text>",
                x(mark),
                top + PANEL + 17.0
            );
            mark += marks;
        }
        let _infallible = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            top + PANEL + 35.0,
            self.across
        );
        for series in &self.series {
            series.draw(svg, x, y);
        }
    }
}

impl Series<'_> {
    fn draw(&self, svg: &mut String, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
        if self.dots {
            for &(across, up) in &self.points {
                let _infallible = writeln!(
                    svg,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"{}\"/>",
                    x(across),
                    y(up),
                    self.colour
                );
            }
            return;
        }
        let mut path = String::new();
        for &(across, up) in &self.points {
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let _infallible = write!(path, "{letter}{:.1} {:.1}", x(across), y(up));
        }
        let _infallible = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.3\"/>",
            self.colour
        );
    }
}

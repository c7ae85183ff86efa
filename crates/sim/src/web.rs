//! The port with everything that can hang on it, as a web of straight lines, and the capacitor
//! that moves through it.
//!
//! Every device and the path into the pack is a straight line of current over the voltage between
//! B+ and P- (the *reach*), with knees where a charger holds its voltage, a diode begins to
//! conduct or a load has nothing left to draw. So the voltage of a capacitor runs through a
//! handful of pieces, and in each of them it is an exponential with a closed solution: an inrush
//! of a third of a millisecond and a sink of 0.2 mA over 400 s are computed alike, without steps.
//!
//! The capacitor has a series resistance (its own and that of its leads), which makes its current
//! a continuous function of its voltage.

use crate::port::{Port, Solved};

/// Current of the sink of the load detection, in A. State machine, §6. It returns to B- beside the
/// shunt, so that it is no current through the port.
pub(crate) const SINK: f64 = 0.2e-3;

/// Smallest series resistance of a capacitor, in Ω; without any an inrush has no end.
const LEAST_OHMS: f64 = 1e-3;

/// Knees at most: nothing left to draw, charger, both diodes, sink.
const KNEES: usize = 5;

/// Below this current, in A, nothing moves.
const STILL: f64 = 1e-9;

/// A straight line.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Line {
    zero: f64,
    slope: f64,
}

impl Line {
    fn at(self, x: f64) -> f64 {
        self.zero + self.slope * x
    }
}

/// A stretch between two knees: what flows there over the reach.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    from: f64,
    to: f64,
    /// Current that is left for the capacitor: devices less the pack.
    left: Line,
    /// Current into the pack.
    pack: Line,
}

/// A piece of the way of the capacitor, over its own voltage.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: f64,
    to: f64,
    /// Current into the capacitor.
    current: Line,
    /// B+ against P-.
    reach: Line,
    /// Current into the pack.
    pack: Line,
}

/// Where the capacitor has got to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gone {
    /// Its voltage in V.
    pub(crate) volts: f64,
    /// Charge that went into the pack meanwhile, in As.
    pub(crate) charge: f64,
}

/// The port at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Web {
    stretches: [Stretch; KNEES],
    count: usize,
    farads: f64,
    /// Series resistance of the capacitor, in Ω.
    series: f64,
    inner_volts: f64,
    inner_ohms: f64,
    charger_volts: Option<f64>,
    severed: bool,
}

impl Web {
    /// The web of a port; `fed` is whether the electronic load draws.
    pub(crate) fn of(port: &Port<'_>, fed: bool) -> Self {
        let devices = port.devices;
        let supply = port.supply_amps();
        let charger_volts = (supply > 0.0).then_some(devices.charger_volts);
        let path = Path::of(port);
        let far = f64::INFINITY;
        let mut knees = [
            0.0,
            charger_volts.unwrap_or(far),
            path.discharges_below.unwrap_or(far),
            path.charges_above.unwrap_or(far),
            if path.sink { port.inner_volts } else { far },
        ];
        knees.sort_unstable_by(f64::total_cmp);
        let mut ohmic = 0.0;
        for ohms in [devices.load_ohms, devices.short_ohms].into_iter().flatten() {
            ohmic += 1.0 / ohms;
        }
        let drawn = devices.load_amps + if fed { port.electronic_amps() } else { 0.0 };

        let mut stretches = [Stretch::default(); KNEES];
        let mut count = 0;
        for (place, &from) in knees.iter().enumerate() {
            let to = knees.get(place + 1).copied().unwrap_or(far);
            if from < 0.0 || from >= to {
                continue;
            }
            let middle = if to < far { 0.5 * (from + to) } else { from + 1.0 };
            let given = if charger_volts.is_some_and(|held| middle < held) { supply } else { 0.0 };
            let pack = path.line(middle);
            let sunk = if path.sink && middle < port.inner_volts { SINK } else { 0.0 };
            let left = Line { zero: given + sunk - drawn - pack.zero, slope: -ohmic - pack.slope };
            stretches[count] = Stretch { from, to, left, pack };
            count += 1;
        }
        let capacitor = devices.capacitor;
        Self {
            stretches,
            count,
            farads: capacitor.map_or(0.0, |capacitor| capacitor.farads),
            series: capacitor.map_or(LEAST_OHMS, |capacitor| capacitor.ohms.max(LEAST_OHMS)),
            inner_volts: port.inner_volts,
            inner_ohms: port.inner_ohms,
            charger_volts,
            severed: port.severed,
        }
    }

    /// Where to look from for what settles without a capacitor: a charger holds its own voltage,
    /// else a weak sink of the board holds P- at B-.
    pub(crate) fn start(&self) -> f64 {
        match self.charger_volts {
            Some(volts) => volts,
            None if self.severed => 0.0,
            None => self.inner_volts.max(0.0),
        }
    }

    /// The piece in which a capacitor of this voltage moves; at a border the one that it moves
    /// into.
    fn piece(&self, volts: f64) -> Piece {
        let series = self.series;
        let mut from = f64::NEG_INFINITY;
        for stretch in &self.stretches[..self.count] {
            // The knee itself: the reach stands still and the series resistance takes the rest.
            let low = stretch.from - series * stretch.left.at(stretch.from);
            let knee = Piece {
                from,
                to: low,
                current: Line { zero: stretch.from / series, slope: -1.0 / series },
                reach: Line { zero: stretch.from, slope: 0.0 },
                pack: Line { zero: stretch.pack.at(stretch.from), slope: 0.0 },
            };
            if knee.holds(volts) {
                return knee;
            }
            let high = if stretch.to < f64::INFINITY {
                stretch.to - series * stretch.left.at(stretch.to)
            } else {
                f64::INFINITY
            };
            let share = 1.0 / (1.0 - series * stretch.left.slope);
            let reach = Line { zero: series * stretch.left.zero * share, slope: share };
            let open = Piece {
                from: low,
                to: high,
                current: Line {
                    zero: stretch.left.zero * share,
                    slope: stretch.left.slope * share,
                },
                reach,
                pack: Line {
                    zero: stretch.pack.at(reach.zero),
                    slope: stretch.pack.slope * reach.slope,
                },
            };
            if open.holds(volts) || high == f64::INFINITY {
                return open;
            }
            from = high;
        }
        // There is always a last stretch without an end.
        Piece {
            from,
            to: f64::INFINITY,
            current: Line::default(),
            reach: Line { zero: 0.0, slope: 1.0 },
            pack: Line::default(),
        }
    }

    /// B+ against P- once nothing moves any more, from this voltage on.
    pub(crate) fn settled(&self, volts: f64) -> f64 {
        let mut volts = volts;
        // Each piece is entered once at most, because the way never turns.
        for _ in 0..4 * KNEES {
            let piece = self.piece(volts);
            let current = piece.current.at(volts);
            if current.abs() < STILL {
                break;
            }
            let border = if current > 0.0 { piece.to } else { piece.from };
            let still = piece.still();
            if still.is_finite() && (border - volts) * (border - still) >= 0.0 {
                volts = still;
                break;
            }
            if !border.is_finite() {
                break;
            }
            volts = border;
        }
        volts
    }

    /// Moves a capacitor on, `seconds` from this voltage.
    pub(crate) fn run(&self, volts: f64, seconds: f64) -> Gone {
        let mut gone = Gone { volts, charge: 0.0 };
        let mut rest = seconds;
        for _ in 0..4 * KNEES {
            let piece = self.piece(gone.volts);
            let current = piece.current.at(gone.volts);
            let border = if current > 0.0 { piece.to } else { piece.from };
            let (time, end) = piece.reached(gone.volts, current, border, self.farads, rest);
            let integral = piece.integral(gone.volts, end, self.farads, time);
            gone.charge += piece.pack.zero * time + piece.pack.slope * integral;
            gone.volts = end;
            rest -= time;
            if rest <= 0.0 || current.abs() < STILL {
                break;
            }
        }
        gone
    }

    /// How things stand while a capacitor has this voltage.
    pub(crate) fn solved(&self, volts: f64) -> Solved {
        let piece = self.piece(volts);
        let reach = piece.reach.at(volts);
        let current = piece.pack.at(volts);
        let port =
            if self.severed { 0.0 } else { self.inner_volts + current * self.inner_ohms - reach };
        let regulating = self.charger_volts.is_some_and(|held| (reach - held).abs() < 1e-6);
        Solved { current, port, reach, regulating }
    }
}

impl Piece {
    /// Whether a capacitor of this voltage moves in here.
    fn holds(&self, volts: f64) -> bool {
        if volts < self.from || volts > self.to {
            return false;
        }
        let current = self.current.at(volts);
        // Currents are continuous at borders, so that the next piece sees the same direction.
        !(volts == self.to && current > 0.0 || volts == self.from && current < 0.0)
    }

    /// The voltage at which nothing flows, if this piece went on for ever.
    fn still(&self) -> f64 {
        -self.current.zero / self.current.slope
    }

    /// The time spent in here, at most `rest` s, and the voltage then.
    fn reached(&self, volts: f64, current: f64, border: f64, farads: f64, rest: f64) -> (f64, f64) {
        if current.abs() < STILL {
            return (rest, volts);
        }
        if self.current.slope == 0.0 {
            let time = (border - volts) * farads / current;
            return if time < rest {
                (time, border)
            } else {
                (rest, volts + rest * current / farads)
            };
        }
        let still = self.still();
        let constant = -farads / self.current.slope;
        let ratio = (volts - still) / (border - still);
        if border.is_finite() && ratio > 1.0 {
            let time = constant * libm::log(ratio);
            if time < rest {
                return (time, border);
            }
        }
        (rest, still + (volts - still) * libm::exp(-rest / constant))
    }

    /// Time integral of the capacitor's voltage on its way, in Vs.
    fn integral(&self, volts: f64, end: f64, farads: f64, time: f64) -> f64 {
        if self.current.slope == 0.0 {
            return 0.5 * (volts + end) * time;
        }
        // C du = (a + s u) dt, so that the integral of u is (C (u1 - u0) - a t) / s.
        (farads * (end - volts) - self.current.zero * time) / self.current.slope
    }
}

/// The way from P- through switches, diodes and pre-charge path into the pack.
#[derive(Clone, Copy, Debug)]
struct Path {
    inner_volts: f64,
    inner_ohms: f64,
    /// Of both switches, in 1/Ω.
    conductance: f64,
    /// Of the pre-charge path, in 1/Ω.
    around: f64,
    charge_drop: f64,
    discharge_drop: f64,
    /// Below this reach the switches let discharge current pass.
    discharges_below: Option<f64>,
    /// Above this reach they let charge current pass.
    charges_above: Option<f64>,
    sink: bool,
    severed: bool,
}

impl Path {
    fn of(port: &Port<'_>) -> Self {
        let (charge_drop, discharge_drop) = port.drops();
        let around = port.precharge_ohms.map_or(0.0, |ohms| 1.0 / ohms);
        let share = 1.0 + port.inner_ohms * around;
        let there = |closed: bool, reach: f64| (closed && !port.severed).then_some(reach);
        let volts = port.inner_volts;
        Self {
            inner_volts: volts,
            inner_ohms: port.inner_ohms,
            conductance: 1.0 / port.path_ohms,
            around,
            charge_drop,
            discharge_drop,
            discharges_below: there(port.switches.discharge, volts - discharge_drop * share),
            charges_above: there(port.switches.charge, volts + charge_drop * share),
            sink: port.sink && !port.severed,
            severed: port.severed,
        }
    }

    /// Current into the pack over the reach, around this reach.
    fn line(&self, reach: f64) -> Line {
        if self.severed {
            return Line::default();
        }
        // With p = P- against B-: the switches carry (p + offset) × conductance out of the pack.
        let (conductance, offset) = if self.discharges_below.is_some_and(|knee| reach < knee) {
            (self.conductance, -self.discharge_drop)
        } else if self.charges_above.is_some_and(|knee| reach > knee) {
            (self.conductance, self.charge_drop)
        } else {
            (0.0, 0.0)
        };
        // i = -(p + offset) g - p a and p = V + i R - reach, solved for i.
        let through = conductance + self.around;
        let share = 1.0 / (1.0 + self.inner_ohms * through);
        Line {
            zero: -(self.inner_volts * through + offset * conductance) * share,
            slope: through * share,
        }
    }
}

#[cfg(test)]
mod tests;

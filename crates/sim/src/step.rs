//! What one cell does under a constant current: the one definition, for a pack that is looked at
//! closely ([`crate::Sim`]) and for many that run side by side ([`crate::Fleet`]).
//!
//! A rest voltage that rises in a straight line with the charge, a resistance, two resistances
//! with a capacitor beside each, and a rest voltage that remembers the direction. All of it has a
//! closed solution, so that a step may be of any length. Nothing in here branches, so that loops
//! over cells become loops over vectors.

/// What a cell remembers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// State of charge; 1.0 is full.
    pub(crate) soc: f64,
    /// Rest voltage without hysteresis, in V.
    pub(crate) rest: f64,
    /// Voltage over the fast branch, in V.
    pub(crate) fast: f64,
    /// Voltage over the slow branch, in V.
    pub(crate) slow: f64,
    /// Hysteresis, in V.
    pub(crate) memory: f64,
}

/// What stands in the way of the current, looked up for a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circuit {
    /// Rise of the rest voltage, in V per As.
    pub(crate) rise: f64,
    /// Share of the capacity that one As is.
    pub(crate) share: f64,
    /// Resistances in Ω.
    pub(crate) ohmic: f64,
    /// See [`Self::ohmic`]; while charging.
    pub(crate) fast: f64,
    /// The same while discharging.
    pub(crate) fast_out: f64,
    /// See [`Self::ohmic`].
    pub(crate) slow: f64,
    /// How the hysteresis follows, per As; its end value in V.
    pub(crate) follow: f64,
    /// See [`Self::follow`].
    pub(crate) most: f64,
    /// What the cell loses by itself, in A.
    pub(crate) lost: f64,
}

/// How much is left of both branches after some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decay {
    /// The time in s.
    pub(crate) seconds: f64,
    /// What is left of the fast branch, 1 at the start.
    pub(crate) fast: f64,
    /// What is left of the slow branch, 1 at the start.
    pub(crate) slow: f64,
    /// Time constants of both, in s.
    pub(crate) constants: [f64; 2],
}

impl Decay {
    /// After so many seconds, with these time constants.
    pub(crate) fn after(seconds: f64, constants: [f64; 2]) -> Self {
        let [fast, slow] = constants.map(|constant| libm::exp(-seconds / constant));
        Self { seconds, fast, slow, constants }
    }

    /// No time at all, with the same time constants.
    pub(crate) const fn none(&self) -> Self {
        Self { seconds: 0.0, fast: 1.0, slow: 1.0, constants: self.constants }
    }
}

/// Where a step leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// The state after it.
    pub(crate) state: State,
    /// Heat that it made, in J.
    pub(crate) heat: f64,
    /// Energy that the rest voltage stored, in J.
    pub(crate) stored: f64,
}

/// What is left of a hysteresis after `way` times its own way, and how much of `way` counts for
/// its mean: e^-x and (1 - e^-x) / x, from one over the series of e^x to its fifth power.
///
/// Off by less than x^6 / 720: a billionth at 5 C for a second, a thousandth at x = 1. It never
/// leaves 0 to 1 and never grows, and without a current both are exactly 1.
#[inline(always)]
fn left(way: f64) -> (f64, f64) {
    // (e^x - 1) / x
    let ramp = 1.0 + way * (0.5 + way * (1.0 / 6.0 + way * (1.0 / 24.0 + way * (1.0 / 120.0))));
    let left = 1.0 / (1.0 + way * ramp);
    (left, ramp * left)
}

impl Circuit {
    /// Voltage over the fast branch at its end, in V.
    #[inline(always)]
    fn fast_goal(&self, amps: f64) -> f64 {
        // Both are always taken, so that nothing branches.
        self.fast * amps.max(0.0) + self.fast_out * amps.min(0.0)
    }
}

/// Terminal voltage under `amps` so much later, in V.
#[inline(always)]
pub(crate) fn voltage(state: &State, circuit: &Circuit, amps: f64, decay: &Decay) -> f64 {
    let fast = circuit.fast_goal(amps);
    let slow = circuit.slow * amps;
    let goal = circuit.most.copysign(amps);
    let (left, _) = left(circuit.follow * (amps * decay.seconds).abs());
    state.rest
        + circuit.rise * (amps - circuit.lost) * decay.seconds
        + circuit.ohmic * amps
        + fast
        + (state.fast - fast) * decay.fast
        + slow
        + (state.slow - slow) * decay.slow
        + goal * (1.0 - left)
        + state.memory * left
}

/// The state after `amps` have flowed for so long.
#[inline(always)]
pub(crate) fn end(state: &State, circuit: &Circuit, amps: f64, decay: &Decay) -> End {
    let seconds = decay.seconds;
    let [fast_seconds, slow_seconds] = decay.constants;
    let fast = circuit.fast_goal(amps);
    let slow = circuit.slow * amps;
    let (fast_away, slow_away) = (state.fast - fast, state.slow - slow);
    let goal = circuit.most.copysign(amps);
    let (left, mean) = left(circuit.follow * (amps * seconds).abs());
    // Time integral of the voltage above rest, in Vs.
    let above = (circuit.ohmic * amps + fast + slow) * seconds
        + fast_away * fast_seconds * (1.0 - decay.fast)
        + slow_away * slow_seconds * (1.0 - decay.slow)
        + (goal + (state.memory - goal) * mean) * seconds;
    let charge = (amps - circuit.lost) * seconds;
    let climbed = circuit.rise * charge;
    let mean_rest = state.rest + 0.5 * climbed;
    End {
        state: State {
            soc: state.soc + charge * circuit.share,
            rest: state.rest + climbed,
            fast: fast + fast_away * decay.fast,
            slow: slow + slow_away * decay.slow,
            memory: goal * (1.0 - left) + state.memory * left,
        },
        heat: amps * above + circuit.lost * seconds * mean_rest,
        stored: charge * mean_rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSTANTS: [f64; 2] = [25.0, 400.0];

    fn start() -> State {
        State { soc: 0.5, rest: 3.3, fast: 0.01, slow: -0.01, memory: -0.012 }
    }

    fn circuit() -> Circuit {
        Circuit {
            rise: 1e-6,
            share: 1.0 / 3.6e5,
            ohmic: 1e-3,
            fast: 5e-4,
            fast_out: 5e-4,
            slow: 4e-4,
            follow: 50.0 / 3.6e5,
            most: 0.012,
            lost: 0.001,
        }
    }

    #[test]
    fn one_step_or_ten_tenths_end_alike() {
        let whole = end(&start(), &circuit(), 80.0, &Decay::after(1.0, CONSTANTS));
        let (mut state, mut heat, mut stored) = (start(), 0.0, 0.0);
        for _ in 0..10 {
            let tenth = end(&state, &circuit(), 80.0, &Decay::after(0.1, CONSTANTS));
            state = tenth.state;
            heat += tenth.heat;
            stored += tenth.stored;
        }
        assert!((whole.state.soc - state.soc).abs() < 1e-13);
        assert!((whole.state.fast - state.fast).abs() < 1e-13);
        assert!((whole.state.slow - state.slow).abs() < 1e-13);
        assert!((whole.state.memory - state.memory).abs() < 1e-13);
        assert!((whole.heat - heat).abs() < 1e-10);
        assert!((whole.stored - stored).abs() < 1e-9);
    }

    #[test]
    fn the_voltage_at_the_end_is_that_of_the_state_that_the_step_ends_in() {
        for amps in [-250.0, -1.0, 0.0, 3.0, 700.0] {
            let decay = Decay::after(0.37, CONSTANTS);
            let now = voltage(&start(), &circuit(), amps, &decay);
            let after = end(&start(), &circuit(), amps, &decay).state;
            let there = voltage(&after, &circuit(), amps, &Decay::after(0.0, CONSTANTS));
            assert!((now - there).abs() < 1e-12, "{amps}");
        }
    }

    #[test]
    fn what_brakes_charging_alone_does_not_brake_discharging() {
        let circuit = Circuit { fast: 20.0 * 5e-4, ..circuit() };
        let decay = Decay::after(1e4, CONSTANTS);
        for (amps, ohms) in [(80.0, 0.01), (-80.0, 5e-4)] {
            let after = end(&start(), &circuit, amps, &decay).state;
            assert!((after.fast - ohms * amps).abs() < 1e-12, "{amps}: {}", after.fast);
        }
    }

    #[test]
    fn without_a_current_the_hysteresis_stays_to_the_bit() {
        let decay = Decay::after(1.0, CONSTANTS);
        let mut state = start();
        for _ in 0..10_000 {
            state = end(&state, &circuit(), 0.0, &decay).state;
        }
        assert_eq!(state.memory.to_bits(), start().memory.to_bits());
        assert!(state.fast.abs() < 1e-9 && state.slow.abs() < 1e-9);
    }

    #[test]
    fn what_is_left_is_as_near_to_the_exponential_as_promised_and_never_overshoots() {
        for (way, bound) in [(0.01, 1e-14), (0.05, 3e-11), (0.3, 1.5e-6), (1.0, 1e-3)] {
            let (rest, mean) = left(way);
            assert!((rest - libm::exp(-way)).abs() < bound, "{way}");
            assert!((mean - (1.0 - libm::exp(-way)) / way).abs() < bound / way, "{way}");
        }
        for way in [10.0, 1e3, 1e6] {
            let (rest, mean) = left(way);
            assert!((0.0..0.001).contains(&rest) && (0.0..0.2).contains(&mean), "{way}");
        }
    }
}

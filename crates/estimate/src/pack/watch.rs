//! Whether the sensors can be believed, as far as they contradict each other.
//!
//! A filter explains what it is shown. Shown nonsense it explains that too, and is sure of it; so what no
//! pack can do is looked for here, and while it goes on nothing is pretended to be known.

use cellward_units::{Current, Duration, Voltage};

/// Why the charge is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// The voltage does not move by one step while the current does.
    VoltageStands,
    /// The current does not move by one step while the voltage does.
    CurrentStands,
    /// The voltage sinks while the pack charges and rises while it discharges.
    SignSwapped,
    /// No cell of this chemistry has such a voltage.
    OtherCell,
}

/// A step of current counts from this part of 1C on.
const STEP_OF_1C: f32 = 0.05;
/// Steps of current at which the voltage stood, or moved the wrong way more often than the right one, after
/// which it is doubted. A *guess*: by chance 1 mV steps hide a handful of small ones.
const STEPS: u8 = 8;
/// What the mean voltage moves in all while the current stands, in V, before the current is doubted:
/// more than any cell relaxes by.
const RELAXES: f32 = 0.4;
/// What the voltage of a pack never moves by from reading to reading while no current does, in V: noise
/// and relaxing are slower.
const JUMP: f32 = 8e-3;
/// So far beyond the rest voltages of the profile no cell is, in V.
const BEYOND: f32 = 0.25;
/// How long a doubt lasts after its cause was last seen.
const LASTS: Duration = Duration::from_secs(3_600);

/// Watches mean voltage and current of a pack.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Watch {
    /// Rest voltage when empty and full, in V.
    range: (f32, f32),
    /// 1C in A.
    one_c: f32,
    last: Option<(f32, f32)>,
    /// Steps of current without a step of voltage.
    standing: u8,
    /// Steps of voltage the wrong way, less those the right way.
    wrong_way: u8,
    /// What the voltage moved in all since the current last moved, in V.
    moved: f32,
    doubt: Option<Doubt>,
    left: Duration,
}

impl Watch {
    pub(super) const fn new(range: (f32, f32), one_c: f32) -> Self {
        Self {
            range,
            one_c,
            last: None,
            standing: 0,
            wrong_way: 0,
            moved: 0.0,
            doubt: None,
            left: Duration::ZERO,
        }
    }

    /// What is doubted now.
    pub(super) const fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// Looks at one reading. Positive current charges.
    pub(super) fn look(&mut self, mean: Voltage, current: Current, lasted: Duration) {
        let volts = super::small(mean.to_volts_f64());
        let amps = super::small(current.to_amps_f64());
        let micros = self.left.as_micros().saturating_sub(lasted.as_micros());
        self.left = Duration::from_micros(micros);
        if micros == 0 {
            self.doubt = None;
        }
        let drop = amps.abs() / self.one_c * 0.1;
        if volts < self.range.0 - BEYOND - drop || volts > self.range.1 + BEYOND + drop {
            self.raise(Doubt::OtherCell);
        }
        if let Some((volts_before, amps_before)) = self.last {
            self.step(volts - volts_before, amps - amps_before);
        }
        self.last = Some((volts, amps));
    }

    fn step(&mut self, volts: f32, amps: f32) {
        let moves = volts.abs() > 1e-6;
        if amps.abs() > 1e-6 {
            self.moved = 0.0;
        } else {
            if volts.abs() > JUMP {
                self.moved += volts.abs();
            }
            if self.moved > RELAXES {
                self.moved = 0.0;
                self.raise(Doubt::CurrentStands);
            }
        }
        if amps.abs() < STEP_OF_1C * self.one_c {
            return;
        }
        self.standing = if moves { 0 } else { self.standing.saturating_add(1) };
        if self.standing >= STEPS {
            self.raise(Doubt::VoltageStands);
        }
        if volts.abs() > 2.5e-3 {
            let right = (volts > 0.0) == (amps > 0.0);
            self.wrong_way = if right {
                self.wrong_way.saturating_sub(1)
            } else {
                self.wrong_way.saturating_add(1)
            };
            if self.wrong_way >= STEPS {
                self.wrong_way = STEPS;
                self.raise(Doubt::SignSwapped);
            }
        }
    }

    fn raise(&mut self, doubt: Doubt) {
        self.doubt = Some(doubt);
        self.left = LASTS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn watch() -> Watch {
        Watch::new((2.5, 3.65), 100.0)
    }

    /// Looks at a current that steps between two values, and a voltage made of it.
    fn steps(count: u32, high: i32, volts: impl Fn(i32) -> i32) -> Option<Doubt> {
        let mut watch = watch();
        for k in 0..=count {
            let amps = if k % 2 == 0 { 0 } else { high };
            watch.look(Voltage::from_millivolts(volts(amps)), Current::from_amps(amps), SECOND);
        }
        watch.doubt()
    }

    #[test]
    fn a_pack_that_does_what_packs_do_is_believed() {
        assert_eq!(steps(10_000, -50, |amps| 3_300 + amps), None);
        assert_eq!(steps(10_000, 50, |amps| 3_300 + amps), None);
    }

    #[test]
    fn a_voltage_that_stands_through_eight_steps_is_doubted() {
        assert_eq!(steps(7, -50, |_| 3_300), None);
        assert_eq!(steps(8, -50, |_| 3_300), Some(Doubt::VoltageStands));
        // Steps below a twentieth of 1C may hide in a millivolt.
        assert_eq!(steps(1_000, -4, |_| 3_300), None);
        assert_eq!(steps(8, -5, |_| 3_300), Some(Doubt::VoltageStands));
    }

    #[test]
    fn a_voltage_that_rises_with_a_load_eight_times_is_a_swapped_sign() {
        assert_eq!(steps(7, -50, |amps| 3_300 - amps), None);
        assert_eq!(steps(8, -50, |amps| 3_300 - amps), Some(Doubt::SignSwapped));
    }

    #[test]
    fn a_current_that_stands_while_the_voltage_wanders_is_doubted() {
        let mut watch = watch();
        let mut volts = [3_300, 3_250].into_iter().cycle();
        let mut wander = |times: u32| {
            for _ in 0..times {
                let volts = Voltage::from_millivolts(volts.next().unwrap_or(0));
                watch.look(volts, Current::ZERO, SECOND);
            }
            watch.doubt()
        };
        // The first has nothing before it; seven steps are 0.35 V, nine are 0.45 V.
        assert_eq!(wander(8), None);
        assert_eq!(wander(2), Some(Doubt::CurrentStands));
    }

    #[test]
    fn noise_of_a_millivolt_is_no_movement() {
        let mut watch = watch();
        for k in 0..100_000 {
            watch.look(Voltage::from_millivolts(3_300 + k % 3), Current::ZERO, SECOND);
        }
        assert_eq!(watch.doubt(), None);
    }

    #[test]
    fn a_voltage_of_another_chemistry_is_doubted_for_an_hour_after_it() {
        let mut watch = watch();
        let mut amps = 0;
        let mut look = |watch: &mut Watch, mv, lasted| {
            // A current that moves a little, as all do.
            amps += 1;
            watch.look(Voltage::from_millivolts(mv), Current::from_milliamps(amps), lasted);
            watch.doubt()
        };
        assert_eq!(look(&mut watch, 3_900, SECOND), None);
        assert_eq!(look(&mut watch, 3_901, SECOND), Some(Doubt::OtherCell));
        assert_eq!(look(&mut watch, 3_300, Duration::from_secs(3_599)), Some(Doubt::OtherCell));
        assert_eq!(look(&mut watch, 3_300, SECOND), None);
    }
}

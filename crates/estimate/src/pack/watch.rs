//! Whether the sensors can be believed, as far as they contradict each other.
//!
//! A filter explains what it is shown. Shown nonsense it explains that too, and is sure of it; so what no
//! pack can do is looked for here, and while it goes on nothing is pretended to be known.
//!
//! Readings are compared as means of ten seconds without their highest and lowest, so that neither one
//! spike nor a voltage that is sampled a little after its current makes a doubt.

use cellward_units::{Current, Voltage};
use heapless::Vec;

use super::MAX_CELLS;
use crate::elementary::{sqrt, unit, within};
use crate::single;

/// Why the charge is not believed. Of several the last is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// The voltage says again and again that another charge flowed than was counted.
    CountDisagrees,
    /// The voltage of a cell does not move by one step while the current does.
    VoltageStands,
    /// The current does not move by one step while the voltage does.
    CurrentStands,
    /// The voltage sinks while the pack charges and rises while it discharges.
    SignSwapped,
    /// No cell of this chemistry has such a voltage.
    OtherCell,
    /// No cell works at such a temperature: its sensor has come off.
    TooCold,
}

impl Doubt {
    /// Every one, in their order.
    const ALL: [Self; 6] = [
        Self::CountDisagrees,
        Self::VoltageStands,
        Self::CurrentStands,
        Self::SignSwapped,
        Self::OtherCell,
        Self::TooCold,
    ];
}

/// A step of current counts from this part of 1C on.
const STEP_OF_1C: f32 = 0.05;
/// How long a voltage must have stood, in s: for some seconds it does so by chance.
const STANDS_S: f32 = 60.0;
/// Time over which such a step is forgotten, in s.
const FORGETS_S: f32 = 60.0;
/// From this part of 1C on, one decides whether current and voltage go the same way: it outweighs what
/// the rest voltage moves by meanwhile.
const LARGE_STEP_OF_1C: f32 = 0.06;
/// Steps of voltage the wrong way, less those the right way, after which the sign is doubted. A *guess*:
/// at the ends of the charge a few may go the wrong way by themselves, but by then many went right.
const STEPS: i8 = 2;
/// As many steps the right way are remembered.
const MOST_STEPS: i8 = 8;
/// A current that moves from mean to mean by hardly more or less than it last did, to this part of 1C,
/// says nothing of its sign.
const STIRS_OF_1C: f32 = 0.002;
/// What a voltage moves by from mean to mean, more or less than it last did, though the current stands: one
/// sigma in V, of noise and relaxing.
const RESTLESS: f32 = 0.4e-3;
/// And of what moves by more only so many times as much counts, of both.
const MOST_STIRS: f32 = 2.0;
/// Voltage and current have gone together, or against each other, when the sum of their products is so
/// many sigma of what chance makes of it. A *guess*: chance alone gets there in no pack's life.
const TOGETHER: f32 = 4.0;
/// Time over which their sums are forgotten, in s.
const TOGETHER_S: f32 = 7_200.0;
/// How long a mean is, in s.
const MEAN_S: f32 = 9.5;
/// Of a voltage that moves by less from mean to mean, in V, nothing is said.
const MOVES: f32 = 2.5e-3;
/// What a voltage moves by from mean to mean when a load comes or goes, in V: noise and relaxing are
/// slower.
const JUMP: f32 = 3.5e-3;
/// How long the current must have stood before a jump counts, in s: until then a cell relaxes fast.
const SETTLED_S: f32 = 200.0;
/// Jumps up and jumps down, of each, after which a current that stands is doubted. Both, because at the
/// ends of the charge the voltage of a constant current runs away in one direction.
const JUMPS: u8 = 2;
/// So far beyond the rest voltages of the profile no cell is, in V.
const BEYOND: f32 = 0.25;
/// So far beyond them none is at rest, or while current flows that leads back, in V.
const BEYOND_BACK: f32 = 0.08;
/// Below this none of the chemistries carries current worth counting, in °C; a sensor that came off
/// shows less.
const COLDEST: f32 = -35.0;
/// How far bounds that were claimed at different times may exclude each other, in parts of the charge and
/// with what was counted in between, before both are doubted: some of it is a capacity that is not known.
const APART: f32 = 0.08;
/// How far a remembered charge may be off, in parts of one: 0.3 is what a drifting monitor is found
/// with, and a little more is granted.
const MISREMEMBERED: f32 = 0.3;
/// Time over which claimed bounds are forgotten, in s.
const CLAIMED_S: f32 = 86_400.0;
/// How long a doubt lasts after its cause was last seen, in s.
const LASTS_S: f32 = 3_600.0;
/// The same for a doubt whose cause does not go away, but is not seen at every charge.
const LASTS_LONG_S: f32 = 86_400.0;

/// A value that stands, and the smoothed currents that it stood through.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Standing {
    microvolts: i32,
    low: f32,
    high: f32,
    /// How long it has stood, in s.
    seconds: f32,
    /// Whether it stood through a step.
    stepped: bool,
}

/// A mean without its highest and lowest value.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Trimmed {
    count: f32,
    sum: f32,
    low: f32,
    high: f32,
}

impl Trimmed {
    const EMPTY: Self = Self { count: 0.0, sum: 0.0, low: f32::INFINITY, high: f32::NEG_INFINITY };

    fn add(&mut self, value: f32) {
        self.count += 1.0;
        self.sum += value;
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }

    fn mean(&self) -> f32 {
        if self.count < 3.0 {
            return self.sum / self.count.max(1.0);
        }
        (self.sum - self.low - self.high) / (self.count - 2.0)
    }
}

/// Watches the voltages, the current and the temperature of a pack.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Watch {
    /// Rest voltage when empty and full, in V.
    range: (f32, f32),
    /// 1C in A.
    one_c: f32,
    /// Current over the last seconds, in A.
    smooth: Option<f32>,
    /// Current of the last reading in A, and how long it has stood, in s.
    current: (f32, f32),
    seconds: f32,
    volts: Trimmed,
    amps: Trimmed,
    /// The last means in V and A.
    last: Option<(f32, f32)>,
    /// Steps of voltage the wrong way, less those the right way.
    wrong_way: i8,
    /// Whether steps say that the sign is swapped, and whether all small moves together say so.
    swapped: [bool; 2],
    /// Sum of voltage times current from mean to mean, in VA, and of the current squared, in A².
    together: (f32, f32),
    /// What voltage and current last moved by, in V and A.
    moved: (f32, f32),
    /// Jumps of the voltage up and down since the current last moved.
    jumps: (u8, u8),
    /// Charge that was counted since the filter last said what it believes, in parts of the rated one.
    counted: f32,
    /// What all claimed bounds leave of the charge, moved by what was counted since.
    claimed: (f32, f32),
    /// For how long yet each doubt lasts, in s, in the order of [`Doubt`].
    left: [f32; Doubt::ALL.len()],
    cells: Vec<Standing, MAX_CELLS>,
}

impl Watch {
    #[inline(never)]
    pub(super) const fn new(range: (f32, f32), one_c: f32) -> Self {
        Self {
            range,
            one_c,
            cells: Vec::new(),
            smooth: None,
            current: (0.0, 0.0),
            seconds: 0.0,
            volts: Trimmed::EMPTY,
            amps: Trimmed::EMPTY,
            last: None,
            wrong_way: 0,
            swapped: [false; 2],
            together: (0.0, 0.0),
            moved: (0.0, 0.0),
            jumps: (0, 0),
            counted: 0.0,
            claimed: (0.0, 1.0),
            left: [0.0; Doubt::ALL.len()],
        }
    }

    /// A charge was remembered. What is believed soon after and lies farther from it than memories err is
    /// doubted as a contradiction, too.
    pub(super) fn remember(&mut self, charge: f32) {
        self.claimed = (unit(charge - MISREMEMBERED), unit(charge + MISREMEMBERED));
    }

    /// The charge is known anew: what was claimed before no longer counts.
    pub(super) fn anchored(&mut self, charge: f32) {
        self.remember(charge);
        let [count, ..] = &mut self.left;
        *count = 0.0;
    }

    /// What is doubted now: sensors first, as what was counted with one that lies disagrees, too.
    #[inline(never)]
    pub(super) fn doubt(&self) -> Option<Doubt> {
        let all = Doubt::ALL.iter().zip(&self.left).rev();
        all.into_iter().find(|(_, left)| **left > 0.0).map(|(doubt, _)| *doubt)
    }

    /// Whether a sensor is doubted.
    pub(super) fn lies(&self) -> bool {
        self.doubt().is_some_and(|doubt| doubt != Doubt::CountDisagrees)
    }

    /// Looks at one reading: each cell and their mean, and the current, which charges when positive; `None`
    /// where they were not measured. Temperature in °C, and how long it was in s, a minute at most.
    pub(super) fn look(
        &mut self,
        cells: Option<(&[Voltage], Voltage)>,
        current: Option<Current>,
        celsius: f32,
        seconds: f32,
    ) {
        for left in &mut self.left {
            *left -= seconds;
        }
        if celsius < COLDEST {
            self.raise(Doubt::TooCold, LASTS_S);
        }
        let Some(current) = current else {
            // Any charge may have flowed.
            self.claimed = (0.0, 1.0);
            return;
        };
        let amps = single::amps(current);
        self.counted += amps * seconds / 3_600.0 / self.one_c;
        let Some((cells, mean)) = cells else {
            return;
        };
        let volts = single::volts(mean);
        self.stand(cells, amps, seconds);
        let (before, stood) = self.current;
        let moves = (amps - before).abs() > 1e-6;
        if moves {
            self.jumps = (0, 0);
        }
        self.current = (amps, if moves { 0.0 } else { stood + seconds });
        self.volts.add(volts);
        self.amps.add(amps);
        self.seconds += seconds;
        if self.seconds > MEAN_S {
            self.step(self.volts.mean(), self.amps.mean());
            self.volts = Trimmed::EMPTY;
            self.amps = Trimmed::EMPTY;
            self.seconds = 0.0;
        }
    }

    /// The bounds that the filter claims after a look of so many seconds, and what the pack holds over
    /// its rating, with one sigma of that.
    pub(super) fn believes(
        &mut self,
        (low, high): (f32, f32),
        seconds: f32,
        (holds, within): (f32, f32),
    ) {
        let (at_least, at_most) = self.claimed;
        let counted = self.counted / holds.max(0.1);
        let unsure = 2.0 * within / holds.max(0.1) * counted.abs();
        let (at_least, at_most) = (at_least + counted - unsure, at_most + counted + unsure);
        self.counted = 0.0;
        let forgets = (seconds / CLAIMED_S).min(1.0);
        // A full cell takes nothing more, and an empty one gives nothing.
        let at_least = unit(at_least - forgets * at_least.max(0.0)).max(low);
        let at_most = unit(at_most + forgets * (1.0 - at_most).max(0.0)).min(high);
        self.claimed = (at_least, at_most);
        if at_least > at_most + APART {
            self.claimed = (0.0, 1.0);
            self.raise(Doubt::CountDisagrees, LASTS_LONG_S);
        }
    }

    /// No cell stands while the current moves.
    fn stand(&mut self, cells: &[Voltage], amps: f32, seconds: f32) {
        // Smoothed, as voltage and current are not measured at the same moment.
        let before = self.smooth.unwrap_or(amps);
        let smooth = before + (seconds / 10.0).min(1.0) * (amps - before);
        self.smooth = Some(smooth);
        let mut stands = false;
        for (place, cell) in cells.iter().enumerate() {
            let fresh = Standing {
                microvolts: cell.as_microvolts(),
                low: smooth,
                high: smooth,
                seconds: 0.0,
                stepped: false,
            };
            match self.cells.get_mut(place) {
                Some(one) if one.microvolts == fresh.microvolts => {
                    // A charger that holds its voltage lets the current sink slowly.
                    let forgets = (seconds / FORGETS_S).min(1.0);
                    one.low = (one.low + forgets * (smooth - one.low)).min(smooth);
                    one.high = (one.high + forgets * (smooth - one.high)).max(smooth);
                    one.seconds += seconds;
                    let little = one.high - one.low < STEP_OF_1C * self.one_c;
                    one.stepped |= !little;
                    stands |= one.stepped && one.seconds > STANDS_S;
                }
                Some(one) => *one = fresh,
                // There is room for every cell that there can be.
                None => drop(self.cells.push(fresh)),
            }
        }
        if stands {
            self.raise(Doubt::VoltageStands, LASTS_S);
        }
    }

    /// Compares the means of some seconds with those before.
    fn step(&mut self, volts: f32, amps: f32) {
        let share = amps / self.one_c;
        let drop = share.abs() * 0.1;
        let (empty, full) = self.range;
        let leads_back = |back: f32| if back > -STEP_OF_1C { BEYOND_BACK } else { BEYOND + drop };
        if volts < empty - leads_back(share) || volts > full + leads_back(-share) {
            self.raise(Doubt::OtherCell, LASTS_LONG_S);
        }
        if let Some((volts_before, amps_before)) = self.last {
            self.compare(volts - volts_before, amps - amps_before);
        }
        self.last = Some((volts, amps));
        if self.swapped != [false; 2] {
            self.raise(Doubt::SignSwapped, LASTS_S);
        }
        if self.jumps.0.min(self.jumps.1) >= JUMPS {
            self.raise(Doubt::CurrentStands, LASTS_S);
        }
    }

    fn compare(&mut self, volts: f32, amps: f32) {
        if self.current.1 > SETTLED_S {
            if volts > JUMP {
                self.jumps.0 = self.jumps.0.saturating_add(1);
            } else if volts < -JUMP {
                self.jumps.1 = self.jumps.1.saturating_add(1);
            }
        }
        self.move_together(volts, amps);
        if amps.abs() < LARGE_STEP_OF_1C * self.one_c || volts.abs() < MOVES {
            return;
        }
        self.wrong_way = if (volts > 0.0) == (amps > 0.0) {
            self.wrong_way.saturating_sub(1).max(-MOST_STEPS)
        } else {
            self.wrong_way.saturating_add(1).min(MOST_STEPS)
        };
        // Doubted until as many went the right way again.
        let [by_steps, _] = &mut self.swapped;
        *by_steps = self.wrong_way >= if *by_steps { 1 } else { STEPS };
    }

    /// A load that wanders shows the sign as steps do, with patience.
    fn move_together(&mut self, volts: f32, amps: f32) {
        let keeps = 1.0 - MEAN_S / TOGETHER_S;
        let (products, squares) = &mut self.together;
        *products *= keeps;
        *squares *= keeps;
        // Of what goes on steadily nothing is said: at its steep ends the voltage of a full cell climbs
        // while the charger lets the current sink.
        let (volts_before, amps_before) = self.moved;
        self.moved = (volts, amps);
        let (volts, amps) = (volts - volts_before, amps - amps_before);
        if amps.abs() < STIRS_OF_1C * self.one_c {
            return;
        }
        // One large step alone is for the steps to judge.
        let least = STIRS_OF_1C * self.one_c;
        let amps = within(amps, MOST_STIRS * least);
        let volts = within(volts, MOST_STIRS * RESTLESS);
        *products += volts * amps;
        *squares += amps * amps;
        let chance = TOGETHER * RESTLESS * sqrt(*squares);
        let [_, by_moves] = &mut self.swapped;
        if *products < -chance {
            *by_moves = true;
        } else if *products > chance {
            *by_moves = false;
        }
    }

    pub(super) fn raise(&mut self, doubt: Doubt, lasts: f32) {
        if let Some(left) = self.left.get_mut(doubt as usize) {
            *left = lasts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: f32 = 1.0;
    const ROOM: f32 = 25.0;
    /// A pack that holds its rating for sure.
    const KNOWN: (f32, f32) = (1.0, 0.0);

    fn watch() -> Watch {
        Watch::new((2.5, 3.65), 100.0)
    }

    /// Looks at one cell for so many seconds and gives what is doubted then.
    fn look(watch: &mut Watch, microvolts: i32, milliamps: i32, seconds: u32) -> Option<Doubt> {
        let cell = Voltage::from_microvolts(microvolts);
        for _ in 0..seconds {
            watch.look(
                Some((&[cell], cell)),
                Some(Current::from_milliamps(milliamps)),
                ROOM,
                SECOND,
            );
        }
        watch.doubt()
    }

    /// A load in A that comes and goes, a minute each, and a voltage made of it, in mV.
    fn steps(count: i32, high: i32, volts: impl Fn(i32) -> i32) -> Option<Doubt> {
        let mut watch = watch();
        for k in 0..=count {
            let amps = if k % 2 == 0 { 0 } else { high };
            // The current of a pack moves a little, and so does its voltage.
            for wobble in 0..30 {
                look(&mut watch, volts(amps) * 1_000 + wobble, amps * 1_000 + wobble, 2);
            }
        }
        watch.doubt()
    }

    #[test]
    fn a_pack_that_does_what_packs_do_is_believed() {
        assert_eq!(steps(1_000, -50, |amps| 3_300 + amps), None);
        assert_eq!(steps(1_000, 50, |amps| 3_300 + amps), None);
    }

    #[test]
    fn a_voltage_that_stands_a_minute_through_a_step_is_doubted_until_an_hour_after_it_moves() {
        let mut watch = watch();
        look(&mut watch, 3_300_000, 0, 30);
        assert_eq!(look(&mut watch, 3_300_000, -20_000, 30), None);
        assert_eq!(look(&mut watch, 3_300_000, -20_000, 7_200), Some(Doubt::VoltageStands));
        assert_eq!(look(&mut watch, 3_299_000, -20_000, 3_599), Some(Doubt::VoltageStands));
        assert_eq!(look(&mut watch, 3_299_000, -20_000, 1), None);
    }

    #[test]
    fn a_small_step_may_hide_in_a_millivolt() {
        for (milliamps, doubt) in [(-4_900, None), (-8_000, Some(Doubt::VoltageStands))] {
            let mut watch = watch();
            look(&mut watch, 3_300_000, 0, 600);
            assert_eq!(look(&mut watch, 3_300_000, milliamps, 600), doubt, "{milliamps}");
        }
    }

    #[test]
    fn one_cell_that_stands_is_enough() {
        let mut watch = watch();
        for k in 0..240 {
            let amps = if k < 120 { 0 } else { -20 };
            let [still, moves] = [3_300, 3_310 + amps].map(Voltage::from_millivolts);
            let mean = Voltage::from_millivolts(3_305 + amps / 2);
            watch.look(Some((&[moves, still], mean)), Some(Current::from_amps(amps)), ROOM, SECOND);
        }
        assert_eq!(watch.doubt(), Some(Doubt::VoltageStands));
    }

    #[test]
    fn a_charger_that_holds_its_voltage_while_the_current_sinks_is_believed() {
        let mut watch = watch();
        for milliamps in (1_000..30_000).rev() {
            // 30 A within two hours.
            if milliamps % 4 == 0 {
                look(&mut watch, 3_600_000, milliamps, 1);
            }
        }
        assert_eq!(watch.doubt(), None);
    }

    #[test]
    fn a_voltage_that_rises_with_a_load_twice_is_a_swapped_sign() {
        assert_eq!(steps(1, -50, |amps| 3_300 - amps), None);
        assert_eq!(steps(3, -50, |amps| 3_300 - amps), Some(Doubt::SignSwapped));
    }

    #[test]
    fn a_few_steps_the_wrong_way_after_many_right_ones_are_none() {
        let mut watch = watch();
        let mut turn = |sign: i32, times: i32| {
            let mut doubt = None;
            for k in 0..2 * times {
                let amps = if k % 2 == 0 { 0 } else { -50 };
                for wobble in 0..30 {
                    let volts = (3_300 + sign * amps) * 1_000 + wobble;
                    doubt = look(&mut watch, volts, amps * 1_000 + wobble, 2);
                }
            }
            doubt
        };
        turn(1, 20);
        assert_eq!(turn(-1, 3), None);
        assert_eq!(turn(-1, 10), Some(Doubt::SignSwapped));
    }

    #[test]
    fn a_current_that_stands_while_the_voltage_jumps_up_and_down_is_doubted() {
        let mut watch = watch();
        look(&mut watch, 3_300_000, 0, 300);
        for _ in 0..2 {
            assert_eq!(watch.doubt(), None);
            look(&mut watch, 3_290_000, 0, 60);
            look(&mut watch, 3_300_000, 0, 60);
        }
        assert_eq!(watch.doubt(), Some(Doubt::CurrentStands));
    }

    #[test]
    fn a_voltage_that_runs_away_at_a_constant_current_is_believed() {
        let mut watch = watch();
        for k in 0..1_000 {
            look(&mut watch, 3_600_000 - 1_000 * k, -50_000, 1);
        }
        assert_eq!(watch.doubt(), None);
    }

    #[test]
    fn noise_of_a_millivolt_and_a_spike_now_and_then_are_no_movement() {
        let mut watch = watch();
        for k in 0..100_000 {
            let spike = if k % 50 == 0 { 500_000 } else { 0 };
            look(&mut watch, 3_300_000 + 1_000 * (k % 3) + spike, 0, 1);
        }
        assert_eq!(watch.doubt(), None);
    }

    #[test]
    fn a_voltage_of_another_chemistry_is_doubted_for_a_day_after_it() {
        let mut watch = watch();
        assert_eq!(look(&mut watch, 3_729_000, 0, 100), None);
        assert_eq!(look(&mut watch, 3_731_000, 0, 100), Some(Doubt::OtherCell));
        assert_eq!(look(&mut watch, 3_300_000, 0, 86_300), Some(Doubt::OtherCell));
        assert_eq!(look(&mut watch, 3_300_000, 0, 110), None);
    }

    #[test]
    fn above_full_no_cell_rests_or_is_drawn_from_for_long() {
        for (microvolts, milliamps, doubt) in [
            (3_740_000, -6_000, Some(Doubt::OtherCell)),
            (3_740_000, 4_900, Some(Doubt::OtherCell)),
            (3_740_000, 5_100, None),
            (3_904_000, 5_100, None),
            (3_906_000, 5_100, Some(Doubt::OtherCell)),
            (3_720_000, -6_000, None),
            (2_410_000, 6_000, Some(Doubt::OtherCell)),
            (2_410_000, -4_900, Some(Doubt::OtherCell)),
            (2_410_000, -5_100, None),
        ] {
            let doubted = look(&mut watch(), microvolts, milliamps, 100);
            assert_eq!(doubted, doubt, "{microvolts} µV at {milliamps} mA");
        }
    }

    /// A current that wanders by 0.6 % of 1C a minute around -20 A, and a voltage in µV made of what it
    /// wandered by, in mA.
    fn wanders(microvolts: impl Fn(i32) -> i32) -> Option<Doubt> {
        let mut watch = watch();
        let mut doubt = None;
        for minute in 0..60 {
            let apart = [0, 600, 1_200, 600][minute % 4];
            // What stands by itself is doubted, too.
            for tenth in 0..6 {
                let volts = 3_290_000 + microvolts(apart) + tenth * 7;
                doubt = look(&mut watch, volts, -20_000 + apart + tenth, 10);
            }
        }
        doubt
    }

    #[test]
    fn a_voltage_that_wanders_against_its_current_is_a_swapped_sign_too() {
        assert_eq!(wanders(|milliamps| -milliamps), Some(Doubt::SignSwapped));
        assert_eq!(wanders(|milliamps| milliamps), None);
        assert_eq!(wanders(|_| 0), None);
    }

    #[test]
    fn a_charger_that_holds_its_voltage_while_the_current_sinks_swaps_no_sign() {
        let mut watch = watch();
        // From 40 A to 4 A in an hour, and the cells still rise by 10 mV.
        for second in 0..3_600 {
            let doubt = look(&mut watch, 3_440_000 + second * 3, 40_000 - second * 10, 1);
            assert_eq!(doubt, None, "{second}");
        }
    }

    #[test]
    fn a_sensor_that_lies_is_told_before_a_count_that_disagrees_and_outlasts_its_explanation() {
        let mut watch = watch();
        watch.raise(Doubt::CountDisagrees, LASTS_LONG_S);
        assert!(!watch.lies());
        watch.raise(Doubt::SignSwapped, LASTS_S);
        assert_eq!(watch.doubt(), Some(Doubt::SignSwapped));
        assert!(watch.lies());
        watch.anchored(1.0);
        assert_eq!(watch.doubt(), Some(Doubt::SignSwapped));
        look(&mut watch, 3_300_000, 0, 3_599);
        assert_eq!(watch.doubt(), Some(Doubt::SignSwapped));
        assert_eq!(look(&mut watch, 3_300_000, 0, 1), None);
    }

    #[test]
    fn a_doubt_passes_while_nothing_is_measured() {
        let mut watch = watch();
        watch.raise(Doubt::VoltageStands, LASTS_S);
        for _ in 0..60 {
            watch.look(None, None, ROOM, 60.0);
        }
        assert_eq!(watch.doubt(), None);
    }

    #[test]
    fn a_sensor_that_came_off_is_no_cold() {
        for (celsius, doubt) in [(-35.0, None), (-35.1, Some(Doubt::TooCold))] {
            let mut watch = watch();
            let cell = Voltage::from_millivolts(3_300);
            watch.look(Some((&[cell], cell)), Some(Current::ZERO), celsius, SECOND);
            assert_eq!(watch.doubt(), doubt, "{celsius}");
        }
    }

    #[test]
    fn bounds_that_exclude_each_other_are_doubted() {
        for (later, doubt) in [(0.57, None), (0.59, Some(Doubt::CountDisagrees))] {
            let mut watch = watch();
            watch.believes((0.4, 0.5), 10.0, KNOWN);
            watch.believes((later, 0.7), 10.0, KNOWN);
            assert_eq!(watch.doubt(), doubt, "{later}");
        }
    }

    #[test]
    fn bounds_move_with_what_is_counted() {
        let mut watch = watch();
        watch.believes((0.4, 0.5), 10.0, KNOWN);
        // An hour of a quarter of 1C, with a current and a voltage that move.
        for k in 0..1_800 {
            look(&mut watch, 3_350_000 + k, 25_000 + k % 2, 2);
        }
        watch.believes((0.66, 0.74), 3_600.0, KNOWN);
        assert_eq!(watch.doubt(), None);
        watch.believes((0.1, 0.2), 10.0, KNOWN);
        assert_eq!(watch.doubt(), Some(Doubt::CountDisagrees));
    }

    #[test]
    fn a_capacity_that_is_not_known_leaves_room_for_what_was_counted() {
        for (holds, doubt) in [
            (KNOWN, Some(Doubt::CountDisagrees)),
            ((1.0, 0.1), None),
            // What it holds less moves it further.
            ((0.75, 0.0), None),
        ] {
            let mut watch = watch();
            watch.believes((0.98, 1.0), 10.0, holds);
            for k in 0..7_200 {
                look(&mut watch, 3_350_000 - k, -25_000 - k % 2, 1);
            }
            // Half of 1C-hours were counted, and the filter claims two thirds.
            watch.believes((0.3, 0.38), 10.0, holds);
            assert_eq!(watch.doubt(), doubt, "{holds:?}");
        }
    }

    #[test]
    fn an_anchor_ends_the_doubt_that_it_explains_and_no_other() {
        let mut watch = watch();
        watch.believes((0.4, 0.5), 10.0, KNOWN);
        watch.believes((0.7, 0.8), 10.0, KNOWN);
        assert_eq!(watch.doubt(), Some(Doubt::CountDisagrees));
        watch.anchored(1.0);
        assert_eq!(watch.doubt(), None);
        watch.raise(Doubt::SignSwapped, LASTS_S);
        watch.anchored(0.0);
        assert_eq!(watch.doubt(), Some(Doubt::SignSwapped));
    }
}

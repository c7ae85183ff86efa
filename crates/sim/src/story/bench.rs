//! The words for what a person at the bench does to a pack and its board.

use cellward_core::{BoardHealth, Memory};
use serde::Deserialize;

use super::change::Change;
use super::words::{Amount, Percent, Time, checked, find, within};
use crate::{
    Capacitor, ChipFault, CurrentError, Float, Order, ProbeFault, Spot, SwitchFault, Wire,
};

/// What is wrong with a switch.
const SWITCH_WORDS: [(&str, Option<SwitchFault>); 3] = [
    ("well", None),
    ("stuck_closed", Some(SwitchFault::StuckClosed)),
    ("stuck_open", Some(SwitchFault::StuckOpen)),
];

/// What is wrong with the chip.
const CHIP_WORDS: [(&str, Option<ChipFault>); 9] = [
    ("well", None),
    ("silent", Some(ChipFault::Silent)),
    ("hung", Some(ChipFault::Hung)),
    ("bus_broken", Some(ChipFault::BusBroken)),
    ("errors", Some(ChipFault::Errors)),
    ("current_missing", Some(ChipFault::CurrentChannel)),
    ("stale_current", Some(ChipFault::StaleCurrent)),
    ("stale_cells", Some(ChipFault::StaleCells)),
    ("stale_temperatures", Some(ChipFault::StaleTemperatures)),
];

/// How a wire is. An open one is found by the chip after two measurements; a loose one only by a
/// test of the wires.
const WIRE_WORDS: [(&str, Wire); 5] = [
    ("whole", Wire::Whole),
    ("open_low", Wire::Broken(Float::Low)),
    ("open_high", Wire::Broken(Float::High)),
    ("loose_low", Wire::Loose(Float::Low)),
    ("loose_high", Wire::Loose(Float::High)),
];

/// Orders of the wires that name no tap.
const ORDER_WORDS: [(&str, Order); 4] = [
    ("right", Order::Right),
    ("reversed", Order::Reversed),
    ("shifted_up", Order::ShiftedUp),
    ("shifted_down", Order::ShiftedDown),
];

/// What is wrong with a temperature sensor.
const PROBE_WORDS: [(&str, Option<ProbeFault>); 3] =
    [("well", None), ("open", Some(ProbeFault::Open)), ("short", Some(ProbeFault::Short))];

/// What is done to the external breaker.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Breaker {
    Fit,
    TakeOut,
    Reset,
}

impl BreakerWord {
    pub(super) const fn meaning(self) -> Change {
        match self.0 {
            Breaker::Fit => Change::Breaker(true),
            Breaker::TakeOut => Change::Breaker(false),
            Breaker::Reset => Change::BreakerReset,
        }
    }
}

checked! {
    /// A number above 0; 0 takes the thing away.
    UnlessZero(Option<f64>) from f64:
        |ohms| within(ohms, 0.0, 1e9).map(|ohms| (ohms > 0.0).then_some(ohms));
    /// What is wrong with a switch, if anything.
    FaultWord(Option<SwitchFault>) from String:
        |key| find("state of a switch", &key, &SWITCH_WORDS, |word| word.0).map(|word| word.1);
    /// What is wrong with the chip, if anything.
    ChipWord(Option<ChipFault>) from String:
        |key| find("state of the chip", &key, &CHIP_WORDS, |word| word.0).map(|word| word.1);
    /// What is done to the brain.
    BrainWord(Brain) from String: |key| {
        /// The words and what they mean.
        const WORDS: [(&str, Brain); 3] =
            [("frozen", Brain::Frozen), ("well", Brain::Well), ("reset", Brain::Reset)];
        find("state of the brain", &key, &WORDS, |word| word.0).map(|word| word.1)
    };
    /// Whether the key is on.
    KeyWord(bool) from String: |key| {
        find("state of the key", &key, &["on", "off"], |word| word).map(|word| word == "on")
    };
    /// How the memory of the parameters stands.
    MemoryWord(Memory) from String: |key| {
        /// The words and what they mean.
        const WORDS: [(&str, Memory); 3] =
            [("good", Memory::Good), ("one_copy", Memory::OneCopy), ("lost", Memory::Lost)];
        find("state of the memory", &key, &WORDS, |word| word.0).map(|word| word.1)
    };
    /// What is done to the external breaker.
    BreakerWord(Breaker) from String: |key| {
        /// The words and what they mean.
        const WORDS: [(&str, Breaker); 3] =
            [("fitted", Breaker::Fit), ("none", Breaker::TakeOut), ("reset", Breaker::Reset)];
        find("word for the breaker", &key, &WORDS, |word| word.0).map(|word| word.1)
    };
    /// Whether the thick lead to B- is on.
    LeadWord(bool) from String: |key| {
        find("state of the lead", &key, &["on", "off"], |word| word).map(|word| word == "on")
    };
    /// Milliohms of a lead or joint, held in Ω.
    Milliohms(f64) from f64: |milliohms| within(milliohms, 0.0, 1_000.0).map(|ohms| ohms / 1e3);
    /// A cell with another one below it, as people count, from 2, held from 0.
    UpperCell(u8) from u8: |number| match number {
        2..=24 => Ok(number - 1),
        _ => Err("joints lie below the cells 2 to 24".to_owned()),
    };
    /// A cell as people count, from 1, held from 0.
    CellNumber(u8) from u8: |number| match number {
        1..=24 => Ok(number - 1),
        _ => Err("cells count from 1 to 24".to_owned()),
    };
    /// A tap, 0 at B-.
    Tap(u8) from u8: |tap| match tap {
        0..=24 => Ok(tap),
        _ => Err("taps count from 0 at B- to 24".to_owned()),
    };
    /// How a wire is.
    WireWord(Wire) from String:
        |key| find("state of a wire", &key, &WIRE_WORDS, |word| word.0).map(|word| word.1);
    /// An order that names no tap.
    OrderWord(Order) from String:
        |key| find("order of the wires", &key, &ORDER_WORDS, |word| word.0).map(|word| word.1);
    /// What is wrong with a sensor, if anything.
    ProbeWord(Option<ProbeFault>) from String:
        |key| find("state of a sensor", &key, &PROBE_WORDS, |word| word.0).map(|word| word.1);
    /// Millivolts of a cell, also below zero.
    SignedMillivolts(f64) from f64: |volts| within(volts, -5_000.0, 6_000.0);
    /// Kelvin a minute.
    Rate(f64) from f64: |rate| within(rate, 0.0, 1_000.0);
    /// A temperature that a sensor can be held at.
    Held(f64) from f64: |celsius| within(celsius, -60.0, 200.0);
    /// Amps of either sign.
    SignedAmps(f64) from f64: |amps| within(amps, -1e4, 1e4);
    /// A factor.
    Factor(f64) from f64: |factor| within(factor, -10.0, 10.0);
    /// Beta of a thermistor in K.
    Beta(f64) from f64: |beta| within(beta, 1_000.0, 10_000.0);
    /// The place of a temperature sensor.
    PlaceWord(Spot) from String: |key| {
        /// The words and what they mean.
        const WORDS: [(&str, Spot); 6] = [
            ("1", Spot::Sensor(0)),
            ("2", Spot::Sensor(1)),
            ("3", Spot::Sensor(2)),
            ("4", Spot::Sensor(3)),
            ("switches", Spot::Switches),
            ("board", Spot::Board),
        ];
        find("place of a sensor", &key, &WORDS, |word| word.0).map(|word| word.1)
    };
}

/// What is done to the brain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Brain {
    Frozen,
    Well,
    /// Starts anew with what its store kept; the chip keeps what it drives.
    Reset,
}

/// `board = { … }` as it is written; what is left out is well.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoardText {
    memory: Option<MemoryWord>,
    clock: Option<bool>,
    self_test: Option<bool>,
}

impl BoardText {
    pub(super) fn meaning(self) -> BoardHealth {
        BoardHealth {
            memory: self.memory.map_or(Memory::Good, |word| word.0),
            clock: self.clock.unwrap_or(true),
            self_test: self.self_test.unwrap_or(true),
        }
    }
}

/// `load_capacitor = { … }` as it is written; 0 F takes it away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CapacitorText {
    farad: Amount,
    ohm: Option<Amount>,
    charged_v: Option<Amount>,
}

impl CapacitorText {
    pub(super) fn meaning(self) -> Result<Vec<Change>, String> {
        /// Leads and the capacitor's own resistance where a story does not say: 10 mΩ, *guess*.
        const OHMS: f64 = 0.010;
        let ohms = self.ohm.map_or(OHMS, |ohm| ohm.0);
        let there = self.farad.0 > 0.0;
        let mut changes =
            vec![Change::Capacitor(there.then_some(Capacitor { farads: self.farad.0, ohms }))];
        changes.extend(self.charged_v.map(|volts| Change::CapacitorVolts(volts.0)));
        Ok(changes)
    }
}

/// `wire = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireText {
    tap: Tap,
    is: WireWord,
}

impl WireText {
    pub(super) fn meaning(self) -> Result<Vec<Change>, String> {
        Ok(vec![Change::Wire(self.tap.0, self.is.0)])
    }
}

/// `joint = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JointText {
    below_cell: UpperCell,
    milliohm: Milliohms,
}

impl JointText {
    pub(super) const fn meaning(self) -> Change {
        Change::JointOhms(self.below_cell.0, self.milliohm.0)
    }
}

/// `wire_order = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderText {
    is: Option<OrderWord>,
    swapped: Option<Tap>,
    skipped: Option<Tap>,
    again: Option<Tap>,
}

impl OrderText {
    pub(super) fn meaning(self) -> Result<Vec<Change>, String> {
        let order = match (self.is, self.swapped, self.skipped, self.again) {
            (Some(word), None, None, None) => word.0,
            (None, Some(tap), None, None) => Order::Swapped(tap.0),
            (None, None, Some(tap), Some(again)) => Order::Skipped { tap: tap.0, again: again.0 },
            _ => {
                return Err("the order of the wires says `is`, or `swapped`, or `skipped` and \
                            `again`"
                    .to_owned());
            }
        };
        Ok(vec![Change::Order(order)])
    }
}

/// `plug_harness = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlugText {
    pub(super) step: Time,
}

/// `cell = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CellText {
    number: CellNumber,
    soc_percent: Option<Percent>,
    capacity_percent: Option<Percent>,
    internal_short_ohm: Option<UnlessZero>,
    rests_at_mv: Option<SignedMillivolts>,
    heals: Option<bool>,
    heat_k_per_min: Option<Rate>,
}

impl CellText {
    pub(super) fn meaning(self) -> Result<Vec<Change>, String> {
        let cell = self.number.0;
        let heals = self.heals == Some(true);
        let changes: Vec<Change> = [
            self.soc_percent.map(|share| Change::CellSoc(cell, share.0)),
            self.capacity_percent.map(|share| Change::CellWeak(cell, share.0.max(0.01))),
            self.internal_short_ohm.map(|ohms| Change::CellShort(cell, ohms.0)),
            self.rests_at_mv.map(|mv| Change::CellRest(cell, Some(mv.0 / 1e3))),
            heals.then_some(Change::CellRest(cell, None)),
            heals.then_some(Change::CellShort(cell, None)),
            self.heat_k_per_min.map(|rate| Change::CellHeat(cell, rate.0)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if changes.is_empty() {
            return Err("a cell says what happens to it, such as soc_percent".to_owned());
        }
        Ok(changes)
    }
}

/// `sensor = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SensorText {
    place: PlaceWord,
    is: Option<ProbeWord>,
    held_at_c: Option<Held>,
    free: Option<bool>,
    heat_k_per_min: Option<Rate>,
    beta_k: Option<Beta>,
}

impl SensorText {
    pub(super) fn meaning(self) -> Result<Vec<Change>, String> {
        let spot = self.place.0;
        let climb = match (self.heat_k_per_min, spot) {
            (None, _) => None,
            (Some(rate), Spot::Sensor(sensor)) => Some(Change::Climb(sensor, rate.0)),
            (Some(_), _) => {
                return Err("only the places of cell sensors can be heated".to_owned());
            }
        };
        let changes: Vec<Change> = [
            self.is.map(|word| Change::Probe(spot, word.0)),
            self.held_at_c.map(|celsius| Change::Hold(spot, Some(celsius.0))),
            (self.free == Some(true)).then_some(Change::Hold(spot, None)),
            climb,
            self.beta_k.map(|beta| Change::Beta(spot, beta.0)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if changes.is_empty() {
            return Err("a sensor says what happens to it, such as is = \"open\"".to_owned());
        }
        Ok(changes)
    }
}

/// `current_channel = { … }` as it is written; what is left out is right again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CurrentText {
    gain: Option<Factor>,
    offset_a: Option<SignedAmps>,
    stuck_a: Option<SignedAmps>,
    dead_band_a: Option<Amount>,
}

impl CurrentText {
    pub(super) fn meaning(self) -> CurrentError {
        let right = CurrentError::default();
        CurrentError {
            gain: self.gain.map_or(right.gain, |gain| gain.0),
            offset_a: self.offset_a.map_or(right.offset_a, |amps| amps.0),
            stuck_a: self.stuck_a.map(|amps| amps.0),
            dead_band_a: self.dead_band_a.map_or(right.dead_band_a, |amps| amps.0),
        }
    }
}

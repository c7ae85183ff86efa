//! The protection limits: threshold, recovery and both delays of every (fault, level), for both
//! built-in profiles and the three chemistries.
//!
//! Numbers of profile `vendor` come from the vendor's product sheet, register dumps of real boards
//! and the K-series manual; numbers of profile `strict` are chosen between Libre Solar, foxBMS,
//! Seplos and the Venus driver so that no cell passes its maker's upper limit (IEC 62619:2022).
//! What no source states is our choice and marked *guess* in the row's comment with the reason it
//! is safe.

use crate::fault::{Fault, Flag, Level, Quantity, Watch};
use crate::{Profile, Unit};

/// What the numbers of a row count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// Millivolts of one cell.
    Cell,
    /// Millivolts that nobody may change.
    FixedVoltage,
    /// Millivolts between two cells.
    CellGap,
    /// Millivolts per cell, times the number of cells, rounded down to 0.1 V (over-voltage).
    PackDown,
    /// Millivolts per cell, times the number of cells, rounded up to 0.1 V (under-voltage).
    PackUp,
    /// Thousandths of the board's rated current.
    RatedCurrent,
    /// Thousandths of the charge limit.
    ChargeLimit,
    /// Milliamperes that nobody may change.
    FixedCurrent,
    /// Tenths of a degree Celsius.
    Temperature,
    /// Tenths of a kelvin between two sensors.
    TemperatureGap,
    /// Tenths of a kelvin within a minute.
    Rate,
    /// Millivolts that a cell fell against the others.
    Drift,
    /// Thousandths of the capacity.
    Share,
    /// A state that is either there or not.
    State,
}

impl Base {
    /// The unit of the resolved limit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Cell
            | Self::FixedVoltage
            | Self::CellGap
            | Self::Drift
            | Self::PackDown
            | Self::PackUp => Unit::Millivolt,
            Self::RatedCurrent | Self::ChargeLimit | Self::FixedCurrent => Unit::Milliamp,
            Self::Temperature => Unit::Celsius,
            Self::TemperatureGap | Self::Rate => Unit::KelvinDifference,
            Self::Share => Unit::Permille,
            Self::State => Unit::None,
        }
    }

    /// Smallest and largest threshold that may be stored, in the unit of the resolved limit.
    #[must_use]
    pub const fn range(self) -> (i32, i32) {
        match self {
            // Any cell threshold: 1000 to 5000 mV (production table, section 1.3).
            Self::Cell => (1_000, 5_000),
            Self::FixedVoltage => (-20, 400),
            // From one step of the reading to more than any cell has.
            Self::CellGap | Self::Drift => (1, 5_000),
            Self::PackDown | Self::PackUp => (3_000, 120_000),
            // Up to 5 kA, the largest short-circuit limit.
            Self::RatedCurrent | Self::ChargeLimit | Self::FixedCurrent => (100, 5_000_000),
            // Arithmetic and tables are valid from -50 to 130 °C.
            Self::Temperature => (-500, 1_300),
            Self::TemperatureGap | Self::Rate => (1, 1_000),
            // One step beyond full switches an upper alarm off.
            Self::Share => (0, 1_001),
            Self::State => (0, 1),
        }
    }

    /// Whether a host may change the threshold and the recovery.
    #[must_use]
    pub const fn is_settable(self) -> bool {
        !matches!(self, Self::FixedVoltage | Self::FixedCurrent | Self::State)
    }
}

/// Numbers of one profile: by chemistry LFP, NMC, LTO where they differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Numbers {
    /// Trips at this value or beyond.
    pub threshold: [i32; 3],
    /// Recovers strictly on the good side of this value.
    pub recovery: [i32; 3],
    /// How long the condition must last before it acts.
    pub delay_ms: u32,
    /// How long the recovery must last before it releases.
    pub release_ms: u32,
}

/// One row: a level of a fault that this board detects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitRow {
    /// Which fault.
    pub fault: Fault,
    /// Which level of it.
    pub level: Level,
    /// What is compared.
    pub watch: Watch,
    /// What the numbers count.
    pub base: Base,
    /// Profile `strict`.
    pub strict: Numbers,
    /// Profile `vendor`.
    pub vendor: Numbers,
}

impl LimitRow {
    /// The numbers of a profile.
    #[must_use]
    pub const fn numbers(&self, profile: Profile) -> &Numbers {
        match profile {
            Profile::Strict => &self.strict,
            Profile::Vendor => &self.vendor,
        }
    }
}

/// Numbers that differ by chemistry.
const fn by(threshold: [i32; 3], recovery: [i32; 3], delay_ms: u32, release_ms: u32) -> Numbers {
    Numbers { threshold, recovery, delay_ms, release_ms }
}

/// Numbers that are the same for all chemistries.
const fn all(threshold: i32, recovery: i32, delay_ms: u32, release_ms: u32) -> Numbers {
    by([threshold; 3], [recovery; 3], delay_ms, release_ms)
}

macro_rules! limits {
    ($($fault:ident $level:ident $watch:expr, $base:ident: $strict:expr, $vendor:expr;)*) => {
        /// The table of limits, grouped by fault, levels rising.
        pub const LIMITS: &[LimitRow] = &[$(LimitRow {
            fault: Fault::$fault,
            level: Level::$level,
            watch: $watch,
            base: Base::$base,
            strict: $strict,
            vendor: $vendor,
        }),*];
    };
}

/// Shorthands that keep the table narrow.
const fn hi(quantity: Quantity) -> Watch {
    Watch::High(quantity)
}
/// See [`hi`].
const fn lo(quantity: Quantity) -> Watch {
    Watch::Low(quantity)
}
/// See [`hi`].
const fn on(flag: Flag) -> Watch {
    Watch::While(flag)
}
/// A state: the delay to set and the delay to release in ms, the same for both profiles.
const fn state(delay_ms: u32, release_ms: u32) -> Numbers {
    all(1, 1, delay_ms, release_ms)
}

use Quantity as Q;

// Columns of `by` and `all`: threshold, recovery, delay to set in ms, delay to release in ms.
limits! {
    // Production table §1.1 and §1.2.
    CellOverVoltage Alarm hi(Q::HighestCell), Cell:
        by([3_550, 4_180, 2_700], [3_500, 4_130, 2_680], 2_000, 2_000),
        by([3_650, 4_200, 2_800], [3_600, 4_150, 2_780], 1_000, 1_000);
    CellOverVoltage Protection hi(Q::HighestCell), Cell:
        by([3_650, 4_200, 2_750], [3_400, 4_080, 2_600], 700, 3_000),
        by([3_750, 4_250, 2_850], [3_550, 4_150, 2_750], 1_000, 1_000);
    CellOverVoltage Hard hi(Q::HighestCell), Cell:
        by([3_800, 4_250, 2_850], [3_400, 4_080, 2_600], 1_000, 3_000),
        by([3_800, 4_300, 2_900], [3_650, 4_200, 2_800], 1_000, 1_000);
    // 100 mV above the hard limit; recovery as there. State machine, row 4.
    ExtremeOverVoltage Protection hi(Q::HighestCell), Cell:
        by([3_900, 4_350, 2_950], [3_400, 4_080, 2_600], 200, 3_000),
        by([3_900, 4_400, 3_000], [3_650, 4_200, 2_800], 200, 1_000);
    ChargeNotStopped Protection on(Flag::ChargeNotStopped), State: state(200, 3_000), state(200, 3_000);
    CellUnderVoltage Alarm lo(Q::LowestCell), Cell:
        by([2_900, 3_200, 2_000], [2_950, 3_250, 2_020], 2_000, 2_000),
        by([2_500, 3_000, 1_800], [2_550, 3_050, 1_820], 1_000, 1_000);
    CellUnderVoltage Protection lo(Q::LowestCell), Cell:
        by([2_500, 3_000, 1_900], [3_000, 3_500, 2_100], 2_000, 3_000),
        by([2_200, 2_700, 1_700], [2_300, 2_800, 1_800], 1_000, 1_000);
    CellUnderVoltage Hard lo(Q::LowestCell), Cell:
        by([2_200, 2_700, 1_700], [3_000, 3_500, 2_100], 1_000, 3_000),
        by([2_100, 2_600, 1_600], [2_200, 2_700, 1_700], 500, 1_000);
    // Opens after 1 s; the lock comes with the hard level after 10 s. The recovery before the lock
    // is the hard limit of under-voltage: *guess*, safe because charging is allowed above it.
    DeepUnderVoltage Protection lo(Q::LowestCell), Cell:
        by([2_000, 2_000, 1_200], [2_200, 2_700, 1_700], 1_000, 3_000),
        by([1_500, 2_000, 1_200], [2_100, 2_600, 1_600], 1_000, 3_000);
    DeepUnderVoltage Hard lo(Q::LowestCell), Cell:
        by([2_000, 2_000, 1_200], [2_200, 2_700, 1_700], 10_000, 3_000),
        by([1_500, 2_000, 1_200], [2_100, 2_600, 1_600], 10_000, 3_000);
    // Three samples of 100 ms. Below zero by more than the reading may be wrong.
    CellInversion Protection lo(Q::LowestCell), FixedVoltage:
        all(-20, 0, 200, 3_000), all(-20, 0, 200, 3_000);

    // Production table §2, in mV per cell.
    PackOverVoltage Alarm hi(Q::Pack), PackDown:
        by([3_550, 4_180, 2_700], [3_500, 4_130, 2_680], 1_000, 1_000),
        by([3_650, 4_200, 2_800], [3_600, 4_150, 2_780], 1_000, 1_000);
    PackOverVoltage Protection hi(Q::Pack), PackDown:
        by([3_650, 4_200, 2_750], [3_400, 4_080, 2_600], 1_000, 3_000),
        by([3_725, 4_225, 2_825], [3_625, 4_125, 2_725], 1_000, 3_000);
    PackUnderVoltage Alarm lo(Q::Pack), PackUp:
        by([2_900, 3_200, 2_000], [2_950, 3_250, 2_020], 1_000, 1_000),
        by([2_500, 3_000, 1_800], [2_550, 3_050, 1_820], 1_000, 1_000);
    PackUnderVoltage Protection lo(Q::Pack), PackUp:
        by([2_500, 3_000, 1_900], [3_000, 3_500, 2_100], 1_000, 3_000),
        by([2_150, 2_650, 1_650], [2_250, 2_750, 1_750], 1_000, 3_000);

    // Production table §3. Recoveries of L2 and L3 are the L1 ones: release follows the rule of
    // the fault, which first needs the current to be gone.
    ChargeOverCurrent Alarm hi(Q::ChargeCurrent), ChargeLimit:
        all(1_050, 1_000, 10_000, 1_000),
        all(1_600, 1_520, 10_000, 1_000); // 0.8 × I_r; the vendor's charge limit is 0.5 × I_r
    ChargeOverCurrent Protection hi(Q::ChargeCurrent), ChargeLimit:
        all(1_150, 1_000, 10_000, 30_000),
        all(2_000, 1_520, 10_000, 30_000);
    ChargeOverCurrent Hard hi(Q::ChargeCurrent), ChargeLimit:
        all(1_500, 1_000, 1_000, 30_000),
        all(3_000, 1_520, 1_000, 30_000);
    DischargeOverCurrent Alarm hi(Q::DischargeCurrent), RatedCurrent:
        all(1_050, 1_000, 1_000, 1_000),
        all(800, 760, 1_000, 1_000);
    DischargeOverCurrent Protection hi(Q::DischargeCurrent), RatedCurrent:
        all(1_150, 1_000, 10_000, 30_000),
        all(1_000, 760, 1_000, 30_000);
    DischargeOverCurrent Hard hi(Q::DischargeCurrent), RatedCurrent:
        all(1_500, 1_000, 1_000, 30_000),
        all(1_500, 760, 1_000, 30_000);
    // The chip's own delay (150 µs) is its setting; this row only holds the story afterwards.
    ShortCircuit Protection Watch::Alert, State: state(0, 0), state(0, 0);
    // Both proved by the switch stage before they are told. State machine, rows 23 and 24.
    ChargeStuckClosed Protection on(Flag::ChargeStuck), State: state(0, 3_000), state(0, 3_000);
    DischargeStuckClosed Protection on(Flag::DischargeStuck), State: state(0, 3_000), state(0, 3_000);
    // State machine, row 25; the release delay is the wait before the path is tried again, *guess*:
    // one second of conduction heats a diode by 350 J at 100 A and this gives it thirty to cool.
    SwitchStuckOpen Alarm hi(Q::PathDrop), FixedVoltage:
        all(400, 300, 1_000, 1_000), all(400, 300, 1_000, 1_000);
    SwitchStuckOpen Protection on(Flag::DiodeLoaded), State: state(1_000, 30_000), state(1_000, 30_000);
    PrechargeFailed Protection on(Flag::PrechargeFailed), State: state(0, 300_000), state(0, 300_000);
    // A reversed charger or load holds P- beyond the pack. *Guess*: half a second is longer than
    // a plug bounces.
    ReversePolarity Protection on(Flag::ReversePolarity), State: state(500, 3_000), state(500, 3_000);
    NotCalibrated Alarm on(Flag::NotCalibrated), State: state(0, 0), state(0, 0);
    ZeroRefused Alarm on(Flag::ZeroRefused), State: state(0, 0), state(0, 0);

    // Production table §4. The third level of profile `strict` is L2 and 5 K, held by the chip.
    ChargeOverTemperature Alarm hi(Q::HottestCell), Temperature:
        by([450, 450, 500], [430, 430, 480], 5_000, 5_000),
        all(500, 480, 1_000, 1_000);
    ChargeOverTemperature Protection hi(Q::HottestCell), Temperature:
        by([550, 500, 600], [450, 450, 500], 5_000, 30_000),
        all(550, 500, 1_000, 1_000);
    ChargeOverTemperature Hard hi(Q::HottestCell), Temperature:
        by([600, 550, 650], [450, 450, 500], 1_000, 30_000),
        all(750, 650, 1_000, 1_000);
    ChargeUnderTemperature Alarm lo(Q::ColdestCell), Temperature:
        by([50, 50, -100], [70, 70, -80], 5_000, 5_000),
        all(50, 70, 1_000, 1_000);
    ChargeUnderTemperature Protection lo(Q::ColdestCell), Temperature:
        by([20, 20, -200], [50, 50, -100], 5_000, 30_000),
        all(0, 50, 1_000, 1_000);
    ChargeUnderTemperature Hard lo(Q::ColdestCell), Temperature:
        by([-30, -30, -250], [50, 50, -100], 1_000, 30_000),
        all(-50, 0, 1_000, 1_000);
    DischargeOverTemperature Alarm hi(Q::HottestCell), Temperature:
        all(550, 530, 5_000, 5_000),
        all(500, 480, 1_000, 1_000);
    DischargeOverTemperature Protection hi(Q::HottestCell), Temperature:
        all(600, 550, 5_000, 30_000),
        all(550, 500, 1_000, 1_000);
    DischargeOverTemperature Hard hi(Q::HottestCell), Temperature:
        all(650, 550, 1_000, 30_000),
        all(700, 650, 1_000, 1_000);
    DischargeUnderTemperature Alarm lo(Q::ColdestCell), Temperature:
        all(-100, -80, 5_000, 5_000),
        all(-150, -130, 1_000, 1_000);
    DischargeUnderTemperature Protection lo(Q::ColdestCell), Temperature:
        all(-200, -100, 5_000, 30_000),
        all(0, -150, 1_000, 1_000); // as read out of a real board; works as 2 °C, see `core`
    DischargeUnderTemperature Hard lo(Q::ColdestCell), Temperature:
        all(-250, -100, 1_000, 30_000),
        all(-300, -250, 1_000, 1_000);
    // Release of the switches after 10 s: state machine, table of releases. The third level of
    // switches and board is the vendor's; in profile `strict` it is a *guess* that opens nothing
    // which L2 has not opened long before.
    SwitchOverTemperature Alarm hi(Q::Switches), Temperature:
        all(850, 830, 1_000, 1_000),
        all(950, 930, 1_000, 1_000);
    SwitchOverTemperature Protection hi(Q::Switches), Temperature:
        all(1_000, 700, 1_000, 10_000),
        all(1_000, 650, 1_000, 1_000);
    SwitchOverTemperature Hard hi(Q::Switches), Temperature:
        all(1_050, 700, 1_000, 10_000),
        all(1_050, 700, 1_000, 1_000);
    BoardOverTemperature Alarm hi(Q::Board), Temperature:
        all(650, 630, 5_000, 5_000),
        all(650, 630, 1_000, 1_000);
    BoardOverTemperature Protection hi(Q::Board), Temperature:
        all(750, 600, 5_000, 30_000),
        all(700, 650, 1_000, 1_000);
    BoardOverTemperature Hard hi(Q::Board), Temperature:
        all(800, 600, 5_000, 30_000),
        all(750, 700, 1_000, 1_000);
    TemperatureDifference Alarm hi(Q::TemperatureDifference), TemperatureGap:
        all(100, 80, 10_000, 10_000), all(100, 80, 1_000, 1_000);
    TemperatureDifference Protection hi(Q::TemperatureDifference), TemperatureGap:
        all(150, 80, 10_000, 30_000), all(150, 120, 1_000, 1_000);
    TemperatureDifference Hard hi(Q::TemperatureDifference), TemperatureGap:
        all(200, 80, 1_000, 30_000), all(200, 150, 1_000, 1_000);
    // Tenths of a kelvin per minute.
    ThermalRunaway Alarm hi(Q::RateOfRise), Rate:
        all(30, 20, 1_000, 10_000), all(30, 20, 1_000, 10_000);
    ThermalRunaway Protection on(Flag::Runaway), State: state(1_000, 30_000), state(1_000, 30_000);

    // Production table §5. The hard level releases by override only in profile `strict`; its
    // release delay is the rest below recovery that ends the override.
    CellDifference Alarm hi(Q::CellDifference), CellGap:
        all(200, 150, 10_000, 10_000), all(450, 430, 1_000, 1_000);
    CellDifference Protection hi(Q::CellDifference), CellGap:
        all(500, 400, 10_000, 10_000), all(500, 450, 1_000, 1_000);
    CellDifference Hard hi(Q::CellDifference), CellGap:
        all(1_000, 800, 5_000, 60_000), all(1_000, 800, 1_000, 1_000);
    InternalShort Alarm hi(Q::DriftInADay), Drift: all(10, 5, 0, 0), all(10, 5, 0, 0);
    InternalShort Protection hi(Q::DriftInAnHour), Drift: all(50, 25, 0, 0), all(50, 25, 0, 0);
    LowSoc Alarm lo(Q::Soc), Share: all(200, 250, 5_000, 5_000), all(0, 20, 1_000, 1_000);
    LowSoc Protection lo(Q::Soc), Share: all(100, 150, 5_000, 5_000), all(0, 20, 1_000, 1_000);
    LowSoc Hard lo(Q::Soc), Share: all(50, 100, 5_000, 5_000), all(50, 100, 1_000, 1_000);
    // Off in both profiles: no state of charge reaches one step beyond full. The vendor's boards
    // carry the alarm, its number is not published.
    HighSoc Alarm hi(Q::Soc), Share: all(1_001, 950, 5_000, 5_000), all(1_001, 950, 5_000, 5_000);
    HighSoc Protection hi(Q::Soc), Share: all(1_001, 950, 5_000, 5_000), all(1_001, 950, 5_000, 5_000);

    // States: delays of the decision table, 3 s of good readings to release.
    SensorMissing Protection on(Flag::SensorMissing), State: state(1_000, 3_000), state(1_000, 3_000);
    SwitchSensorMissing Alarm on(Flag::SwitchSensorMissing), State: state(1_000, 3_000), state(1_000, 3_000);
    // The chip confirms twice before it reports a wire.
    OpenWire Protection on(Flag::OpenWire), State: state(0, 3_000), state(0, 3_000);
    ChipLost Protection on(Flag::ChipSilent), State: state(500, 3_000), state(500, 3_000);
    SumMismatch Protection on(Flag::SumMismatch), State: state(1_000, 3_000), state(1_000, 3_000);
    CurrentSensor Protection on(Flag::CurrentInvalid), State: state(200, 3_000), state(200, 3_000);
    StaleData Alarm on(Flag::Stale), State: state(0, 3_000), state(0, 3_000);
    StaleData Protection on(Flag::PermitEnded), State: state(0, 3_000), state(0, 3_000);
    Memory Alarm on(Flag::MemoryWorn), State: state(0, 0), state(0, 0);
    Memory Protection on(Flag::ParametersLost), State: state(0, 3_000), state(0, 3_000);
    Clock Alarm on(Flag::ClockBroken), State: state(0, 0), state(0, 0);
    SelfTest Protection on(Flag::SelfTestFailed), State: state(0, 3_000), state(0, 3_000);
    ChipWatchdog Protection on(Flag::ChipWatchdog), State: state(0, 0), state(0, 0);
    NotCommissioned Alarm on(Flag::OutsideWindow), State: state(0, 0), state(0, 0);
    NotCommissioned Protection on(Flag::NotCommissioned), State: state(0, 0), state(0, 0);
}

/// How many limits there are.
pub const LIMIT_COUNT: usize = LIMITS.len();

/// Least hysteresis between a threshold and its own recovery, in the unit of the base: 50 mV a
/// cell (LTO 20 mV), the same times the cells for the pack, 20 mV and 2 K for differences, 2 K, 1 %
/// of charge. Production table, head.
///
/// For the pack rounded down to 0.1 V, but at least that: both numbers of a built-in pair are
/// rounded the same way, which can bring them that much closer (11 cells of NMC: 45.9 and 45.4 V,
/// 0.5 V apart and not 0.55 V). Production table, §11.1, rule 3.
#[must_use]
pub const fn least_hysteresis(base: Base, chemistry: crate::Chemistry, cells: i32) -> i32 {
    let cell = match chemistry {
        crate::Chemistry::Lto => 20,
        crate::Chemistry::Lfp | crate::Chemistry::Nmc => 50,
    };
    match base {
        Base::Cell => cell,
        Base::PackDown | Base::PackUp => {
            let pack = cells.saturating_mul(cell);
            let rounded = pack.saturating_sub(pack.rem_euclid(100));
            if rounded < 100 { 100 } else { rounded }
        }
        Base::Temperature => 20,
        Base::CellGap | Base::TemperatureGap => 20,
        Base::Share => 10,
        Base::FixedVoltage
        | Base::Drift
        | Base::Rate
        | Base::RatedCurrent
        | Base::ChargeLimit
        | Base::FixedCurrent
        | Base::State => 0,
    }
}

impl Fault {
    /// Whether this board detects it itself; others are only decoded from boards that report them.
    #[must_use]
    pub fn is_watched(self) -> bool {
        LIMITS.iter().any(|row| row.fault == self)
    }
}

/// Where a fault and a level that nobody watches stand in [`PLACES`].
const NOWHERE: u8 = u8::MAX;

/// Codes of faults are below this.
const CODES: usize = 64;

/// Place of every (fault, level) in [`LIMITS`]: the engine asks for it many times in a step.
const PLACES: [[u8; 3]; CODES] = {
    let mut places = [[NOWHERE; 3]; CODES];
    let mut rest = LIMITS;
    let mut place = 0_u8;
    while let [row, tail @ ..] = rest {
        let faults = places.split_at_mut(row.fault.code() as usize).1;
        if let [levels, ..] = faults {
            let [alarm, protection, hard] = levels;
            let slot = match row.level {
                Level::Alarm => alarm,
                Level::Protection => protection,
                Level::Hard => hard,
            };
            *slot = place;
        }
        place = place.wrapping_add(1);
        rest = tail;
    }
    places
};

/// Place of (fault, level) in [`LIMITS`], if this board detects it.
#[must_use]
pub fn place_of(fault: Fault, level: Level) -> Option<usize> {
    let place = *PLACES.get(usize::from(fault.code()))?.get(level.index())?;
    (place != NOWHERE).then_some(usize::from(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{FAULTS, Lock};

    #[test]
    fn every_fault_of_one_board_is_watched_and_only_those_of_the_surroundings_are_reported() {
        let reported: std::vec::Vec<_> =
            FAULTS.iter().map(|row| row.fault).filter(|fault| !fault.is_watched()).collect();
        assert_eq!(
            reported,
            [Fault::Parallel, Fault::HostCommunication, Fault::InternalCommunication]
        );
    }

    #[test]
    fn every_level_with_a_decision_row_is_watched_and_no_other() {
        for row in FAULTS.iter().filter(|row| row.fault.is_watched()) {
            for &level in Level::ALL {
                let number = row.rows[level.index()];
                assert_eq!(
                    number != 0,
                    place_of(row.fault, level).is_some(),
                    "{:?} {level:?}",
                    row.fault
                );
            }
        }
    }

    #[test]
    fn every_row_is_found_at_its_place() {
        for (place, row) in LIMITS.iter().enumerate() {
            assert_eq!(place_of(row.fault, row.level), Some(place));
        }
        assert_eq!(place_of(Fault::Parallel, Level::Protection), None);
        assert!(Fault::ALL.iter().all(|fault| usize::from(fault.code()) < CODES));
    }

    #[test]
    fn a_lock_hangs_on_a_level_that_is_watched() {
        for row in FAULTS {
            if let Lock::AtOnce(level) | Lock::Confirmed(level) = row.lock {
                assert!(place_of(row.fault, level).is_some(), "{:?}", row.fault);
            }
        }
    }

    #[test]
    fn strict_levels_rise_and_recover_on_the_good_side() {
        for limit in LIMITS {
            let high = matches!(limit.watch, Watch::High(_));
            for chemistry in 0..3 {
                let threshold = limit.strict.threshold[chemistry];
                let recovery = limit.strict.recovery[chemistry];
                if limit.base != Base::State {
                    assert_eq!(high, recovery < threshold, "{:?} {:?}", limit.fault, limit.level);
                }
                let next = LIMITS.iter().find(|other| {
                    other.fault == limit.fault
                        && other.watch == limit.watch
                        && other.level.code() == limit.level.code() + 1
                });
                if let Some(next) = next {
                    let higher = next.strict.threshold[chemistry];
                    assert!(if high { higher >= threshold } else { higher <= threshold });
                }
            }
        }
    }

    #[test]
    fn no_delay_of_voltage_or_temperature_is_below_100_ms() {
        for limit in LIMITS {
            let measured = matches!(
                limit.base,
                Base::Cell
                    | Base::FixedVoltage
                    | Base::PackDown
                    | Base::PackUp
                    | Base::Temperature
                    | Base::TemperatureGap
                    | Base::Rate
            );
            for numbers in [&limit.strict, &limit.vendor] {
                assert!(!measured || numbers.delay_ms >= 100, "{:?}", limit.fault);
            }
        }
    }
}

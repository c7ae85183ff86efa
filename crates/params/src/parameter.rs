//! System parameters: everything settable that is not a protection limit.
//!
//! A parameter is addressed by a `u16`: below 0x1000 a row of this table, from 0x1000 a protection
//! limit as (fault, level, field).

use crate::fault::{Fault, Level};
use crate::{Role, Unit};

/// The stable number of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ParamId(pub u16);

/// Which number of a protection limit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Field {
    /// The trip level.
    Threshold,
    /// The recovery level.
    Recovery,
    /// The delay before it acts, in ms.
    Delay,
    /// The delay before it releases, in ms.
    ReleaseDelay,
}

impl Field {
    /// Every field, in the order of the numbers.
    pub const ALL: [Self; 4] = [Self::Threshold, Self::Recovery, Self::Delay, Self::ReleaseDelay];

    /// The stable number, 0 to 3.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Threshold => 0,
            Self::Recovery => 1,
            Self::Delay => 2,
            Self::ReleaseDelay => 3,
        }
    }

    /// The stable lower-case key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Threshold => "threshold",
            Self::Recovery => "recovery",
            Self::Delay => "delay",
            Self::ReleaseDelay => "release_delay",
        }
    }
}

/// First id of the protection limits.
const LIMITS_START: u16 = 0x1000;

impl ParamId {
    /// The id of one field of one level of one fault.
    #[must_use]
    pub const fn of_limit(fault: Fault, level: Level, field: Field) -> Self {
        // fault < 256, level <= 3, field <= 3: the largest is 0x1FFF, tested below.
        let offset = fault
            .code()
            .saturating_mul(16)
            .saturating_add((level.code() as u16).saturating_mul(4))
            .saturating_add(field.code());
        Self(LIMITS_START.saturating_add(offset))
    }

    /// Which limit this is, if it is one.
    #[must_use]
    pub fn as_limit(self) -> Option<(Fault, Level, Field)> {
        let offset = self.0.checked_sub(LIMITS_START)?;
        let fault = Fault::from_code(offset / 16)?;
        let level = Level::from_code(u8::try_from((offset / 4) % 4).ok()?)?;
        let field = Field::ALL.into_iter().find(|field| field.code() == offset % 4)?;
        Some((fault, level, field))
    }
}

impl ParamId {
    /// The unit of the raw number, if there is such a parameter.
    #[must_use]
    pub fn unit(self) -> Option<Unit> {
        let Some((fault, level, field)) = self.as_limit() else {
            return Parameter::find(self).map(|row| row.unit);
        };
        let row = crate::limit::LIMITS.get(crate::limit::place_of(fault, level)?)?;
        Some(match field {
            Field::Threshold | Field::Recovery => row.base.unit(),
            Field::Delay | Field::ReleaseDelay => Unit::Millisecond,
        })
    }

    /// The least role that may write it, if there is such a parameter. What nobody may write is
    /// [`Config::is_settable`](crate::Config::is_settable)'s.
    #[must_use]
    pub fn role(self) -> Option<Role> {
        self.unit()?;
        Some(Parameter::find(self).map_or(Role::Installer, |row| row.role))
    }
}

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// The stable number.
    pub id: ParamId,
    /// The stable key, without the unit.
    pub key: &'static str,
    /// The unit of the raw number.
    pub unit: Unit,
    /// Smallest raw number that may be stored.
    pub min: i32,
    /// Largest raw number that may be stored.
    pub max: i32,
    /// Raw default of profile `strict` by chemistry: LFP, NMC, LTO.
    pub strict: [i32; 3],
    /// Raw default of profile `vendor` by chemistry: LFP, NMC, LTO.
    pub vendor: [i32; 3],
    /// The least role that may write it.
    pub role: Role,
    /// What it does, for a person.
    #[cfg(feature = "text")]
    pub help: &'static str,
    /// Where the default comes from.
    #[cfg(feature = "text")]
    pub source: &'static str,
}

macro_rules! parameters {
    ($($(#[$doc:meta])* $field:ident: $id:literal, $unit:ident, $min:literal..=$max:literal,
       $strict:expr, $vendor:expr, $role:ident, $help:literal, $source:literal;)*) => {
        /// The table of system parameters, in the order of the ids.
        pub const PARAMETERS: &[Parameter] = &[$(Parameter {
            id: ParamId($id),
            key: stringify!($field),
            unit: Unit::$unit,
            min: $min,
            max: $max,
            strict: $strict,
            vendor: $vendor,
            role: Role::$role,
            #[cfg(feature = "text")]
            help: $help,
            #[cfg(feature = "text")]
            source: $source,
        }),*];

        /// The ids by the keys of their rows.
        #[expect(non_upper_case_globals, reason = "they are spelled as their keys are")]
        pub mod id {
            use super::ParamId;

            $($(#[$doc])* pub const $field: ParamId = ParamId($id);)*
        }

        /// The raw value of every system parameter, each in the unit of its row.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct System {
            $($(#[$doc])* pub $field: i32,)*
        }

        impl System {
            /// The defaults of a profile for a chemistry.
            #[must_use]
            pub fn defaults(profile: crate::Profile, chemistry: crate::Chemistry) -> Self {
                let pick = |strict: [i32; 3], vendor: [i32; 3]| {
                    let [lfp, nmc, lto] = match profile {
                        crate::Profile::Strict => strict,
                        crate::Profile::Vendor => vendor,
                    };
                    match chemistry {
                        crate::Chemistry::Lfp => lfp,
                        crate::Chemistry::Nmc => nmc,
                        crate::Chemistry::Lto => lto,
                    }
                };
                Self { $($field: pick($strict, $vendor),)* }
            }

            /// The raw value of a row.
            #[must_use]
            pub const fn get(&self, id: ParamId) -> Option<i32> {
                match id.0 {
                    $($id => Some(self.$field),)*
                    _ => None,
                }
            }

            /// The place of a row's raw value.
            pub(crate) const fn slot(&mut self, id: ParamId) -> Option<&mut i32> {
                match id.0 {
                    $($id => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

parameters! {
    /// Cells in series.
    cells: 1, None, 3..=24, [16; 3], [16; 3], Installer,
        "Number of cells in series.", "K-series manual, connectors 1 and 2";
    /// Fitted cell-temperature sensors.
    sensors: 2, None, 1..=4, [2; 3], [2; 3], Installer,
        "Number of fitted cell-temperature sensors.", "K-series manual, NTC-A and NTC-B";
    /// Chemistry, by its number.
    chemistry: 3, None, 0..=2, [0, 1, 2], [0, 1, 2], Installer,
        "Chemistry of the cells: 0 LFP, 1 NMC, 2 LTO.", "vendor's register workbook";
    /// Built-in profile, by its number.
    profile: 4, None, 0..=1, [0; 3], [1; 3], Installer,
        "Where the defaults come from: 0 strict, 1 vendor.", "own";
    /// Rated continuous discharge current of the board.
    rated_current: 5, Milliamp, 30_000..=500_000, [200_000; 3], [200_000; 3], Factory,
        "Rated continuous discharge current of the board.", "vendor's product sheet, 30 to 500 A";
    /// Rated capacity; 0 while unset.
    rated_capacity: 6, MilliampHour, 0..=6_553_500, [0; 3], [0; 3], Installer,
        "Rated capacity of the pack; 0 while unset.", "K-series manual, chapter 3";
    /// Voltage of a full cell.
    full_voltage: 7, Millivolt, 1_000..=5_000, [3_450, 4_100, 2_650], [3_600, 4_175, 2_775], Installer,
        "Cell voltage at which a charge counts as full.",
        "strict: own choice below the cell's limit; vendor: read out of a real board";
    /// Charge current below which a held full voltage means full, of 1C.
    tail_current: 8, Permille, 1..=500, [50; 3], [50; 3], Installer,
        "Charge current below which a held full voltage means full, in thousandths of 1C.", "own";
    /// How long the tail must last.
    tail_wait: 9, Second, 1..=3_600, [180; 3], [180; 3], Installer,
        "How long full voltage and tail current must last.", "own";
    /// Cells below this are not bled.
    balance_start_voltage: 10, Millivolt, 1_000..=5_000, [3_400, 4_000, 2_500], [3_200, 3_800, 2_400], Installer,
        "Cells below this voltage are never bled.", "vendor's product sheet; strict: own";
    /// Difference to the lowest cell at which bleeding starts.
    balance_start_difference: 11, Millivolt, 1..=500, [10; 3], [20; 3], Installer,
        "A cell this far above the lowest one is bled.", "foxBMS; vendor: real boards";
    /// Difference at which bleeding stops.
    balance_stop_difference: 12, Millivolt, 0..=500, [5; 3], [10; 3], Installer,
        "Bleeding stops below this difference.", "own";
    /// Short-circuit current that the chip holds.
    short_circuit_current: 13, Milliamp, 10_000..=5_000_000, [1_000_000; 3], [2_000_000; 3], Factory,
        "Discharge current at which the chip opens by itself.", "strict 5, vendor 10 times rated";
    /// Short-circuit delay that the chip holds.
    short_circuit_delay: 14, Microsecond, 15..=450, [150; 3], [300; 3], Factory,
        "How long a short circuit may last.", "real boards 50 to 500 µs";
    /// Charge current limit of the cells, of 1C.
    charge_rate: 15, Permille, 10..=10_000, [500, 500, 2_000], [10_000; 3], Installer,
        "Largest continuous charge current of the cells, in thousandths of 1C.", "own; the cell's data sheet overrides";
    /// Whether chemistry, cell count and taps are confirmed; set by commissioning, not by a write.
    commissioned: 16, None, 0..=1, [0; 3], [0; 3], Factory,
        "Whether chemistry, cell count and taps have been confirmed.", "own";
    /// Largest voltage that the cell's maker allows while charging.
    upper_cell_voltage: 17, Millivolt, 1_000..=5_000, [3_650, 4_200, 2_800], [3_650, 4_200, 2_800], Factory,
        "Upper limit charging voltage of the cell; its data sheet overrides downwards.", "IEC 62619:2022 by way of its summaries";
    /// Lowest reading of a cell that is believed.
    plausible_low: 18, Millivolt, -500..=5_000, [500, 500, 300], [500, 500, 300], Factory,
        "A cell reading below this is proven by a test of the wires before it counts.", "own";
    /// Highest reading of a cell that is believed.
    plausible_high: 19, Millivolt, 1_000..=6_000, [4_500, 5_000, 3_500], [4_500, 5_000, 3_500], Factory,
        "A cell reading above this is proven by a test of the wires before it counts.", "own";
    /// Lowest voltage of a cell that may be put into service.
    window_low: 20, Millivolt, 1_000..=5_000, [2_500, 3_000, 1_800], [2_500, 3_000, 1_800], Factory,
        "Lowest voltage of a cell at its first connection.", "K-series manual, chapter 1";
    /// Highest voltage of a cell that may be put into service.
    window_high: 21, Millivolt, 1_000..=5_000, [3_600, 4_150, 2_800], [3_600, 4_150, 2_800], Factory,
        "Highest voltage of a cell at its first connection.", "K-series manual, chapter 1";
    /// Correction of the gain of the current channel.
    current_gain: 22, PartsPerMillion, -100_000..=100_000, [0; 3], [0; 3], Factory,
        "Added to the gain of the current channel.", "own";
    /// What is left of the error of the current channel after calibration, of full scale.
    current_residual: 23, Permille, 0..=1_000, [1_000; 3], [1_000; 3], Factory,
        "Largest error of the current left by the calibration, of full scale; above 5 it counts as none.", "K-series manual: 30 without calibration; own: 5";
    /// Correction of the gain of the cell channels.
    cell_gain: 24, PartsPerMillion, -20_000..=20_000, [0; 3], [0; 3], Factory,
        "Added to the gain of every cell channel.", "own";
    /// Correction of the gain of the pack channel.
    pack_gain: 25, PartsPerMillion, -20_000..=20_000, [0; 3], [0; 3], Factory,
        "Added to the gain of the pack channel.", "own";
    /// Beta of the temperature sensors.
    ntc_beta: 26, Kelvin, 2_000..=6_000, [3_435; 3], [3_435; 3], Installer,
        "Beta of the temperature sensors, 10 kΩ at 25 °C.", "trade: 3435 and 3950 are both in use";
    /// Coldest of three points of the sensors.
    ntc_cold: 27, Celsius, -500..=1_300, [0; 3], [0; 3], Installer,
        "Temperature of the coldest of three points that replace the Beta.", "own";
    /// Resistance there; 0 while the Beta is used.
    ntc_cold_ohms: 28, Ohm, 0..=1_000_000, [0; 3], [0; 3], Installer,
        "Resistance at the coldest point; 0 while the Beta is used.", "own";
    /// Middle of three points of the sensors.
    ntc_middle: 29, Celsius, -500..=1_300, [250; 3], [250; 3], Installer,
        "Temperature of the middle point.", "own";
    /// Resistance there.
    ntc_middle_ohms: 30, Ohm, 0..=1_000_000, [10_000; 3], [10_000; 3], Installer,
        "Resistance at the middle point.", "own";
    /// Hottest of three points of the sensors.
    ntc_hot: 31, Celsius, -500..=1_300, [850; 3], [850; 3], Installer,
        "Temperature of the hottest point.", "own";
    /// Resistance there.
    ntc_hot_ohms: 32, Ohm, 0..=1_000_000, [0; 3], [0; 3], Installer,
        "Resistance at the hottest point.", "own";
    /// Resistor of the pre-charge path; 0 while none is fitted.
    precharge_resistor: 33, Milliohm, 0..=1_000_000, [0; 3], [0; 3], Factory,
        "Resistor of the pre-charge path; 0 while none is fitted.", "own";
    /// How long one try of the pre-charge may take.
    precharge_timeout: 34, Millisecond, 200..=10_000, [2_000; 3], [2_000; 3], Installer,
        "How long one try of the pre-charge may take.", "foxBMS";
    /// How often the pre-charge is tried.
    precharge_tries: 35, None, 1..=5, [3; 3], [3; 3], Installer,
        "How often the pre-charge is tried.", "foxBMS";
    /// How long the resistor rests between two tries.
    precharge_pause: 36, Millisecond, 1_000..=60_000, [3_000; 3], [3_000; 3], Installer,
        "How long the resistor rests between two tries.", "foxBMS";
    /// Length of one pulse of the trip output.
    trip_pulse: 37, Millisecond, 200..=5_000, [1_000; 3], [1_000; 3], Installer,
        "Length of one pulse of the trip output.", "own: longer would burn a shunt-trip coil";
    /// When the buzzer sounds: 0 never, 1 for locks and runaway, 2 for every protection.
    buzzer: 38, None, 0..=2, [0; 3], [0; 3], Installer,
        "When the buzzer sounds: 0 never, 1 for locks, 2 for every protection.", "own";
    /// Whether a key is fitted: 0 none, 1 latching.
    key: 39, None, 0..=1, [0; 3], [0; 3], Installer,
        "Whether a key is fitted: 0 none, 1 a latching one that allows discharging.", "vendor's key switch";
    /// Heater on at or below this.
    heater_on: 40, Celsius, -500..=600, [40, 40, -180], [0; 3], Installer,
        "The heater starts at this temperature.", "own; vendor: read out of a real board";
    /// Heater off at or above this.
    heater_off: 41, Celsius, -500..=600, [80, 80, -80], [50; 3], Installer,
        "The heater stops at this temperature.", "own; vendor: read out of a real board";
    /// Shunt of the current channel.
    shunt: 42, Microohm, 10..=10_000, [125; 3], [125; 3], Factory,
        "Shunt of the current channel: 25 mV at the rated current.", "own, for exact steps of the chip";
    /// Number of this board on a shared line.
    board_number: 43, None, 1..=16, [1; 3], [1; 3], Installer,
        "Number of this board on a shared line.", "vendor's PC tool: 1 to 16";
    /// Whether a port without a login may still write once a password is set.
    legacy_writes: 44, None, 0..=1, [0; 3], [0; 3], Installer,
        "Whether dialects without a login still write once a password is set: 0 no, 1 yes.",
        "own: the safe one";
    /// How long nothing must happen before the board sleeps; 65535 is never.
    sleep_wait: 45, Second, 60..=65_535, [3_600; 3], [3_600; 3], Installer,
        "The board sleeps after so long without current, charger and traffic; 65535 is never.", "K-series manual, chapter 6.2: one hour";
    /// Whether the estimator corrects the counted charge: 0 counts alone, from full to full.
    estimator: 46, None, 0..=1, [1; 3], [1; 3], Installer,
        "Whether voltages correct the counted charge: 0 counts alone, 1 lets the estimator correct it.", "K-series manual, chapter 5: an option";
}

impl Parameter {
    /// The row with this id.
    #[must_use]
    pub fn find(id: ParamId) -> Option<&'static Self> {
        PARAMETERS.iter().find(|row| row.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chemistry, Profile};

    #[test]
    fn ids_rise_and_stay_below_the_limits() {
        assert!(PARAMETERS.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert!(PARAMETERS.iter().all(|row| row.id.0 < LIMITS_START));
    }

    #[test]
    fn every_default_lies_in_its_own_range() {
        for row in PARAMETERS {
            for value in row.strict.iter().chain(&row.vendor) {
                assert!((row.min..=row.max).contains(value), "{}", row.key);
            }
        }
    }

    #[test]
    fn a_limit_id_leads_back_to_its_limit() {
        for &fault in Fault::ALL {
            for &level in Level::ALL {
                for field in Field::ALL {
                    let id = ParamId::of_limit(fault, level, field);
                    assert_eq!(id.as_limit(), Some((fault, level, field)));
                }
            }
        }
        assert_eq!(ParamId(0x0FFF).as_limit(), None);
        assert_eq!(ParamId(0x1000).as_limit(), None);
    }

    #[test]
    fn values_are_read_by_id() {
        let system = System::defaults(Profile::Strict, Chemistry::Lto);
        assert_eq!(system.get(ParamId(7)), Some(2_650));
        assert_eq!(system.get(ParamId(999)), None);
    }
}

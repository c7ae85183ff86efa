//! The small closed vocabularies that every table and every crate shares.

use cellward_units::Voltage;

/// Most cells in series that a Cellward board guards (product profile `K`: 24).
pub const MAX_CELLS: usize = 24;

/// Most cell-temperature sensors on a Cellward board (two standard, two optional).
pub const MAX_SENSORS: usize = 4;

/// Most cells that a snapshot can hold, because boards of others report up to 48.
pub const SNAPSHOT_CELLS: usize = 48;

/// Most temperature sensors that a snapshot can hold, because boards of others report up to 16.
pub const SNAPSHOT_SENSORS: usize = 16;

/// Gives an enum a stable lower-case key per variant and a way back from its number.
macro_rules! keyed {
    (
        $(#[$doc:meta])*
        pub enum $name:ident : $repr:ty {
            $($(#[$variant_doc:meta])* $variant:ident = $code:literal, $key:literal;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr($repr)]
        pub enum $name {
            $($(#[$variant_doc])* $variant = $code,)*
        }

        impl $name {
            /// Every variant, in the order of the numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Every number with its key, in the order of the numbers.
            pub const WORDS: &'static [($repr, &'static str)] = &[$(($code, $key)),*];

            /// The stable number, as stored and as sent.
            #[must_use]
            pub const fn code(self) -> $repr {
                self as $repr
            }

            /// The variant with this number, if there is one.
            #[must_use]
            pub const fn from_code(code: $repr) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The stable lower-case key for machines.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)*
                }
            }
        }
    };
}

pub(crate) use keyed;

keyed! {
    /// The chemistry of the cells. Numbers as in the vendor's register workbook.
    pub enum Chemistry: u8 {
        /// Lithium iron phosphate, LiFePO4.
        Lfp = 0, "lfp";
        /// Nickel manganese cobalt and its kin ("Li-ion").
        Nmc = 1, "nmc";
        /// Lithium titanate.
        Lto = 2, "lto";
    }
}

impl Chemistry {
    /// The voltage that is printed on a cell, to name its kind; nothing is decided by it.
    /// Source: data sheets of common cells (EVE LF280K, Samsung INR21700-50E, Toshiba SCiB).
    #[must_use]
    pub const fn nominal_cell_voltage(self) -> Voltage {
        Voltage::from_millivolts(match self {
            Self::Lfp => 3_200,
            Self::Nmc => 3_600,
            Self::Lto => 2_300,
        })
    }
}

keyed! {
    /// A built-in set of protection numbers.
    pub enum Profile: u8 {
        /// Our default: inside the cell maker's usual limits.
        Strict = 0, "strict";
        /// Behaves like the boards of the vendor.
        Vendor = 1, "vendor";
    }
}

keyed! {
    /// Who is asking.
    pub enum Role: u8 {
        /// Reads, and the user switches.
        User = 0, "user";
        /// Protection and temperature groups, capacity, SOC, sleep, unlock.
        Installer = 1, "installer";
        /// Calibration totals and history.
        Factory = 2, "factory";
    }
}

keyed! {
    /// One of the two series switches between B- and P-.
    pub enum Switch: u8 {
        /// Lets charge current pass when closed.
        Charge = 0, "charge";
        /// Lets discharge current pass when closed.
        Discharge = 1, "discharge";
    }
}

impl Switch {
    /// The other one of the two.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Charge => Self::Discharge,
            Self::Discharge => Self::Charge,
        }
    }
}

keyed! {
    /// How awake the board is. A fault is not a mode.
    pub enum Mode: u8 {
        /// Off until woken by a person or a charger.
        Ship = 0, "ship";
        /// After under-voltage: samples rarely.
        DeepSleep = 1, "deep_sleep";
        /// Low power, the chip holds the authority.
        Sleep = 2, "sleep";
        /// Measuring at full rate.
        Awake = 3, "awake";
        /// Receiving new firmware.
        Update = 4, "update";
    }
}

keyed! {
    /// Which way charge moves while the board is awake.
    pub enum Flow: u8 {
        /// No current above the status threshold.
        Standby = 0, "standby";
        /// Only the pre-charge path conducts.
        Precharge = 1, "precharge";
        /// Current flows into the pack.
        Charging = 2, "charging";
        /// Current flows out of the pack.
        Discharging = 3, "discharging";
    }
}

keyed! {
    /// What woke the board last, or had it awake since its start. Numbers 1 to 11 as in the durable
    /// record layout; those that are missing belong to what this board does not have yet.
    pub enum Wake: u8 {
        /// It was powered, or started anew.
        PowerOn = 1, "power_on";
        /// The key was turned.
        Key = 3, "key";
        /// A charger was seen, or charge current.
        Charger = 4, "charger";
        /// A byte came in on a UART.
        Uart = 5, "uart";
        /// A frame to this board came in on RS485 or Modbus TCP.
        Rs485 = 6, "rs485";
        /// A load drew current.
        Load = 8, "load";
        /// An alarm or a protection came or went.
        Protection = 10, "protection";
        /// The highest cell rose.
        RisingCell = 11, "rising_cell";
        /// Somebody asked for something without a wire: the page in the same process, or a story.
        Command = 12, "command";
    }
}

keyed! {
    /// Why a board that is told to sleep stays awake.
    pub enum Busy: u8 {
        /// It tests itself.
        SelfTest = 1, "self_test";
        /// Current flows.
        Current = 2, "current";
        /// A charger is there.
        Charger = 3, "charger";
        /// Exactly one switch is open, so that current of the other direction must be waited for.
        OneSwitch = 4, "one_switch";
        /// A fault that needs somebody's attention has been there for less than a day.
        Alarm = 5, "alarm";
    }
}

keyed! {
    /// Why the estimator does not believe what it is shown.
    pub enum ChargeDoubt: u8 {
        /// It does.
        Believed = 0, "none";
        /// The voltage of a cell does not move while the current does.
        VoltageStands = 1, "voltage_stands";
        /// The current does not move while the voltages do.
        CurrentStands = 2, "current_stands";
        /// The voltages sink while the pack charges: the current sensor is the wrong way round.
        SignSwapped = 3, "sign_swapped";
        /// No cell of the chemistry that was set has such a voltage.
        OtherCell = 4, "other_cell";
        /// No cell works at such a temperature: its sensor has come off.
        TooCold = 5, "too_cold";
        /// The voltages say again and again that another charge flowed than was counted.
        CountDisagrees = 6, "count_disagrees";
    }
}

/// Number of a port on the board, as in its product profile.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PortId(pub u8);

keyed! {
    /// What the voltage between P- and B- says about the path through both switches.
    pub enum PathVerdict: u8 {
        /// Too much current flows, or both switches are open: nothing can be said.
        NotJudged = 0, "not_judged";
        /// As it should be.
        Good = 1, "good";
        /// There is resistance in the path.
        Resistance = 2, "resistance";
        /// A switch that was told to close does not conduct.
        DoesNotConduct = 3, "does_not_conduct";
        /// The open switch's diode does not explain it: stop using the pack.
        StopUsing = 4, "stop_using";
    }
}

impl PathVerdict {
    /// Judges P- against B- by what the switches are told to be, at next to no current.
    /// Bands: vendor's trouble table; with both closed 0.10 and 0.30 V, with one open 1.0 V in the
    /// direction of its body diode (the blocked direction may show anything).
    #[must_use]
    pub fn judge(commanded: crate::record::Switches, port: Voltage) -> Self {
        let port = port.as_millivolts();
        match (commanded.charge, commanded.discharge) {
            (true, true) => match port.saturating_abs() {
                0..=100 => Self::Good,
                101..=300 => Self::Resistance,
                _ => Self::DoesNotConduct,
            },
            // The diode of an open charge switch lets a load pull P- up by a diode drop, that of
            // an open discharge switch lets a charger pull it down.
            (false, true) if port > 1_000 => Self::StopUsing,
            (true, false) if port < -1_000 => Self::StopUsing,
            (false, false) => Self::NotJudged,
            _ => Self::Good,
        }
    }
}

#[cfg(test)]
mod tests {
    use cellward_units::Voltage;

    use super::*;
    use crate::record::Switches;

    //
    #[test]
    fn the_path_is_judged_by_what_the_switches_are_told_to_be() {
        let judge = |charge, discharge, millivolts| {
            PathVerdict::judge(Switches { charge, discharge }, Voltage::from_millivolts(millivolts))
        };
        for (charge, discharge, millivolts, verdict) in [
            (true, true, 100, PathVerdict::Good),
            (true, true, -101, PathVerdict::Resistance),
            (true, true, 300, PathVerdict::Resistance),
            (true, true, -301, PathVerdict::DoesNotConduct),
            (false, true, 1_000, PathVerdict::Good),
            (false, true, 1_001, PathVerdict::StopUsing),
            (false, true, -40_000, PathVerdict::Good),
            (true, false, -1_000, PathVerdict::Good),
            (true, false, -1_001, PathVerdict::StopUsing),
            (true, false, 40_000, PathVerdict::Good),
            (false, false, 40_000, PathVerdict::NotJudged),
        ] {
            assert_eq!(judge(charge, discharge, millivolts), verdict, "{millivolts}");
        }
    }
}

//! The payloads, one struct each. Fields hold the raw numbers as sent, named with their raw unit;
//! methods give quantities. Bytes that a layout does not define are kept in `rest`.
//!
//! Offsets are those of the vendor document V1.2 for 0x90 to 0x98 (A), of public captures and
//! client programs for the others; see the certainty table of the module.

use cellward_units::{Charge, Ratio, Temperature, Voltage};

use super::field::{Field, Size};
use super::{PAYLOAD_LEN, command};

/// What a field of a payload can be made of.
trait Part: Sized {
    fn take(payload: &[u8; PAYLOAD_LEN], at: usize) -> Self;
    fn put(&self, payload: &mut [u8; PAYLOAD_LEN], at: usize);
}

impl<const N: usize> Part for [u8; N] {
    fn take(payload: &[u8; PAYLOAD_LEN], at: usize) -> Self {
        let mut bytes = [0; N];
        for (slot, &byte) in bytes.iter_mut().zip(payload.iter().skip(at)) {
            *slot = byte;
        }
        bytes
    }

    fn put(&self, payload: &mut [u8; PAYLOAD_LEN], at: usize) {
        for (slot, &byte) in payload.iter_mut().skip(at).zip(self) {
            *slot = byte;
        }
    }
}

macro_rules! number_part {
    ($($number:ty),*) => {$(
        impl Part for $number {
            fn take(payload: &[u8; PAYLOAD_LEN], at: usize) -> Self {
                Self::from_be_bytes(Part::take(payload, at))
            }

            fn put(&self, payload: &mut [u8; PAYLOAD_LEN], at: usize) {
                self.to_be_bytes().put(payload, at);
            }
        }
    )*};
}
number_part!(u8, u16, u32);

/// A whole payload whose layout nobody knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Opaque {
    /// The bytes as sent.
    pub rest: [u8; PAYLOAD_LEN],
}

impl Opaque {
    /// Keeps the bytes.
    #[must_use]
    pub const fn parse(payload: &[u8; PAYLOAD_LEN]) -> Self {
        Self { rest: *payload }
    }

    /// The bytes as sent.
    #[must_use]
    pub const fn payload(&self) -> [u8; PAYLOAD_LEN] {
        self.rest
    }
}

/// Writes a struct, its positions and both directions from one list of fields.
macro_rules! payloads {
    ($(
        $(#[$doc:meta])*
        $name:ident ($command:expr) {
            $($(#[$field_doc:meta])* $field:ident $constant:ident $size:ident: $type:ty = $at:literal;)*
        } rest $($rest:literal, $rest_at:literal)?;
    )*) => {$(
        payloads!(@struct [$(#[$doc])*] $name [$($(#[$field_doc])* $field: $type, $at;)*] [$($rest, $rest_at)?]);

        impl $name {
            $(
                #[doc = concat!("Where `", stringify!($field), "` stands.")]
                pub const $constant: Field = Field {
                    command: $command,
                    name: stringify!($field),
                    at: $at,
                    size: Size::$size,
                };
            )*
        }
    )*};
    (@struct [$(#[$doc:meta])*] $name:ident [$($(#[$field_doc:meta])* $field:ident: $type:ty, $at:literal;)*] [$len:literal, $rest_at:literal]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
            /// Bytes that the layout does not define, as sent.
            pub rest: [u8; $len],
        }

        impl $name {
            /// Reads the payload; every payload is one.
            #[must_use]
            pub fn parse(payload: &[u8; PAYLOAD_LEN]) -> Self {
                Self {
                    $($field: Part::take(payload, $at),)*
                    rest: Part::take(payload, $rest_at),
                }
            }

            /// The payload as sent.
            #[must_use]
            pub fn payload(&self) -> [u8; PAYLOAD_LEN] {
                let mut payload = [0; PAYLOAD_LEN];
                $(self.$field.put(&mut payload, $at);)*
                self.rest.put(&mut payload, $rest_at);
                payload
            }
        }
    };
    (@struct [$(#[$doc:meta])*] $name:ident [$($(#[$field_doc:meta])* $field:ident: $type:ty, $at:literal;)*] []) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// Reads the payload; every payload is one.
            #[must_use]
            pub fn parse(payload: &[u8; PAYLOAD_LEN]) -> Self {
                Self { $($field: Part::take(payload, $at),)* }
            }

            /// The payload as sent.
            #[must_use]
            pub fn payload(&self) -> [u8; PAYLOAD_LEN] {
                let mut payload = [0; PAYLOAD_LEN];
                $(self.$field.put(&mut payload, $at);)*
                payload
            }
        }
    };
}

// field, position constant, size: type = offset; then bytes that nothing defines: count, offset.
payloads! {
    /// 0x90: pack voltage, current, SOC.
    Pack (command::PACK) {
        /// Voltage of the pack as the sum of its cells, 0.1 V.
        sum_decivolts SUM Two: u16 = 0;
        /// Voltage by a channel of its own, 0.1 V; 0 on almost every board.
        gathered_decivolts GATHERED Two: u16 = 2;
        /// Current in 0.1 A above 30000; what the sign means differs between boards.
        current_raw CURRENT Two: u16 = 4;
        /// SOC in 0.1 %.
        soc_permille SOC Two: u16 = 6;
    } rest;

    /// 0x91: highest and lowest cell.
    CellRange (command::CELL_RANGE) {
        /// Highest cell voltage, mV.
        highest_millivolts HIGHEST Two: u16 = 0;
        /// Its number, from 1.
        highest_number HIGHEST_NUMBER One: u8 = 2;
        /// Lowest cell voltage, mV.
        lowest_millivolts LOWEST Two: u16 = 3;
        /// Its number, from 1.
        lowest_number LOWEST_NUMBER One: u8 = 5;
    } rest 2, 6;

    /// 0x92: highest and lowest temperature, °C above -40.
    TemperatureRange (command::TEMPERATURE_RANGE) {
        /// Highest temperature, °C + 40.
        highest_raw HIGHEST One: u8 = 0;
        /// Its sensor, from 1.
        highest_number HIGHEST_NUMBER One: u8 = 1;
        /// Lowest temperature, °C + 40.
        lowest_raw LOWEST One: u8 = 2;
        /// Its sensor, from 1.
        lowest_number LOWEST_NUMBER One: u8 = 3;
    } rest 4, 4;

    /// 0x93: state, switches, heartbeat, remaining capacity.
    Switches (command::SWITCHES) {
        /// 0 stationary, 1 charging, 2 discharging.
        state STATE One: u8 = 0;
        /// Whether the charge switch is really closed.
        charge_closed CHARGE One: u8 = 1;
        /// Whether the discharge switch is really closed.
        discharge_closed DISCHARGE One: u8 = 2;
        /// Rolling heartbeat, not cycles.
        life LIFE One: u8 = 3;
        /// Remaining capacity, mAh.
        remaining_milliamp_hours REMAINING Four: u32 = 4;
    } rest;

    /// 0x94: counts, charger, load, lines, cycles.
    Status (command::STATUS) {
        /// Cells in series.
        cells CELLS One: u8 = 0;
        /// Temperature sensors.
        sensors SENSORS One: u8 = 1;
        /// Whether a charger is seen.
        charger CHARGER One: u8 = 2;
        /// Whether a load is seen.
        load LOAD One: u8 = 3;
        /// Digital inputs 1 to 4 in bits 0 to 3, outputs in bits 4 to 7.
        lines LINES One: u8 = 4;
        /// Cycles: V1.0; V1.2 calls it reserved, boards send cycles (B).
        cycles CYCLES Two: u16 = 5;
    } rest 1, 7;

    /// 0x95: three cells.
    Cells (command::CELLS) {
        /// Number of the frame, from 1 on every board seen.
        frame FRAME One: u8 = 0;
        /// First cell of the frame, mV.
        first_millivolts FIRST Two: u16 = 1;
        /// Second cell of the frame, mV.
        second_millivolts SECOND Two: u16 = 3;
        /// Third cell of the frame, mV.
        third_millivolts THIRD Two: u16 = 5;
    } rest 1, 7;

    /// 0x96: seven temperatures.
    Temperatures (command::TEMPERATURES) {
        /// Number of the frame, from 1 on every board seen.
        frame FRAME One: u8 = 0;
        /// Temperatures, °C + 40 each; 0xFF where a sensor gives none.
        raw FIRST One: [u8; 7] = 1;
    } rest;

    /// 0x97: which cells are bled.
    Balance (command::BALANCE) {
        /// Byte k, bit j, lowest first: cell 8k + j + 1.
        bits FIRST One: [u8; 6] = 0;
    } rest 2, 6;

    /// 0x98: alarms (level 1) and protections (level 2).
    Failures (command::FAILURES) {
        /// The bits of the vendor's failure table.
        bits FIRST One: [u8; 7] = 0;
        /// Numeric fault code, 0 none.
        code CODE One: u8 = 7;
    } rest;

    /// 0x50: ratings.
    Rated (command::RATED) {
        /// Rated capacity, mAh.
        capacity_milliamp_hours CAPACITY Four: u32 = 0;
        /// Nominal voltage of a cell, mV.
        cell_millivolts CELL Four: u32 = 4;
    } rest;

    /// 0x51: stacked boards.
    Boards (command::BOARDS) {
        /// How many boards.
        boards BOARDS One: u8 = 0;
        /// Cells on boards 1, 2, 3.
        cells CELLS One: [u8; 3] = 1;
        /// Sensors on boards 1, 2, 3.
        sensors SENSORS One: [u8; 3] = 4;
    } rest 1, 7;

    /// 0x52: charge that ever went in and came out.
    Totals (command::TOTALS) {
        /// In, Ah.
        charged_amp_hours CHARGED Four: u32 = 0;
        /// Out, Ah.
        discharged_amp_hours DISCHARGED Four: u32 = 4;
    } rest;

    /// 0x53: kind of battery and production date.
    Details (command::DETAILS) {
        /// Operation mode; 1 is "long press".
        operation_mode OPERATION_MODE One: u8 = 0;
        /// Kind of cells: 0 LFP, 1 ternary, 2 LTO (C).
        chemistry CHEMISTRY One: u8 = 1;
        /// Production year after 2000.
        year YEAR One: u8 = 2;
        /// Production month.
        month MONTH One: u8 = 3;
        /// Production day.
        day DAY One: u8 = 4;
        /// Sleep delay; 0xFFFF is off (C).
        sleep_raw SLEEP Two: u16 = 5;
    } rest 1, 7;

    /// 0x54: firmware index as eight characters.
    FirmwareIndex (command::FIRMWARE_INDEX) {
        /// The characters.
        text TEXT One: [u8; 8] = 0;
    } rest;

    /// 0x57, 0x62, 0x63: seven characters of a longer text.
    TextPart (command::BATTERY_CODE) {
        /// Number of the frame, from 1.
        frame FRAME One: u8 = 0;
        /// The characters.
        text TEXT One: [u8; 7] = 1;
    } rest;

    /// 0x59: cell voltage limits, mV.
    CellLimits (command::CELL_LIMITS) {
        /// High, level 1.
        high_alarm_millivolts HIGH_ALARM Two: u16 = 0;
        /// High, level 2.
        high_millivolts HIGH Two: u16 = 2;
        /// Low, level 1.
        low_alarm_millivolts LOW_ALARM Two: u16 = 4;
        /// Low, level 2.
        low_millivolts LOW Two: u16 = 6;
    } rest;

    /// 0x5A: pack voltage limits, 0.1 V.
    PackLimits (command::PACK_LIMITS) {
        /// High, level 1.
        high_alarm_decivolts HIGH_ALARM Two: u16 = 0;
        /// High, level 2.
        high_decivolts HIGH Two: u16 = 2;
        /// Low, level 1.
        low_alarm_decivolts LOW_ALARM Two: u16 = 4;
        /// Low, level 2.
        low_decivolts LOW Two: u16 = 6;
    } rest;

    /// 0x5B: current limits, 0.1 A above 30000. Which direction comes first is not settled (C).
    CurrentLimits (command::CURRENT_LIMITS) {
        /// First direction, level 1.
        first_alarm_raw FIRST_ALARM Two: u16 = 0;
        /// First direction, level 2.
        first_raw FIRST Two: u16 = 2;
        /// Second direction, level 1.
        second_alarm_raw SECOND_ALARM Two: u16 = 4;
        /// Second direction, level 2.
        second_raw SECOND Two: u16 = 6;
    } rest;

    /// 0x5C: temperature limits, °C + 40.
    TemperatureLimits (command::TEMPERATURE_LIMITS) {
        /// Charging, high, level 1.
        charge_high_alarm_raw CHARGE_HIGH_ALARM One: u8 = 0;
        /// Charging, high, level 2.
        charge_high_raw CHARGE_HIGH One: u8 = 1;
        /// Charging, low, level 1.
        charge_low_alarm_raw CHARGE_LOW_ALARM One: u8 = 2;
        /// Charging, low, level 2.
        charge_low_raw CHARGE_LOW One: u8 = 3;
        /// Discharging, high, level 1.
        discharge_high_alarm_raw DISCHARGE_HIGH_ALARM One: u8 = 4;
        /// Discharging, high, level 2.
        discharge_high_raw DISCHARGE_HIGH One: u8 = 5;
        /// Discharging, low, level 1.
        discharge_low_alarm_raw DISCHARGE_LOW_ALARM One: u8 = 6;
        /// Discharging, low, level 2.
        discharge_low_raw DISCHARGE_LOW One: u8 = 7;
    } rest;

    /// 0x5D: SOC limits, 0.1 %.
    SocLimits (command::SOC_LIMITS) {
        /// High, level 1.
        high_alarm_permille HIGH_ALARM Two: u16 = 0;
        /// High, level 2.
        high_permille HIGH Two: u16 = 2;
        /// Low, level 1.
        low_alarm_permille LOW_ALARM Two: u16 = 4;
        /// Low, level 2.
        low_permille LOW Two: u16 = 6;
    } rest;

    /// 0x5E: difference limits.
    DifferenceLimits (command::DIFFERENCE_LIMITS) {
        /// Cell voltages, level 1, mV.
        cell_alarm_millivolts CELL_ALARM Two: u16 = 0;
        /// Cell voltages, level 2, mV.
        cell_millivolts CELL Two: u16 = 2;
        /// Temperatures, level 1, K.
        temperature_alarm_kelvin TEMPERATURE_ALARM One: u8 = 4;
        /// Temperatures, level 2, K.
        temperature_kelvin TEMPERATURE One: u8 = 5;
    } rest 2, 6;

    /// 0x5F: balancing.
    BalanceSettings (command::BALANCE_SETTINGS) {
        /// Cells below this are not bled, mV.
        start_millivolts START Two: u16 = 0;
        /// Difference at which bleeding starts, mV.
        difference_millivolts DIFFERENCE Two: u16 = 2;
    } rest 4, 4;

    /// 0x60: short circuit.
    ShortCircuit (command::SHORT_CIRCUIT) {
        /// Trip current, A.
        trip_amps TRIP Two: u16 = 0;
        /// Shunt, µΩ.
        shunt_microohms SHUNT Two: u16 = 2;
    } rest 4, 4;

    /// 0x61 (read) and 0x21 (write): clock and SOC.
    ClockAndSoc (command::CLOCK) {
        /// Year after 2000.
        year YEAR One: u8 = 0;
        /// Month.
        month MONTH One: u8 = 1;
        /// Day.
        day DAY One: u8 = 2;
        /// Hour.
        hour HOUR One: u8 = 3;
        /// Minute.
        minute MINUTE One: u8 = 4;
        /// Second.
        second SECOND One: u8 = 5;
        /// SOC, 0.1 %.
        soc_permille SOC Two: u16 = 6;
    } rest;

    /// 0xD9, 0xDA and the acknowledgement of 0x21: one byte, 1 on or done, 0 off.
    SwitchWord (command::SET_DISCHARGE) {
        /// 1 on, 0 off.
        on ON One: u8 = 0;
    } rest 7, 1;
}

/// A temperature sent as degrees above -40.
pub(super) const fn celsius(raw: u8) -> Temperature {
    Temperature::from_celsius((raw as i32).saturating_sub(40))
}

impl Pack {
    /// Voltage of the pack as the sum of its cells.
    #[must_use]
    pub fn sum(&self) -> Voltage {
        Voltage::from_millivolts(i32::from(self.sum_decivolts).saturating_mul(100))
    }

    /// SOC; above the whole if the board sent nonsense.
    #[must_use]
    pub fn soc(&self) -> Ratio {
        Ratio::from_permille(self.soc_permille.into())
    }

    /// Current in tenths of an ampere without the offset; what the sign means differs between
    /// boards, which is why this is no quantity.
    #[must_use]
    pub fn current_tenths(&self) -> i32 {
        i32::from(self.current_raw).saturating_sub(30_000)
    }
}

impl Cells {
    /// The three cells of the frame.
    #[must_use]
    pub fn voltages(&self) -> [Voltage; 3] {
        [self.first_millivolts, self.second_millivolts, self.third_millivolts]
            .map(|millivolts| Voltage::from_millivolts(millivolts.into()))
    }
}

impl Switches {
    /// Remaining capacity; saturates at 2,147 Ah.
    #[must_use]
    pub fn remaining(&self) -> Charge {
        Charge::from_milliamp_hours(
            i32::try_from(self.remaining_milliamp_hours).unwrap_or(i32::MAX),
        )
    }
}

impl TemperatureRange {
    /// Highest temperature.
    #[must_use]
    pub const fn highest(&self) -> Temperature {
        celsius(self.highest_raw)
    }

    /// Lowest temperature.
    #[must_use]
    pub const fn lowest(&self) -> Temperature {
        celsius(self.lowest_raw)
    }
}

impl Balance {
    /// Whether cell `index` (from 0) is bled; cells past 47 are not carried.
    #[must_use]
    pub fn bled(&self, index: usize) -> bool {
        let byte = self.bits.get(index / 8).copied().unwrap_or(0);
        (byte >> (index % 8)) & 1 == 1
    }

    /// Marks cell `index` (from 0); cells past 47 cannot be.
    pub fn set_bled(&mut self, index: usize) {
        if let Some(byte) = self.bits.get_mut(index / 8) {
            *byte |= 1 << (index % 8);
        }
    }
}

impl Failures {
    /// Whether the bit of the vendor's failure table is set.
    #[must_use]
    pub fn bit(&self, byte: u8, bit: u8) -> bool {
        let byte = self.bits.get(usize::from(byte)).copied().unwrap_or(0);
        (byte >> (bit & 7)) & 1 == 1
    }

    /// Sets a bit of the vendor's failure table.
    pub fn set_bit(&mut self, byte: u8, bit: u8) {
        if let Some(byte) = self.bits.get_mut(usize::from(byte)) {
            *byte |= 1 << (bit & 7);
        }
    }
}

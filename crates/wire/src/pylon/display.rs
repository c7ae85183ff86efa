//! Messages and payloads as one line for a person. Numbers are shown as sent.

use core::fmt;

use super::{Alarms, Extreme, Limits, Message, Reply, System, status};

/// Writes a number that was sent in `1 / scale` units with its decimals.
fn decimals(f: &mut fmt::Formatter<'_>, raw: i32, scale: u32) -> fmt::Result {
    let sign = if raw < 0 { "-" } else { "" };
    let size = raw.unsigned_abs();
    let (whole, part) = (size.checked_div(scale), size.checked_rem(scale));
    let width = usize::try_from(scale.checked_ilog10().unwrap_or(0)).unwrap_or(0);
    write!(f, "{sign}{}.{:0width$}", whole.unwrap_or(size), part.unwrap_or(0))
}

/// Tenths of a kelvin as degrees Celsius, 273.1 apart: that is the number which the programs that
/// speak this protocol use, not 273.15.
fn celsius(f: &mut fmt::Formatter<'_>, decikelvin: u16) -> fmt::Result {
    decimals(f, i32::from(decikelvin).saturating_sub(2_731), 10)
}

/// An extreme in millivolts.
fn volts(f: &mut fmt::Formatter<'_>, extreme: &Extreme) -> fmt::Result {
    write!(f, "{} mV at {}/{}", extreme.raw, extreme.module, extreme.place)
}

/// An average and its extremes.
fn temperatures(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    average: u16,
    [coldest, hottest]: [&Extreme; 2],
) -> fmt::Result {
    write!(f, ", {name} ")?;
    celsius(f, average)?;
    for (word, extreme) in [("from", coldest), ("to", hottest)] {
        write!(f, " {word} ")?;
        celsius(f, extreme.raw)?;
        write!(f, " at {}/{}", extreme.module, extreme.place)?;
    }
    f.write_str(" °C")
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, address, device, code, payload } = self;
        write!(
            f,
            "version {version:02X}, address {address}, device {device:02X}, code {code:02X}"
        )?;
        if payload.is_empty() {
            return f.write_str(", no payload");
        }
        f.write_str(":")?;
        payload.iter().try_for_each(|byte| write!(f, " {byte:02X}"))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimals(f, self.voltage_millivolts.into(), 1_000)?;
        f.write_str(" V, ")?;
        decimals(f, self.current_centiamps.into(), 100)?;
        write!(
            f,
            " A as sent, SOC {} %, cycles {} (most {}), SOH {} % (least {}), cells ",
            self.soc_percent,
            self.cycles_average,
            self.cycles_most,
            self.soh_average_percent,
            self.soh_least_percent
        )?;
        volts(f, &self.lowest_cell_millivolts)?;
        f.write_str(" to ")?;
        volts(f, &self.highest_cell_millivolts)?;
        temperatures(
            f,
            "cells",
            self.cells_average_decikelvin,
            [&self.cells_coldest_decikelvin, &self.cells_hottest_decikelvin],
        )?;
        temperatures(
            f,
            "switches",
            self.switches_average_decikelvin,
            [&self.switches_coldest_decikelvin, &self.switches_hottest_decikelvin],
        )?;
        temperatures(
            f,
            "boards",
            self.boards_average_decikelvin,
            [&self.boards_coldest_decikelvin, &self.boards_hottest_decikelvin],
        )
    }
}

impl fmt::Display for Alarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "alarms {:02X} {:02X}, protections {:02X} {:02X}",
            self.alarm_1, self.alarm_2, self.protection_1, self.protection_2
        )
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("charge up to ")?;
        decimals(f, self.charge_millivolts.into(), 1_000)?;
        f.write_str(" V and ")?;
        decimals(f, self.charge_deciamps.into(), 10)?;
        f.write_str(" A, discharge down to ")?;
        decimals(f, self.discharge_millivolts.into(), 1_000)?;
        f.write_str(" V and up to ")?;
        decimals(f, self.discharge_deciamps.into(), 10)?;
        f.write_str(" A; allowed:")?;
        let names = [
            (status::CHARGE, " charging"),
            (status::DISCHARGE, " discharging"),
            (status::CHARGE_AT_ONCE_1, "; charge at once (1)"),
            (status::CHARGE_AT_ONCE_2, "; charge at once (2)"),
            (status::FULL_CHARGE, "; charge until full"),
        ];
        if self.status & (status::CHARGE | status::DISCHARGE) == 0 {
            f.write_str(" nothing")?;
        }
        let set = names.into_iter().filter(|(bit, _)| self.status & bit != 0);
        for (_, name) in set {
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(values) => write!(f, "system: {values}"),
            Self::Alarms(values) => write!(f, "alarms: {values}"),
            Self::Limits(values) => write!(f, "limits: {values}"),
        }
    }
}

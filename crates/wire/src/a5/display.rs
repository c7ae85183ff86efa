//! Each payload as one line for a person. Numbers are shown as sent, unbelievable ones too.

use core::fmt;

use super::MAX_CELLS;
use super::payload::{
    Balance, BalanceSettings, Boards, CellLimits, CellRange, Cells, ClockAndSoc, CurrentLimits,
    Details, DifferenceLimits, Failures, FirmwareIndex, Opaque, Pack, PackLimits, Rated,
    ShortCircuit, SocLimits, Status, SwitchWord, Switches, TemperatureLimits, TemperatureRange,
    Temperatures, TextPart, Totals, celsius,
};

/// Writes raw tenths the way a person reads them.
fn tenths(f: &mut fmt::Formatter<'_>, raw: i32) -> fmt::Result {
    let sign = if raw < 0 { "-" } else { "" };
    let size = raw.unsigned_abs();
    write!(f, "{sign}{}.{}", size / 10, size % 10)
}

/// Writes characters, and a dot for what is not one.
fn text(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("\"")?;
    for &byte in bytes {
        let shown = if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' };
        write!(f, "{shown}")?;
    }
    f.write_str("\"")
}

impl fmt::Display for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tenths(f, self.sum_decivolts.into())?;
        f.write_str(" V, gathered ")?;
        tenths(f, self.gathered_decivolts.into())?;
        write!(f, " V, current raw {} (", self.current_raw)?;
        tenths(f, self.current_tenths())?;
        f.write_str(" A as sent), SOC ")?;
        tenths(f, self.soc_permille.into())?;
        f.write_str(" %")
    }
}

impl fmt::Display for CellRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "highest {} mV at cell {}, lowest {} mV at cell {}",
            self.highest_millivolts,
            self.highest_number,
            self.lowest_millivolts,
            self.lowest_number
        )
    }
}

impl fmt::Display for TemperatureRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "highest {} °C at sensor {}, lowest {} °C at sensor {}",
            self.highest().as_celsius(),
            self.highest_number,
            self.lowest().as_celsius(),
            self.lowest_number
        )
    }
}

impl fmt::Display for Switches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "state {}, charge switch {}, discharge switch {}, life {}, remaining {} mAh",
            self.state,
            self.charge_closed,
            self.discharge_closed,
            self.life,
            self.remaining_milliamp_hours
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cells, {} sensors, charger {}, load {}, lines {:#04X}, cycles {}",
            self.cells, self.sensors, self.charger, self.load, self.lines, self.cycles
        )
    }
}

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "frame {}: {} {} {} mV",
            self.frame, self.first_millivolts, self.second_millivolts, self.third_millivolts
        )
    }
}

impl fmt::Display for Temperatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame {}:", self.frame)?;
        for raw in self.raw {
            match raw {
                0xFF => f.write_str(" --")?,
                _ => write!(f, " {}", celsius(raw).as_celsius())?,
            }
        }
        f.write_str(" °C")
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bleeding cells:")?;
        let mut any = false;
        for index in (0..MAX_CELLS).filter(|&index| self.bled(index)) {
            any = true;
            write!(f, " {}", index.saturating_add(1))?;
        }
        if any { Ok(()) } else { f.write_str(" none") }
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bits")?;
        for byte in self.bits {
            write!(f, " {byte:02X}")?;
        }
        write!(f, ", code {}", self.code)
    }
}

impl fmt::Display for Rated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rated {} mAh, nominal cell {} mV",
            self.capacity_milliamp_hours, self.cell_millivolts
        )
    }
}

impl fmt::Display for Boards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} boards, cells {:?}, sensors {:?}", self.boards, self.cells, self.sensors)
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "charged {} Ah, discharged {} Ah",
            self.charged_amp_hours, self.discharged_amp_hours
        )
    }
}

impl fmt::Display for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "operation mode {}, chemistry {}, made 20{:02}-{:02}-{:02}, sleep {:#06X}",
            self.operation_mode, self.chemistry, self.year, self.month, self.day, self.sleep_raw
        )
    }
}

impl fmt::Display for FirmwareIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text(f, &self.text)
    }
}

impl fmt::Display for TextPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame {}: ", self.frame)?;
        text(f, &self.text)
    }
}

impl fmt::Display for CellLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "high {} / {} mV, low {} / {} mV",
            self.high_alarm_millivolts,
            self.high_millivolts,
            self.low_alarm_millivolts,
            self.low_millivolts
        )
    }
}

impl fmt::Display for PackLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("high ")?;
        tenths(f, self.high_alarm_decivolts.into())?;
        f.write_str(" / ")?;
        tenths(f, self.high_decivolts.into())?;
        f.write_str(" V, low ")?;
        tenths(f, self.low_alarm_decivolts.into())?;
        f.write_str(" / ")?;
        tenths(f, self.low_decivolts.into())?;
        f.write_str(" V")
    }
}

impl fmt::Display for CurrentLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = [self.first_alarm_raw, self.first_raw, self.second_alarm_raw, self.second_raw];
        f.write_str("limits as sent:")?;
        for raw in limits {
            f.write_str(" ")?;
            tenths(f, i32::from(raw).saturating_sub(30_000))?;
        }
        f.write_str(" A")
    }
}

impl fmt::Display for TemperatureLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |raw| celsius(raw).as_celsius();
        write!(
            f,
            "charging {} / {} and {} / {} °C, discharging {} / {} and {} / {} °C",
            shown(self.charge_high_alarm_raw),
            shown(self.charge_high_raw),
            shown(self.charge_low_alarm_raw),
            shown(self.charge_low_raw),
            shown(self.discharge_high_alarm_raw),
            shown(self.discharge_high_raw),
            shown(self.discharge_low_alarm_raw),
            shown(self.discharge_low_raw)
        )
    }
}

impl fmt::Display for SocLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("high ")?;
        tenths(f, self.high_alarm_permille.into())?;
        f.write_str(" / ")?;
        tenths(f, self.high_permille.into())?;
        f.write_str(" %, low ")?;
        tenths(f, self.low_alarm_permille.into())?;
        f.write_str(" / ")?;
        tenths(f, self.low_permille.into())?;
        f.write_str(" %")
    }
}

impl fmt::Display for DifferenceLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cells {} / {} mV, temperatures {} / {} K",
            self.cell_alarm_millivolts,
            self.cell_millivolts,
            self.temperature_alarm_kelvin,
            self.temperature_kelvin
        )
    }
}

impl fmt::Display for BalanceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "start {} mV, difference {} mV",
            self.start_millivolts, self.difference_millivolts
        )
    }
}

impl fmt::Display for ShortCircuit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trips at {} A, shunt {} µΩ", self.trip_amps, self.shunt_microohms)
    }
}

impl fmt::Display for ClockAndSoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "clock 20{:02}-{:02}-{:02} {:02}:{:02}:{:02}, SOC ",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )?;
        tenths(f, self.soc_permille.into())?;
        f.write_str(" %")
    }
}

impl fmt::Display for SwitchWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.on {
            0 => f.write_str("off"),
            1 => f.write_str("on"),
            other => write!(f, "word {other}"),
        }
    }
}

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.rest {
            write!(f, "{byte:02X} ")?;
        }
        f.write_str("(meaning unknown)")
    }
}

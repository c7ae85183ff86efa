//! What levels compare: scalars and flags made of the last readings.

use cellward_params::fault::{Flag, Quantity, Watch};
use cellward_units::{Instant, NoData, Voltage};

use super::{
    CELLS_AGE, CURRENT_AGE, Measure, SMALL_CURRENT_EXTRA, TEMPERATURES_AGE, TEMPERATURES_LOST,
    is_silence, place,
};
use crate::flags::Flags;

impl Measure {
    /// The scalar that levels compare, in the inner resolution of its quantity; `None` while it
    /// cannot be told.
    pub(crate) fn quantity(&self, quantity: Quantity) -> Option<i32> {
        match quantity {
            Quantity::HighestCell => Some(self.highest?.value.as_microvolts()),
            Quantity::LowestCell => Some(self.lowest?.value.as_microvolts()),
            Quantity::Pack => Some(self.pack.ok()?.as_microvolts()),
            Quantity::CellDifference => self.cell_difference(),
            Quantity::ChargeCurrent => Some(self.latest_current().ok()?.as_ten_microamps()),
            Quantity::DischargeCurrent => Some((-self.latest_current().ok()?).as_ten_microamps()),
            Quantity::PathDrop => {
                // With next to no current a tenth of a volt less already shows a diode.
                let drop = self.path_drop?;
                let extra =
                    if self.is_small_current() { SMALL_CURRENT_EXTRA } else { Voltage::ZERO };
                Some((drop + extra).as_microvolts())
            }
            Quantity::HottestCell => Some(self.hottest?.value.as_millicelsius()),
            Quantity::ColdestCell => Some(self.coldest?.value.as_millicelsius()),
            Quantity::TemperatureDifference => {
                let (hot, cold) = (self.hottest?.value, self.coldest?.value);
                Some((hot - cold).as_millikelvin())
            }
            // Tenths of a kelvin to mK.
            Quantity::RateOfRise => Some(self.runaway.rate()?.0.saturating_mul(100)),
            Quantity::Switches => Some(self.switch_temperature.ok()?.as_millicelsius()),
            Quantity::Board => Some(self.board_temperature.ok()?.as_millicelsius()),
            Quantity::DriftInAnHour => Some(self.drift.hour()?.0.saturating_mul(1_000)),
            Quantity::DriftInADay => Some(self.drift.day()?.0.saturating_mul(1_000)),
            Quantity::Soc => Some(self.soc?.as_ppm()),
        }
    }

    /// Highest minus lowest cell, while little enough flows that it says something about charge
    /// and not about resistance.
    fn cell_difference(&self) -> Option<i32> {
        if let Some(limit) = self.calibration.quiet_current
            && self.latest_current().is_ok_and(|current| current.abs() >= limit)
        {
            return None;
        }
        Some((self.highest?.value - self.lowest?.value).as_microvolts())
    }

    /// What the readings say about every flag that they can say something about.
    pub(crate) fn flags(&self, now: Instant) -> Flags {
        let mut flags = Flags::default();
        flags.put_if_known(Flag::SensorMissing, self.sensor_missing(now));
        flags.put(Flag::SwitchSensorMissing, self.switch_sensor_missing());
        flags.put(
            Flag::OpenWire,
            self.open_tap.is_some()
                || self.pack == Err(NoData::WireOpen)
                || self.bad_tap().is_some(),
        );
        flags.put_if_known(Flag::SumMismatch, self.sum_mismatch);
        flags.put(Flag::ChipSilent, self.chip_silent(now));
        let invalid = matches!(self.raw_current, Err(reason) if !is_silence(reason));
        flags.put(Flag::CurrentInvalid, invalid);
        let (current, cells) = (self.current_age(now), self.cells_age(now));
        let stale = current > CURRENT_AGE
            || cells > CELLS_AGE
            || self.temperatures_age(now) > TEMPERATURES_AGE;
        flags.put(Flag::Stale, stale);
        flags.put(Flag::PermitEnded, current.max(cells) >= crate::protect::PERMIT_LIFE);
        flags.put(Flag::Runaway, self.runaway.hot_runaway().is_some());
        flags
    }

    /// Whether a quantity rests on every reading of its set.
    pub(crate) const fn is_whole(&self, quantity: Quantity) -> bool {
        match quantity {
            Quantity::HighestCell | Quantity::LowestCell | Quantity::CellDifference => {
                self.sum.is_some()
            }
            Quantity::HottestCell | Quantity::ColdestCell | Quantity::TemperatureDifference => {
                self.temperatures_whole
            }
            _ => true,
        }
    }

    /// Whether the readings behind what a level watches are beyond their age limit.
    pub(crate) fn is_stale(&self, watch: Watch, now: Instant) -> bool {
        let current = || self.current_age(now) > CURRENT_AGE;
        let cells = || self.cells_age(now) > CELLS_AGE;
        let temperatures = || self.temperatures_age(now) > TEMPERATURES_AGE;
        match watch {
            Watch::High(quantity) | Watch::Low(quantity) => match quantity {
                Quantity::ChargeCurrent | Quantity::DischargeCurrent | Quantity::PathDrop => {
                    current()
                }
                Quantity::HighestCell
                | Quantity::LowestCell
                | Quantity::Pack
                | Quantity::CellDifference
                | Quantity::DriftInAnHour
                | Quantity::DriftInADay => cells(),
                Quantity::HottestCell
                | Quantity::ColdestCell
                | Quantity::TemperatureDifference
                | Quantity::RateOfRise
                | Quantity::Switches
                | Quantity::Board => temperatures(),
                Quantity::Soc => false,
            },
            Watch::While(flag) => match flag {
                Flag::CurrentInvalid => current(),
                Flag::OpenWire | Flag::SumMismatch => cells(),
                Flag::SwitchSensorMissing | Flag::Runaway => temperatures(),
                _ => false,
            },
            Watch::Alert => false,
        }
    }

    /// Which cell or sensor a quantity comes from.
    pub(crate) fn source_of(&self, quantity: Quantity) -> Option<u8> {
        match quantity {
            Quantity::HighestCell => Some(self.highest?.index),
            Quantity::LowestCell => Some(self.lowest?.index),
            Quantity::HottestCell => Some(self.hottest?.index),
            Quantity::ColdestCell => Some(self.coldest?.index),
            Quantity::RateOfRise => Some(self.runaway.rate()?.1),
            Quantity::DriftInAnHour => Some(self.drift.hour()?.1),
            Quantity::DriftInADay => Some(self.drift.day()?.1),
            _ => None,
        }
    }

    /// Which sensor or tap a flag comes from.
    pub(crate) fn place_of(&self, flag: Flag) -> Option<u8> {
        match flag {
            Flag::SensorMissing => place(self.temperatures(), |reading| reading.is_err()),
            Flag::OpenWire => self.open_tap.or_else(|| self.bad_tap()),
            Flag::Runaway => self.runaway.hot_runaway(),
            Flag::OutsideWindow => self.outside_window,
            _ => None,
        }
    }

    /// The switch sensor is fitted and answers without a value.
    fn switch_sensor_missing(&self) -> bool {
        self.switch_temperature
            .is_err_and(|reason| !is_silence(reason) && reason != NoData::NotFitted)
    }

    /// A fitted sensor without a value, or all of them too old. Unknown before the first frame.
    fn sensor_missing(&self, now: Instant) -> Option<bool> {
        let lost = self.temperatures_age(now) > TEMPERATURES_LOST;
        let unplugged = self.temperatures().any(|t| t.is_err_and(|reason| !is_silence(reason)));
        let unknown = self.temperatures().any(|t| t == Err(NoData::NotYet));
        if unknown && !lost {
            return None;
        }
        Some(lost || unplugged)
    }

    /// Cells and pack disagree by more than 1 % of the pack and more than 0.3 V. Production table
    /// §2. Not judged while a cell or the pack has no value.
    pub(super) fn mismatch(&self) -> Option<bool> {
        let pack = self.pack.ok()?;
        let apart = (self.sum? - pack).abs();
        let hundredth = Voltage::from_microvolts(pack.abs().as_microvolts() / 100);
        Some(apart > hundredth && apart > Voltage::from_millivolts(300))
    }

    /// Since when the chip has said nothing that could be read: the last answer, at most now.
    pub(crate) fn silent_since(&self, now: Instant) -> Instant {
        let answers = [self.current_answered, self.cells_answered, self.temperatures_answered];
        answers.into_iter().flatten().max().unwrap_or(now).min(now)
    }

    /// The chip says nothing at all, or nothing that survives its check.
    fn chip_silent(&self, now: Instant) -> bool {
        let errors =
            self.raw_current == Err(NoData::ChipError) || self.pack == Err(NoData::ChipError);
        errors || (self.current_age(now) > CURRENT_AGE && self.cells_age(now) > CELLS_AGE)
    }
}

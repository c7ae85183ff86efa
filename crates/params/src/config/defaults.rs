//! What the tables say for a given pack on a given board: limits resolved into the unit of their
//! base, and what is reloaded when the pack changes.

use cellward_units::{Current, Duration, Ratio};

use super::{Config, Limit};
use crate::limit::{Base, LIMITS, LimitRow, place_of};
use crate::parameter::{ParamId, System};
use crate::{Chemistry, Profile};

impl Config {
    /// Recomputes every limit from the defaults of the profile, for the pack as it is now set,
    /// and what follows from the size of the board: shunt and short-circuit current.
    ///
    /// To be called after the rated current, the capacity or the cell count changed, when the
    /// limits shall follow.
    pub fn restore_limits(&mut self) {
        self.restore_short_circuit_current();
        self.restore_shunt();
        for (place, row) in LIMITS.iter().enumerate() {
            let limit = self.default_limit(row);
            if let Some(slot) = self.limits.get_mut(place) {
                *slot = limit;
            }
        }
    }

    /// Recomputes threshold and recovery of the limits that count one of these; delays stay.
    pub(crate) fn follow(&mut self, bases: &[Base]) {
        for (place, row) in LIMITS.iter().enumerate() {
            let new = self.default_limit(row);
            if let Some(limit) = self.limits.get_mut(place)
                && bases.contains(&row.base)
            {
                limit.threshold = new.threshold;
                limit.recovery = new.recovery;
            }
        }
    }

    /// The short-circuit current that the profile wants on this board: 5 times the rated current
    /// in `strict`, 10 times in `vendor`. Production table, §3.
    pub(crate) fn restore_short_circuit_current(&mut self) {
        self.system.short_circuit_current = self.short_circuit_default();
    }

    fn short_circuit_default(&self) -> i32 {
        let times = match self.profile() {
            Profile::Strict => 5,
            Profile::Vendor => 10,
        };
        self.system.rated_current.saturating_mul(times)
    }

    /// The shunt that a board of this size carries: 25 mV at the rated current, so that 5 and 10
    /// times of it are exact steps of the chip. Rounded up to the next µΩ: rounded down, both would
    /// fall below their step. Production table, §3.
    pub(crate) fn restore_shunt(&mut self) {
        self.system.shunt = self.shunt_default();
    }

    fn shunt_default(&self) -> i32 {
        let rated = self.system.rated_current;
        let round_up = 25_000_000_i32.saturating_add(rated).saturating_sub(1);
        round_up.checked_div(rated).unwrap_or(0).clamp(10, 10_000)
    }

    /// Replaces everything by the defaults of a profile and a chemistry, except what is soldered
    /// or wired to this board or was measured on it: cell count, sensors and their constants, rated
    /// current, shunt, capacity, calibration, pre-charge resistor, key, trip output and buzzer, and
    /// whether it is commissioned.
    pub(crate) fn load_defaults(&mut self, profile: Profile, chemistry: Chemistry) {
        let old = self.system;
        self.system = System {
            cells: old.cells,
            sensors: old.sensors,
            rated_current: old.rated_current,
            rated_capacity: old.rated_capacity,
            commissioned: old.commissioned,
            current_gain: old.current_gain,
            current_residual: old.current_residual,
            cell_gain: old.cell_gain,
            pack_gain: old.pack_gain,
            ntc_beta: old.ntc_beta,
            ntc_cold: old.ntc_cold,
            ntc_cold_ohms: old.ntc_cold_ohms,
            ntc_middle: old.ntc_middle,
            ntc_middle_ohms: old.ntc_middle_ohms,
            ntc_hot: old.ntc_hot,
            ntc_hot_ohms: old.ntc_hot_ohms,
            precharge_resistor: old.precharge_resistor,
            trip_pulse: old.trip_pulse,
            buzzer: old.buzzer,
            key: old.key,
            board_number: old.board_number,
            ..System::defaults(profile, chemistry)
        };
        self.restore_limits();
        self.system.shunt = old.shunt;
    }

    /// Takes every parameter back to its default of the profile `strict`, as far as it does not
    /// belong to the board: its size, sensors, calibration and fittings stay, and so do chemistry
    /// and capacity. The pack must be commissioned again.
    pub fn factory_reset(&mut self) {
        self.load_defaults(Profile::Strict, self.chemistry());
        self.set_commissioned(false);
    }

    /// The raw value that a parameter has by default on this board with this pack: profile,
    /// chemistry, cell count, rated current and capacity are as they are set now.
    #[must_use]
    pub fn default_of(&self, id: ParamId) -> Option<i32> {
        let Some((fault, level, field)) = id.as_limit() else {
            let fresh = System {
                short_circuit_current: self.short_circuit_default(),
                shunt: self.shunt_default(),
                ..System::defaults(self.profile(), self.chemistry())
            };
            return fresh.get(id);
        };
        let row = LIMITS.get(place_of(fault, level)?)?;
        Some(self.default_limit(row).raw(field))
    }

    /// What a limit row says for this pack.
    pub(crate) fn default_limit(&self, row: &LimitRow) -> Limit {
        let numbers = row.numbers(self.profile());
        let pick = |[lfp, nmc, lto]: [i32; 3]| match self.chemistry() {
            Chemistry::Lfp => lfp,
            Chemistry::Nmc => nmc,
            Chemistry::Lto => lto,
        };
        Limit {
            threshold: self.resolved(row.base, pick(numbers.threshold)),
            recovery: self.resolved(row.base, pick(numbers.recovery)),
            delay: Duration::from_millis(numbers.delay_ms.into()),
            release_delay: Duration::from_millis(numbers.release_ms.into()),
        }
    }

    /// A table number in the unit of its base.
    fn resolved(&self, base: Base, number: i32) -> i32 {
        let pack = || self.system.cells.saturating_mul(number);
        match base {
            Base::Cell
            | Base::FixedVoltage
            | Base::CellGap
            | Base::FixedCurrent
            | Base::Temperature
            | Base::TemperatureGap
            | Base::Rate
            | Base::Drift
            | Base::Share
            | Base::State => number,
            Base::PackDown => floor_to(pack(), 100),
            Base::PackUp => floor_to(pack().saturating_add(99), 100),
            Base::RatedCurrent => share_of(base, self.rated_current(), number),
            Base::ChargeLimit => share_of(base, self.charge_limit(), number),
        }
    }
}

/// Thousandths of a current in mA, held inside of the range in which it can be stored: the limits
/// of a tiny capacity must not become zero.
fn share_of(base: Base, whole: Current, permille: i32) -> i32 {
    let (min, max) = base.range();
    whole.scaled_by(Ratio::from_permille(permille)).as_milliamps().clamp(min, max)
}

/// Rounds a non-negative number down to a multiple of `step`.
const fn floor_to(value: i32, step: i32) -> i32 {
    match value.checked_rem(step) {
        Some(rest) => value.saturating_sub(rest),
        None => value,
    }
}

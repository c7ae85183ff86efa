//! Everything a reader may see, at one instant.

use core::fmt::Write as _;

use cellward_params::reason::{Until, Why};
use cellward_params::state::PathVerdict;
use cellward_params::{OffReason, OffReasons, ShortText, Snapshot, Switch};
use cellward_units::{Instant, NoData, Voltage};

use crate::engine::Bms;
use crate::measure::{At, CELLS_AGE, CURRENT_AGE, TEMPERATURES_AGE};

impl Bms {
    /// Everything a reader may see, now. What has grown stale says so.
    #[must_use]
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let now = now.max(self.now);
        let mut snapshot = Snapshot::absent(NoData::NotFitted);
        self.show_cells(&mut snapshot, now);
        self.show_temperatures(&mut snapshot, now);
        self.show_charge(&mut snapshot);
        self.show_switches(&mut snapshot, now);
        self.show_board(&mut snapshot, now);

        let measure = &self.measure;
        snapshot.current = measure.current(now);
        snapshot.power = match (snapshot.pack_voltage, snapshot.current) {
            (Ok(voltage), Ok(current)) => Ok(voltage * current),
            (Err(reason), _) | (_, Err(reason)) => Err(reason),
        };
        snapshot.port_voltage = if snapshot.current == Err(NoData::Stale) {
            Err(NoData::Stale)
        } else {
            measure.port()
        };
        snapshot.current_age = Ok(measure.current_age(now));
        snapshot.cells_age = Ok(measure.cells_age(now));
        snapshot.temperatures_age = Ok(measure.temperatures_age(now));
        snapshot
    }

    fn show_cells(&self, snapshot: &mut Snapshot, now: Instant) {
        let measure = &self.measure;
        let stale = measure.cells_age(now) > CELLS_AGE;
        snapshot.cell_count = u32::try_from(self.config.cells()).map_err(|_| NoData::Unknown);
        let bleed = self.balance.bleed();
        let slots = snapshot.cell_voltage.iter_mut().zip(&mut snapshot.cell_bleeding);
        for (index, (cell, (voltage, bleeding))) in (0_u32..).zip(measure.cells().zip(slots)) {
            *voltage = unless_stale(cell, stale);
            *bleeding = Ok(bleed.checked_shr(index).unwrap_or(0) & 1 == 1);
        }
        snapshot.pack_voltage = unless_stale(measure.pack(), stale);
        let first_missing = measure.cells().find_map(Result::err).unwrap_or(NoData::NotYet);
        let sum = measure.sum().ok_or(first_missing);
        snapshot.cell_voltage_sum = unless_stale(sum, stale);
        let highest = unless_stale(measure.highest().ok_or(first_missing), stale);
        let lowest = unless_stale(measure.lowest().ok_or(first_missing), stale);
        (snapshot.highest_cell_voltage, snapshot.highest_cell_number) = split(highest);
        (snapshot.lowest_cell_voltage, snapshot.lowest_cell_number) = split(lowest);
        snapshot.cell_voltage_difference = match (highest, lowest) {
            (Ok(high), Ok(low)) => Ok(high.value - low.value),
            (Err(reason), _) | (_, Err(reason)) => Err::<Voltage, _>(reason),
        };
    }

    fn show_temperatures(&self, snapshot: &mut Snapshot, now: Instant) {
        let measure = &self.measure;
        let stale = measure.temperatures_age(now) > TEMPERATURES_AGE;
        snapshot.sensor_count = u32::try_from(self.config.sensors()).map_err(|_| NoData::Unknown);
        for (reading, slot) in measure.temperatures().zip(&mut snapshot.temperature) {
            *slot = unless_stale(reading, stale);
        }
        let first_missing = measure.temperatures().find_map(Result::err).unwrap_or(NoData::NotYet);
        let hottest = unless_stale(measure.hottest().ok_or(first_missing), stale);
        let coldest = unless_stale(measure.coldest().ok_or(first_missing), stale);
        (snapshot.highest_temperature, snapshot.highest_temperature_number) = split(hottest);
        (snapshot.lowest_temperature, snapshot.lowest_temperature_number) = split(coldest);
        snapshot.switch_temperature = unless_stale(measure.switch_temperature(), stale);
        snapshot.board_temperature = unless_stale(measure.board_temperature(), stale);
    }

    fn show_charge(&self, snapshot: &mut Snapshot) {
        let capacity = self.config.rated_capacity();
        snapshot.cycles = self.counters.cycles(capacity).ok_or(NoData::Unknown);
        snapshot.soc = self.soc.shown().ok_or(NoData::Unknown);
        snapshot.soc_true = self.soc.truth().ok_or(NoData::Unknown);
        snapshot.soc_calibrated = Ok(self.soc.calibrated());
        snapshot.remaining = self.soc.remaining().ok_or(NoData::Unknown);
        snapshot.rated_capacity = capacity.ok_or(NoData::Unknown);
        snapshot.charged_total = Ok(self.counters.charged());
        snapshot.discharged_total = Ok(self.counters.discharged());
    }

    fn show_switches(&self, snapshot: &mut Snapshot, now: Instant) {
        let actual = self.switching.actual();
        snapshot.charge_switch_closed = Ok(actual.charge);
        snapshot.discharge_switch_closed = Ok(actual.discharge);
        snapshot.charge_switch_reasons = Ok(self.reasons(Switch::Charge, now));
        snapshot.discharge_switch_reasons = Ok(self.reasons(Switch::Discharge, now));
        let stale = self.measure.current_age(now) > CURRENT_AGE;
        let unknown = if stale { NoData::Stale } else { NoData::Unknown };
        // What current and P- told is as old as they are.
        let seen = |there: Option<bool>| there.filter(|_| !stale).ok_or(unknown);
        snapshot.path_check = self.path_verdict(stale);
        snapshot.charger_present = seen(self.port.charger);
        snapshot.load_present = seen(self.port.load);
    }

    fn show_board(&self, snapshot: &mut Snapshot, now: Instant) {
        let uptime = now.since(self.started);
        snapshot.mode = Ok(self.mode());
        snapshot.wake_reason = Ok(ShortText::new(self.sleep.woken_by().key()));
        let current_known = self.measure.current(now).map(|_| ());
        snapshot.flow = current_known.map(|()| self.flow.flow());
        snapshot.faults = Ok(self.protect.fault_list());
        snapshot.password_set = Ok(self.password_set());
        snapshot.locked = Ok(!self.protect.locked().is_empty());
        snapshot.lights = Ok(self.lights());
        snapshot.heartbeat = u32::try_from(uptime.as_secs() % 256).map_err(|_| NoData::Unknown);
        snapshot.uptime = Ok(uptime);
        snapshot.chemistry = Ok(self.config.chemistry());
        snapshot.nominal_cell_voltage = Ok(self.config.chemistry().nominal_cell_voltage());
        // This board measures the whole pack: there is no second one behind it.
        snapshot.board_count = Ok(1);
        let first = |count| [count, Err(NoData::NotFitted), Err(NoData::NotFitted)];
        snapshot.board_cell_count = first(snapshot.cell_count);
        snapshot.board_sensor_count = first(snapshot.sensor_count);
        snapshot.rated_current = Ok(self.config.rated_current());
        snapshot.records_dropped = Ok(self.story.dropped());
        let version = env!("CARGO_PKG_VERSION");
        snapshot.board_clock = self.clock(now).ok_or(NoData::Unknown).map(|clock| {
            let mut text = ShortText::EMPTY;
            // Nineteen characters always fit.
            let _fits = write!(text, "{clock}");
            text
        });
        snapshot.firmware_version = Ok(ShortText::new(version));
    }

    /// What P- against B- says about the path, judged by what the switches are told to be and
    /// only while next to nothing flows. Requirement R-020.
    fn path_verdict(&self, stale: bool) -> Result<PathVerdict, NoData> {
        if stale {
            return Err(NoData::Stale);
        }
        let port = self.measure.port()?;
        if !self.measure.is_small_current() {
            return Ok(PathVerdict::NotJudged);
        }
        Ok(PathVerdict::judge(self.switching.commanded(), port))
    }

    /// Why a switch may not be closed, most important first; empty when nothing speaks against it.
    fn reasons(&self, switch: Switch, now: Instant) -> OffReasons {
        let mut reasons = OffReasons::new();
        let mut add = |why, until, left| {
            // There is room for every reason that can stand at once (tested).
            let _full = reasons.push(OffReason { why, until, left });
        };
        self.protect.reasons(switch, now, |why, until, release_at| {
            add(why, until, release_at.map(|at| at.since(now)));
        });
        if let Some(until) = self.switching.saving_diode_until(switch) {
            add(Why::DiodeCurrent, Until::Retry, Some(until.since(now)));
        }
        if self.switching.does_not_follow(switch, now) {
            add(Why::DoesNotFollow, Until::Follows, None);
        }
        if self.self_test {
            add(Why::SelfTest, Until::SelfTest, None);
        } else if self.protect.permit(&self.measure, now).is_none() {
            add(Why::NoPermit, Until::GoodReadings, None);
        }
        if self.switching.waits_for_port() {
            add(Why::Precharge, Until::Precharge, None);
        }
        if switch == Switch::Discharge && !self.switching.key() {
            add(Why::Key, Until::Key, None);
        }
        if !self.switching.allowed().closed(switch) {
            add(Why::User, Until::User, None);
        }
        reasons
    }
}

/// The reading, unless its set has grown stale. What was never there stays "never".
pub(crate) fn unless_stale<T>(reading: Result<T, NoData>, stale: bool) -> Result<T, NoData> {
    match reading {
        Ok(_) if stale => Err(NoData::Stale),
        same => same,
    }
}

/// Value and number from 1.
fn split<T: Copy>(extreme: Result<At<T>, NoData>) -> (Result<T, NoData>, Result<u32, NoData>) {
    (extreme.map(|at| at.value), extreme.map(|at| u32::from(at.index).saturating_add(1)))
}

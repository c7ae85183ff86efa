//! How things stand, as a record tells it: the one place where readings are packed into one.

use cellward_estimate::Soc;
use cellward_params::record::field::{
    CellField, CountField, CurrentField, PackField, PortField, ShareField, TemperatureField,
};
use cellward_params::record::{Circumstances, Detail};
use cellward_params::{Flow, MAX_CELLS, MAX_SENSORS};
use cellward_units::{Charge, Instant, NoData, Voltage};

use crate::counters::Counters;
use crate::flow::FlowState;
use crate::measure::{At, CELLS_AGE, CURRENT_AGE, Measure, TEMPERATURES_AGE};
use crate::port::Port;
use crate::sleep::Sleep;
use crate::snapshot::unless_stale;
use crate::switch::Switching;

/// The stages that a record asks. All but the protection, which is at work while it tells: what
/// is active is kept by the story itself.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) measure: &'a Measure,
    pub(crate) flow: &'a FlowState,
    pub(crate) switching: &'a Switching,
    pub(crate) port: Port,
    /// Asked only for a record: a share and a total cost long divisions.
    pub(crate) soc: &'a Soc,
    pub(crate) counters: &'a Counters,
    pub(crate) capacity: Option<Charge>,
    /// Whether a cell is bled.
    pub(crate) bleeding: bool,
    pub(crate) started: Instant,
    pub(crate) boot_number: u32,
    pub(crate) sleep: &'a Sleep,
}

impl Scene<'_> {
    /// How things stand now. A reading that has grown stale counts as failed.
    pub(crate) fn circumstances(&self, now: Instant) -> Circumstances {
        let measure = self.measure;
        let uptime = now.since(self.started).as_secs();
        let path = self.switching.path();
        let known = measure.current_age(now) <= CURRENT_AGE;
        let number = |cell: Option<At<Voltage>>| cell.map_or(Circumstances::NO_CELL, |at| at.index);
        let too_old = !self.temperatures_fresh(now);
        let on_board = |reading| TemperatureField::of(unless_stale(reading, too_old));
        Circumstances {
            current: CurrentField::of(measure.current(now)),
            uptime_s: u32::try_from(uptime).unwrap_or(u32::MAX),
            pack: PackField::of(unless_stale(measure.pack(), !self.cells_fresh(now))),
            port: PortField::of(unless_stale(measure.port(), !known)),
            soc: ShareField::of(self.soc.truth().ok_or(NoData::Unknown)),
            soh: ShareField::ABSENT,
            temperatures: self.temperatures(now),
            switch_temperature: on_board(measure.switch_temperature()),
            board_temperature: on_board(measure.board_temperature()),
            cycles: CountField::of(self.counters.cycles(self.capacity).ok_or(NoData::Unknown)),
            boot_number: u16::try_from(self.boot_number).unwrap_or(u16::MAX),
            highest_cell: number(measure.highest()),
            lowest_cell: number(measure.lowest()),
            mode: self.sleep.mode(),
            flow: if path { Flow::Precharge } else { self.flow.flow() },
            actual: self.switching.actual(),
            commanded: self.switching.commanded(),
            precharge: path,
            bleeding: self.bleeding,
            charger: known && self.port.charger == Some(true),
            load: known && self.port.load == Some(true),
            detail: Detail::Cells(self.cells(now)),
            // What was active is filled in where the record is written.
            ..Circumstances::UNKNOWN
        }
    }

    fn cells_fresh(&self, now: Instant) -> bool {
        self.measure.cells_age(now) <= CELLS_AGE
    }

    fn cells(&self, now: Instant) -> [CellField; MAX_CELLS] {
        let mut cells = [CellField::ABSENT; MAX_CELLS];
        let is_fresh = self.cells_fresh(now);
        for (slot, cell) in cells.iter_mut().zip(self.measure.cells()) {
            *slot = CellField::of(fresh(cell, is_fresh));
        }
        cells
    }

    fn temperatures(&self, now: Instant) -> [TemperatureField; MAX_SENSORS] {
        let mut sensors = [TemperatureField::ABSENT; MAX_SENSORS];
        let is_fresh = self.temperatures_fresh(now);
        for (slot, sensor) in sensors.iter_mut().zip(self.measure.temperatures()) {
            *slot = TemperatureField::of(fresh(sensor, is_fresh));
        }
        sensors
    }

    fn temperatures_fresh(&self, now: Instant) -> bool {
        self.measure.temperatures_age(now) <= TEMPERATURES_AGE
    }
}

/// A reading of something that is fitted, unless it failed for whatever reason or is too old.
fn fresh<T>(reading: Result<T, NoData>, is_fresh: bool) -> Result<T, NoData> {
    reading.ok().filter(|_| is_fresh).ok_or(NoData::NoAnswer)
}

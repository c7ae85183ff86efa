//! How things stood when something happened.

use cellward_units::{Duration, NoData, Temperature, Voltage};

use super::field::{
    CellField, CountField, CurrentField, PackField, PortField, ShareField, TemperatureField,
};
use super::{Changes, Switches};
use crate::{Flow, Level, MAX_CELLS, MAX_SENSORS, Mode, ShortText};

/// What fills the place of the cells in a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// Each cell from B- up; those that the pack does not have are absent.
    Cells([CellField; MAX_CELLS]),
    /// The parameters that were written. Record format, §2.
    Changes(Changes),
    /// Why somebody unlocked, in his own words, with the two cells that matter most.
    Reason {
        /// The words.
        text: ShortText,
        /// The highest cell.
        highest: CellField,
        /// The lowest cell.
        lowest: CellField,
    },
}

/// How things stood when it happened. Kept small, because a queue of records waits in the memory
/// of a microcontroller: values are rounded to the steps of their fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Circumstances {
    /// The decision rows that had an active level or a lock before the event: bit n is row n of
    /// the switch decision table.
    pub fault_rows: u64,
    /// Current; positive charges.
    pub current: CurrentField,
    /// Whole seconds since the start of the board.
    pub uptime_s: u32,
    /// Pack voltage.
    pub pack: PackField,
    /// P- against B-; positive while a load pulls P- up.
    pub port: PortField,
    /// True state of charge.
    pub soc: ShareField,
    /// State of health.
    pub soh: ShareField,
    /// Cell-temperature sensors; those that are not fitted are absent.
    pub temperatures: [TemperatureField; MAX_SENSORS],
    /// Temperature of the switches.
    pub switch_temperature: TemperatureField,
    /// Temperature of the board.
    pub board_temperature: TemperatureField,
    /// Full cycles.
    pub cycles: CountField,
    /// How often the board had started, this time included; stops at 65535.
    pub boot_number: u16,
    /// Number of the highest cell, from 0; [`Self::NO_CELL`] while none is known.
    pub highest_cell: u8,
    /// Number of the lowest cell, in the same way.
    pub lowest_cell: u8,
    /// The highest level that was active before the event; a lock counts as the hardest.
    pub level_before: Option<Level>,
    /// Mode of the board.
    pub mode: Mode,
    /// Which way charge moved.
    pub flow: Flow,
    /// Whether a protection or a lock stands once the event has happened.
    pub fault: bool,
    /// Whether a lock stands once the event has happened.
    pub locked: bool,
    /// What the switches really were.
    pub actual: Switches,
    /// What was commanded.
    pub commanded: Switches,
    /// Whether the pre-charge switch was told to be closed. It reports nothing back.
    pub precharge: bool,
    /// Whether a cell was bled.
    pub bleeding: bool,
    /// Whether a charger was seen.
    pub charger: bool,
    /// Whether a load was seen.
    pub load: bool,
    /// The cells, or what takes their place.
    pub detail: Detail,
}

impl Circumstances {
    /// Stands for "no cell" in [`Self::highest_cell`] and [`Self::lowest_cell`].
    pub const NO_CELL: u8 = 255;

    /// Nothing is known: every reading is absent, both switches are open, nothing is active.
    pub const UNKNOWN: Self = Self {
        fault_rows: 0,
        current: CurrentField::ABSENT,
        uptime_s: 0,
        pack: PackField::ABSENT,
        port: PortField::ABSENT,
        soc: ShareField::ABSENT,
        soh: ShareField::ABSENT,
        temperatures: [TemperatureField::ABSENT; MAX_SENSORS],
        switch_temperature: TemperatureField::ABSENT,
        board_temperature: TemperatureField::ABSENT,
        cycles: CountField::ABSENT,
        boot_number: 0,
        highest_cell: Self::NO_CELL,
        lowest_cell: Self::NO_CELL,
        level_before: None,
        mode: Mode::Awake,
        flow: Flow::Standby,
        fault: false,
        locked: false,
        actual: Switches::OPEN,
        commanded: Switches::OPEN,
        precharge: false,
        bleeding: false,
        charger: false,
        load: false,
        detail: Detail::Cells([CellField::ABSENT; MAX_CELLS]),
    };

    /// Time since the start of the board, in whole seconds.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        Duration::from_secs(u64::from(self.uptime_s))
    }

    /// Every cell that the pack has, from B- up; none where a record carries something else in
    /// their place.
    pub fn cells(&self) -> impl Iterator<Item = Result<Voltage, NoData>> + '_ {
        let cells: &[CellField] = match &self.detail {
            Detail::Cells(cells) => cells,
            Detail::Changes(_) | Detail::Reason { .. } => &[],
        };
        fitted(cells, |cell| *cell != CellField::ABSENT).iter().map(|cell| cell.get())
    }

    /// Each fitted cell-temperature sensor.
    pub fn sensors(&self) -> impl Iterator<Item = Result<Temperature, NoData>> + '_ {
        fitted(&self.temperatures, |sensor| *sensor != TemperatureField::ABSENT)
            .iter()
            .map(|sensor| sensor.get())
    }

    /// The highest cell and its number from 0.
    ///
    /// # Errors
    ///
    /// [`NoData::Unknown`] while there was none, [`NoData::NotCarried`] where the record carries
    /// something else in the place of the cells.
    pub fn highest(&self) -> Result<(u8, Voltage), NoData> {
        self.cell(self.highest_cell, |highest, _| highest)
    }

    /// The lowest cell and its number from 0.
    ///
    /// # Errors
    ///
    /// As [`Self::highest`].
    pub fn lowest(&self) -> Result<(u8, Voltage), NoData> {
        self.cell(self.lowest_cell, |_, lowest| lowest)
    }

    fn cell(
        &self,
        number: u8,
        kept: impl FnOnce(CellField, CellField) -> CellField,
    ) -> Result<(u8, Voltage), NoData> {
        if number == Self::NO_CELL {
            return Err(NoData::Unknown);
        }
        let field = match &self.detail {
            Detail::Cells(cells) => cells.get(usize::from(number)).copied(),
            Detail::Reason { highest, lowest, .. } => Some(kept(*highest, *lowest)),
            Detail::Changes(_) => return Err(NoData::NotCarried),
        };
        Ok((number, field.ok_or(NoData::Unknown)?.get()?))
    }

    /// The hottest cell sensor and its number from 0.
    ///
    /// # Errors
    ///
    /// [`NoData::NotFitted`] without a sensor, [`NoData::NoAnswer`] where each of them failed.
    pub fn hottest(&self) -> Result<(u8, Temperature), NoData> {
        let mut best = Err(NoData::NotFitted);
        for (index, sensor) in (0_u8..).zip(self.sensors()) {
            best = match (best, sensor) {
                (Ok((_, most)), Ok(here)) if here <= most => best,
                (_, Ok(here)) => Ok((index, here)),
                (Ok(_), Err(_)) => best,
                (Err(_), Err(reason)) => Err(reason),
            };
        }
        best
    }

    /// Whether a decision row had an active level or a lock before the event.
    #[must_use]
    pub const fn row_was_active(&self, row: u8) -> bool {
        row < 64 && self.fault_rows.wrapping_shr(row as u32) & 1 == 1
    }

    /// The cells give way to the reason of an unlock; the extremes stay.
    #[must_use]
    pub fn with_reason(self, text: ShortText) -> Self {
        let field = |at: Result<(u8, Voltage), NoData>| CellField::of(at.map(|(_, cell)| cell));
        let (highest, lowest) = (field(self.highest()), field(self.lowest()));
        Self { detail: Detail::Reason { text, highest, lowest }, ..self }
    }

    /// The cells give way to the parameters that were written.
    #[must_use]
    pub const fn with_changes(self, changes: Changes) -> Self {
        Self { detail: Detail::Changes(changes), ..self }
    }
}

/// The elements up to the last one that is there.
fn fitted<T>(all: &[T], there: impl Fn(&T) -> bool) -> &[T] {
    let count = all.iter().rposition(there).map_or(0, |last| last.saturating_add(1));
    all.get(..count).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn celsius(degrees: i32) -> TemperatureField {
        TemperatureField::of(Ok(Temperature::from_celsius(degrees)))
    }

    fn with_cells(given: &[Result<i32, NoData>]) -> Circumstances {
        let mut cells = [CellField::ABSENT; MAX_CELLS];
        for (slot, &cell) in cells.iter_mut().zip(given) {
            *slot = CellField::of(cell.map(Voltage::from_millivolts));
        }
        Circumstances { detail: Detail::Cells(cells), ..Circumstances::UNKNOWN }
    }

    #[test]
    fn the_cells_end_with_the_last_that_is_fitted() {
        let here = with_cells(&[Ok(3_300), Err(NoData::WireOpen), Err(NoData::Stale)]);
        let cells: std::vec::Vec<_> = here.cells().collect();
        let failed = Err(NoData::NoAnswer);
        assert_eq!(cells, [Ok(Voltage::from_millivolts(3_300)), failed, failed]);
        assert_eq!(Circumstances::UNKNOWN.cells().count(), 0);
        assert_eq!(with_cells(&[Ok(3_300); MAX_CELLS]).cells().count(), MAX_CELLS);
    }

    #[test]
    fn the_extremes_are_found_by_their_number() {
        let here = Circumstances {
            highest_cell: 1,
            lowest_cell: 0,
            ..with_cells(&[Ok(3_100), Ok(3_662)])
        };
        assert_eq!(here.highest(), Ok((1, Voltage::from_millivolts(3_662))));
        assert_eq!(here.lowest(), Ok((0, Voltage::from_millivolts(3_100))));
        assert_eq!(Circumstances::UNKNOWN.highest(), Err(NoData::Unknown));
        let beyond = Circumstances { highest_cell: 24, ..here };
        assert_eq!(beyond.highest(), Err(NoData::Unknown));
    }

    #[test]
    fn the_extremes_survive_where_a_reason_takes_the_place_of_the_cells() {
        let here = Circumstances {
            highest_cell: 1,
            lowest_cell: 0,
            ..with_cells(&[Ok(3_100), Ok(3_662)])
        };
        let told = here.with_reason(ShortText::new("cell replaced"));
        assert_eq!(told.highest(), here.highest());
        assert_eq!(told.lowest(), here.lowest());
        assert_eq!(told.cells().count(), 0);
        let unknown = Circumstances::UNKNOWN.with_reason(ShortText::new("cell replaced"));
        assert_eq!(unknown.highest(), Err(NoData::Unknown));
    }

    #[test]
    fn the_hottest_is_looked_for_among_the_sensors_that_answer() {
        let hottest = |temperatures| {
            let here = Circumstances { temperatures, ..Circumstances::UNKNOWN };
            here.hottest().map(|(index, at)| (index, at.as_celsius()))
        };
        let (absent, failed) = (TemperatureField::ABSENT, TemperatureField::FAILED);
        assert_eq!(hottest([absent; 4]), Err(NoData::NotFitted));
        assert_eq!(hottest([failed, failed, absent, absent]), Err(NoData::NoAnswer));
        assert_eq!(hottest([failed, celsius(-5), absent, absent]), Ok((1, -5)));
        assert_eq!(hottest([celsius(20), celsius(20), failed, celsius(19)]), Ok((0, 20)));
        assert_eq!(hottest([celsius(20), celsius(21), absent, absent]), Ok((1, 21)));
    }

    #[test]
    fn a_row_is_a_bit() {
        let here = Circumstances { fault_rows: 1 << 2 | 1 << 63, ..Circumstances::UNKNOWN };
        let rows: std::vec::Vec<u8> = (0..=255).filter(|&row| here.row_was_active(row)).collect();
        assert_eq!(rows, [2, 63]);
    }
}

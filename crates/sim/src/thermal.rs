//! Heat: cells, the mass of the pack around them, the board, and one joint that can go bad.
//!
//! Steps once per simulated second. Time constants are *guesses* of a closed box of prismatic
//! cells; safe because protections are tried by injected trouble, not by these.

use crate::cells::PerCell;
use crate::chemistry::Figures;
use cellward_params::{MAX_CELLS, MAX_SENSORS};

/// A cell and the mass around it even out within this time, in s.
const CELL_TO_PACK: f64 = 1_200.0;
/// The pack and the room even out within this time, in s.
const PACK_TO_ROOM: f64 = 14_400.0;
/// Mass of the pack around the cells, as a share of the heat that all cells hold.
const PACK_SHARE: f64 = 0.3;
/// Rise of the board at rated current, in K, and how fast it gets there, in s.
const BOARD_RISE: f64 = 25.0;
const BOARD_SECONDS: f64 = 300.0;
/// Further rise of the switches above the board at rated current, in K.
const SWITCH_RISE: f64 = 20.0;
/// A bad joint heats the place of its sensor this fast, in K/s: 6 K/min, below the 10 K/min
/// from which a board must suspect a thermal runaway.
const JOINT_HEATING: f64 = 0.1;
/// How far above the room a bad joint heats, in K.
const JOINT_RISE: f64 = 50.0;
/// How fast the joint cools once it is mended, in s.
const JOINT_SECONDS: f64 = 60.0;

/// Where a temperature is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spot {
    /// The place of a cell-temperature sensor, 0 to 3.
    Sensor(u8),
    /// The switches.
    Switches,
    /// The board.
    Board,
}

impl Spot {
    /// Its number among all places; sensors that cannot be there count as the last one.
    pub(crate) fn number(self) -> usize {
        match self {
            Self::Sensor(sensor) => usize::from(sensor).min(MAX_SENSORS - 1),
            Self::Switches => MAX_SENSORS,
            Self::Board => MAX_SENSORS + 1,
        }
    }
}

/// Places at which a temperature is measured.
pub(crate) const PLACES: usize = MAX_SENSORS + 2;

/// All temperatures in °C.
#[derive(Clone, Debug)]
pub(crate) struct Thermal {
    cells: PerCell,
    count: usize,
    pack: f64,
    board: f64,
    joint: f64,
    /// J per K of one cell.
    heat: f64,
    /// J that each cell made since the last step.
    made: PerCell,
    rated: f64,
    /// Heat that comes into each cell from elsewhere, in W.
    sources: PerCell,
    /// How fast the place of each sensor gets hotter than its cell, in K/s.
    climbs: [f64; MAX_SENSORS],
    /// How much hotter it is, in K.
    excess: [f64; MAX_SENSORS],
    /// What is measured at each place instead, in °C.
    forced: [Option<f64>; PLACES],
}

impl Thermal {
    /// Everything as warm as the room.
    pub(crate) fn new(
        count: usize,
        figures: &Figures,
        amp_hours: f64,
        rated: f64,
        room: f64,
    ) -> Self {
        Self {
            cells: [room; MAX_CELLS],
            count,
            pack: room,
            board: room,
            joint: room,
            heat: figures.heat * amp_hours,
            made: [0.0; MAX_CELLS],
            rated,
            sources: [0.0; MAX_CELLS],
            climbs: [0.0; MAX_SENSORS],
            excess: [0.0; MAX_SENSORS],
            forced: [None; PLACES],
        }
    }

    /// Heat that warms one cell by 1 K, in J.
    pub(crate) const fn cell_heat(&self) -> f64 {
        self.heat
    }

    /// Makes everything this warm, in °C, at once.
    pub(crate) const fn soak(&mut self, celsius: f64) {
        self.cells = [celsius; MAX_CELLS];
        self.pack = celsius;
        self.board = celsius;
        self.joint = celsius;
        self.excess = [0.0; MAX_SENSORS];
    }

    /// Puts a source of heat into a cell, in W; 0 takes it out. Cells that are not there are
    /// ignored.
    pub(crate) fn set_source(&mut self, cell: usize, watts: f64) {
        if cell < self.count {
            self.sources[cell] = watts;
        }
    }

    /// Makes the place of a sensor get hotter than its cell by so much a second, in K/s; 0 lets
    /// it cool again.
    pub(crate) const fn set_climb(&mut self, sensor: usize, rate: f64) {
        if sensor < MAX_SENSORS {
            self.climbs[sensor] = rate;
        }
    }

    /// Holds a place at a temperature in °C, or lets it go.
    pub(crate) fn force(&mut self, spot: Spot, celsius: Option<f64>) {
        self.forced[spot.number()] = celsius;
    }

    /// Takes heat that was made in one cell besides, in J.
    pub(crate) const fn take_at(&mut self, cell: usize, joules: f64) {
        self.made[cell] += joules;
    }

    /// Temperature of every place: sensors, switches while this current flows, board.
    pub(crate) fn places(&self, current: f64) -> [f64; PLACES] {
        let [a, b, c, d] = self.sensors();
        let truth = [a, b, c, d, self.switches(current), self.board];
        core::array::from_fn(|place| self.forced[place].unwrap_or(truth[place]))
    }

    /// Takes the heat that a segment made, in J.
    pub(crate) fn take(&mut self, heat: &PerCell) {
        for (made, heat) in self.made.iter_mut().zip(heat) {
            *made += heat;
        }
    }

    /// The heat that was made goes into the cells, from them into the pack and from there into
    /// the room, within so many seconds, few against the time constants.
    pub(crate) fn exchange(&mut self, room: f64, seconds: f64) {
        let mut into_pack = 0.0;
        let sources = self.sources;
        let all = self.cells.iter_mut().zip(&mut self.made).zip(sources);
        for ((cell, made), source) in all.take(self.count) {
            let away = (*cell - self.pack) / CELL_TO_PACK * seconds;
            *cell += (*made + source * seconds) / self.heat - away;
            into_pack += away;
            *made = 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 24 cells")]
        let pack_share = PACK_SHARE * self.count as f64;
        // What the cells lose warms the lighter pack mass.
        let out = (self.pack - room) * (1.0 + 1.0 / PACK_SHARE) / PACK_TO_ROOM * seconds;
        self.pack += into_pack / pack_share - out;
    }

    /// One second passes.
    pub(crate) fn step(&mut self, room: f64, current: f64, bad_joint: bool) {
        self.exchange(room, 1.0);
        let load = (current / self.rated) * (current / self.rated);
        self.board += (room + BOARD_RISE * load - self.board) / BOARD_SECONDS;
        let place = self.at_sensor(1);
        if bad_joint {
            self.joint = (self.joint.max(place) + JOINT_HEATING).min(room + JOINT_RISE).max(place);
        } else {
            self.joint += (place - self.joint) / JOINT_SECONDS;
        }
        for (excess, climb) in self.excess.iter_mut().zip(self.climbs) {
            if climb > 0.0 {
                *excess += climb;
            } else {
                *excess -= *excess / JOINT_SECONDS;
            }
        }
    }

    /// Temperature of every cell.
    pub(crate) const fn cells(&self) -> &PerCell {
        &self.cells
    }

    /// Temperature of the cell that a sensor sits on.
    fn at_sensor(&self, sensor: usize) -> f64 {
        // Two sensors are standard: a quarter and three quarters up the stack.
        let place = (2 * sensor + 1) * self.count / 4;
        self.cells[place.min(self.count - 1)]
    }

    /// Temperature at each sensor; the second one sits on the joint that can go bad.
    pub(crate) fn sensors(&self) -> [f64; MAX_SENSORS] {
        core::array::from_fn(|sensor| {
            let place = if sensor == 1 { self.joint } else { self.at_sensor(sensor) };
            place + self.excess[sensor]
        })
    }

    /// Temperature of the switches while this current flows.
    fn switches(&self, current: f64) -> f64 {
        let load = (current / self.rated) * (current / self.rated);
        self.board + SWITCH_RISE * load
    }
}

#[cfg(test)]
mod tests;

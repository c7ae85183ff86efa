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
        }
    }

    /// Takes the heat that a segment made, in J.
    pub(crate) fn take(&mut self, heat: &PerCell) {
        for (made, heat) in self.made.iter_mut().zip(heat) {
            *made += heat;
        }
    }

    /// One second passes.
    pub(crate) fn step(&mut self, room: f64, current: f64, bad_joint: bool) {
        let mut into_pack = 0.0;
        for (cell, made) in self.cells.iter_mut().zip(&mut self.made).take(self.count) {
            let away = (*cell - self.pack) / CELL_TO_PACK;
            *cell += *made / self.heat - away;
            into_pack += away;
            *made = 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 24 cells")]
        let pack_share = PACK_SHARE * self.count as f64;
        // Temperatures per second: what the cells lose warms the lighter pack mass.
        let out = (self.pack - room) * (1.0 + 1.0 / PACK_SHARE) / PACK_TO_ROOM;
        self.pack += into_pack / pack_share - out;

        let load = (current / self.rated) * (current / self.rated);
        self.board += (room + BOARD_RISE * load - self.board) / BOARD_SECONDS;
        let place = self.at_sensor(1);
        if bad_joint {
            self.joint = (self.joint.max(place) + JOINT_HEATING).min(room + JOINT_RISE).max(place);
        } else {
            self.joint += (place - self.joint) / JOINT_SECONDS;
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
        core::array::from_fn(|sensor| if sensor == 1 { self.joint } else { self.at_sensor(sensor) })
    }

    /// Temperature of the board.
    pub(crate) const fn board(&self) -> f64 {
        self.board
    }

    /// Temperature of the switches while this current flows.
    pub(crate) fn switches(&self, current: f64) -> f64 {
        let load = (current / self.rated) * (current / self.rated);
        self.board + SWITCH_RISE * load
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellward_params::Chemistry;

    fn box_at(room: f64) -> Thermal {
        Thermal::new(16, Figures::of(Chemistry::Lfp), 280.0, 200.0, room)
    }

    #[test]
    fn a_bad_joint_heats_by_six_kelvin_a_minute_up_to_fifty_above_the_room() {
        let mut thermal = box_at(25.0);
        for _ in 0..60 {
            thermal.step(25.0, 0.0, true);
        }
        assert!((thermal.sensors()[1] - 31.0).abs() < 1e-6);
        for _ in 0..3_600 {
            thermal.step(25.0, 0.0, true);
        }
        assert!((thermal.sensors()[1] - 75.0).abs() < 1e-6);
        assert!((thermal.sensors()[0] - 25.0).abs() < 1e-6);
    }

    #[test]
    fn a_mended_joint_loses_two_thirds_of_its_heat_in_a_minute() {
        let mut thermal = box_at(25.0);
        for _ in 0..600 {
            thermal.step(25.0, 0.0, true);
        }
        for _ in 0..60 {
            thermal.step(25.0, 0.0, false);
        }
        let left = (thermal.sensors()[1] - 25.0) / 50.0;
        assert!((0.35..0.38).contains(&left), "{left}");
    }

    #[test]
    fn heat_that_is_made_is_found_in_cells_and_pack_before_it_leaves() {
        let mut thermal = box_at(25.0);
        let joules = 1_000.0;
        for _ in 0..60 {
            thermal.take(&[joules; MAX_CELLS]);
            thermal.step(25.0, 0.0, false);
        }
        let held: f64 = thermal.cells[..16].iter().map(|cell| (cell - 25.0) * thermal.heat).sum();
        let pack = (thermal.pack - 25.0) * thermal.heat * 16.0 * PACK_SHARE;
        let made = 60.0 * 16.0 * joules;
        assert!(((held + pack) / made - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_warm_pack_cools_to_the_room() {
        let mut thermal = box_at(40.0);
        for _ in 0..200_000 {
            thermal.step(20.0, 0.0, false);
        }
        assert!((thermal.cells()[0] - 20.0).abs() < 0.1);
    }
}

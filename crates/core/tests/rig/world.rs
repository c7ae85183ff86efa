//! The little physics around the engine: what current flows and where P- stands, from what hangs on
//! the port and from what the switches really do.

use cellward_params::Switch;
use cellward_params::record::Switches;
use cellward_units::{Current, NoData, Temperature, Voltage};

/// Cells of the rig's pack.
pub(crate) const CELLS: usize = 16;
/// What lies over a body diode that conducts: the vendor's 0.67 V, rounded.
const DIODE: Voltage = Voltage::from_millivolts(700);
/// How far a charger pulls P- below B- while the path is blocked.
const CHARGER_PULL: Voltage = Voltage::from_millivolts(-5_000);

/// What hangs on the port.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Outside {
    /// Nothing.
    Nothing,
    /// A load that draws this, A.
    Load(i32),
    /// A charger that gives this, A.
    Charger(i32),
    /// A load of no resistance to speak of: the chip opens both switches at once.
    Short,
    /// Something with its poles swapped, that lifts P- above B+.
    Swapped,
}

/// What a test of the sampling wires finds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Wires {
    /// Every wire conducts.
    Good,
    /// The fourth tap does not.
    Loose,
    /// The chip does not answer that.
    Silent,
}

/// Everything that is so outside of the engine. Plain values, so that two worlds can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct World {
    pub(crate) outside: Outside,
    /// A switch that conducts whatever it is told.
    pub(crate) stuck: Option<Switch>,
    /// Every cell but the fourth, mV.
    pub(crate) cells: i32,
    /// The fourth cell, mV.
    pub(crate) cell: i32,
    /// The fourth cell's wire, as the chip reports it.
    pub(crate) wire_open: bool,
    pub(crate) wires: Wires,
    /// Added to the sum of the cells to make the pack reading, mV.
    pub(crate) pack_error: i32,
    /// The first cell sensor, m°C.
    pub(crate) sensor: Result<i32, NoData>,
    /// The second cell sensor, m°C.
    pub(crate) second_sensor: i32,
    /// The switches and the board, m°C.
    pub(crate) switches: Result<i32, NoData>,
    pub(crate) board: i32,
    /// Whether the current channel gives a value.
    pub(crate) current_valid: bool,
    /// Added to every current, mA.
    pub(crate) zero_error: i32,
    /// What lies over both closed switches, mV.
    pub(crate) path_drop: i32,
    /// Whether the chip answers at all, and whether it sends cells.
    pub(crate) answering: bool,
    pub(crate) sends_cells: bool,
    /// Whether it sends temperatures.
    pub(crate) sends_temperatures: bool,
    /// Whether the port fills slowly through the pre-charge path, as a large capacitor does.
    pub(crate) slow_port: bool,
}

impl World {
    /// A healthy pack with nothing on the port.
    pub(crate) const GOOD: Self = Self {
        outside: Outside::Nothing,
        stuck: None,
        cells: 3_300,
        cell: 3_300,
        wire_open: false,
        wires: Wires::Good,
        pack_error: 0,
        sensor: Ok(25_000),
        second_sensor: 25_000,
        switches: Ok(30_000),
        board: 30_000,
        current_valid: true,
        zero_error: 0,
        path_drop: 0,
        answering: true,
        sends_cells: true,
        sends_temperatures: true,
        slow_port: false,
    };

    /// Each cell as the chip reads it.
    pub(crate) fn cells(&self) -> [Result<Voltage, NoData>; CELLS] {
        let mut cells = [Ok(Voltage::from_millivolts(self.cells)); CELLS];
        cells[3] = Ok(Voltage::from_millivolts(self.cell));
        if self.wire_open {
            cells[3] = Err(NoData::WireOpen);
        }
        cells
    }

    /// B- to B+ as its own channel reads it.
    pub(crate) fn pack(&self) -> Voltage {
        let sum = self.cells * 15 + self.cell + self.pack_error;
        Voltage::from_millivolts(sum)
    }

    pub(crate) fn temperature(raw: i32) -> Temperature {
        Temperature::from_millicelsius(raw)
    }

    /// What conducts: the gates, and what is stuck.
    pub(crate) fn conducting(&self, gates: Switches) -> Switches {
        let mut conducting = gates;
        if let Some(stuck) = self.stuck {
            conducting.set(stuck, true);
        }
        conducting
    }

    /// The current that flows; positive charges. Charge current passes the charge switch and, where
    /// the discharge switch is open, its body diode; discharge current the other way round.
    pub(crate) fn true_current(&self, gates: Switches) -> Current {
        let conducting = self.conducting(gates);
        match self.outside {
            Outside::Load(amps) if conducting.discharge => Current::from_amps(-amps),
            Outside::Charger(amps) if conducting.charge => Current::from_amps(amps),
            _ => Current::ZERO,
        }
    }

    /// P- against B-: at B- where the path conducts, a diode drop off where a diode carries, and
    /// where nothing flows where load or charger pull it.
    pub(crate) fn port(&self, gates: Switches, path: bool) -> Voltage {
        let on = self.conducting(gates);
        let drop = Voltage::from_millivolts(self.path_drop);
        match (self.outside, on.charge, on.discharge) {
            (Outside::Nothing, true, true) => drop,
            (Outside::Nothing, ..) => Voltage::ZERO,
            (Outside::Load(_), true, true) => drop,
            (Outside::Load(_), false, true) => DIODE,
            (Outside::Load(_), _, false) if path && self.slow_port => {
                Voltage::from_microvolts(self.pack().as_microvolts() / 2)
            }
            (Outside::Load(_), _, false) if path => Voltage::from_millivolts(400),
            (Outside::Load(_) | Outside::Short, _, false) => self.pack(),
            (Outside::Charger(_), true, true) => -drop,
            (Outside::Charger(_), true, false) => -DIODE,
            (Outside::Charger(_), false, _) => CHARGER_PULL,
            (Outside::Short, _, true) => Voltage::ZERO,
            (Outside::Swapped, false, false) => self.pack() + Voltage::from_millivolts(10_000),
            (Outside::Swapped, ..) => Voltage::ZERO,
        }
    }
}

//! What the engine is fed: one closed list.

use cellward_params::record::Switches;
use cellward_params::{MAX_SENSORS, Request};
use cellward_units::{Current, NoData, Temperature, Voltage};

use crate::Persist;

/// One input. Feed exactly one, then take events until there are none.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Input<'a> {
    /// The fast channel, every 10 ms awake.
    Current(CurrentFrame),
    /// All cells and the pack, every 100 ms awake.
    Cells(CellsFrame<'a>),
    /// All temperatures, every 500 ms awake.
    Temperatures(TemperaturesFrame),
    /// The chip opened by itself; at once.
    Alert(ChipAlert),
    /// What the switches really are, whenever that changes.
    Feedback(Switches),
    /// The adapter's word that, since the last call, every measurement that was due arrived on
    /// time and equalled the last one of its kind. It stands for all of them at once, so that
    /// quiet spans need not be ticked through.
    Unchanged,
    /// A request of a session.
    Request(Request),
    /// What was kept over a power loss; the first input, if there is one.
    Restore(&'a Persist),
    /// Nothing but time has passed.
    Tick,
}

/// One reading of the fast channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CurrentFrame {
    /// Mean current since the last frame, as the chip gives it; positive charges.
    pub current: Result<Current, NoData>,
    /// P- against B-: positive while a load pulls P- up, negative while a charger pulls it down.
    pub port: Result<Voltage, NoData>,
}

/// One reading of every cell, all from the same moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellsFrame<'a> {
    /// Each cell from B- up; as many as the pack has. A shorter list leaves the rest absent.
    pub cells: &'a [Result<Voltage, NoData>],
    /// B- to B+ by its own channel.
    pub pack: Result<Voltage, NoData>,
}

/// One reading of every temperature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TemperaturesFrame {
    /// Cell sensors in order; those beyond the fitted ones are ignored.
    pub cells: [Result<Temperature, NoData>; MAX_SENSORS],
    /// The switches.
    pub switches: Result<Temperature, NoData>,
    /// The board.
    pub board: Result<Temperature, NoData>,
}

/// Why the chip acted by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ChipAlert {
    /// It saw a short circuit and opened both switches.
    ShortCircuit,
    /// A cell passed the over-voltage step it holds; it opened the charge switch.
    OverVoltage,
    /// A cell passed the under-voltage step it holds; it opened the discharge switch.
    UnderVoltage,
}

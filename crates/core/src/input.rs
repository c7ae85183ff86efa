//! What the engine is fed: one closed list.

use cellward_params::record::Switches;
use cellward_params::{MAX_SENSORS, ParamId, PortId, Request, Role, Switch, Wake};
use cellward_units::{Current, NoData, Ratio, Temperature, Voltage};

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
    /// The answer to a test of the sampling wires (`Wanted::test_wires`).
    Wires(WireTest),
    /// What the board says of its own parts, at start and whenever that changes.
    Board(BoardHealth),
    /// The key is on (`true`) or off, at start and whenever that changes. Boards without a key
    /// never send it.
    Key(bool),
    /// The adapter's word that, since the last call, every measurement that was due arrived on
    /// time and equalled the last one of its kind. It stands for all of them at once, so that
    /// quiet spans need not be ticked through.
    Unchanged,
    /// A good frame, or on a sleeping UART any byte, came in on a port: the wait for sleep begins
    /// anew. Asleep, the board wakes and tells this reason.
    Traffic(Wake),
    /// A request of a session.
    Request(Request),
    /// A group of parameters, to be written all or not at all.
    Write(GroupWrite<'a>),
    /// Whoever was on this port is gone: a login there ends.
    HangUp(PortId),
    /// What was kept over a power loss; the first input, if there is one.
    Restore(&'a Persist),
    /// What an estimator believes of the charge, 0 to 1; the figure of the board follows it. While
    /// 100 % is held after a full charge it is not looked at. Nothing that protects depends on it.
    Believed(Ratio),
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
    pub cells: [Result<Sensed, NoData>; MAX_SENSORS],
    /// The switches.
    pub switches: Result<Sensed, NoData>,
    /// The board.
    pub board: Result<Sensed, NoData>,
}

/// What a temperature sensor gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sensed {
    /// Resistance of an NTC in Ω; the engine turns it into a temperature by the Beta or the three
    /// points of its configuration, and sees an open or shorted one.
    Ntc {
        /// Its resistance, Ω.
        ohms: u32,
    },
    /// A temperature, from a sensor that gives one, such as the chip's own.
    Temperature(Temperature),
}

/// What a test of the sampling wires found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WireTest {
    /// Taps that do not conduct: bit 0 is B-, bit n the upper end of the n-th cell.
    pub open_taps: u32,
}

/// What the board says of its own parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BoardHealth {
    /// The memory of parameters and calibration.
    pub memory: Memory,
    /// Whether the clock runs.
    pub clock: bool,
    /// Whether the last self-test of processor and memories passed.
    pub self_test: bool,
}

/// How the memory of parameters stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Memory {
    /// Both copies are good.
    Good,
    /// One copy is bad; the other one is in force.
    OneCopy,
    /// Both are bad; the factory's safe set is in force.
    Lost,
}

/// A group of parameters, to be written all or not at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupWrite<'a> {
    /// Chosen by the session; comes back in the answer.
    pub id: u16,
    /// The port it came in on.
    pub port: PortId,
    /// As whom the asker speaks.
    pub role: Role,
    /// Parameters with their raw values. The later of two values for one parameter counts.
    pub changes: &'a [(ParamId, i32)],
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
    /// A cell sensor passed the upper temperature that it holds for this direction.
    TooHot(Switch),
    /// A cell sensor passed the lower temperature that it holds for this direction.
    TooCold(Switch),
    /// It heard nothing from the brain for too long and opened both switches.
    Watchdog,
}

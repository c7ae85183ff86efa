//! What a board's session may look at, and what it may wish for.

use cellward_params::{Command, Config, ParamId, PortId, Record, Snapshot};
use heapless::Vec;

/// What the board keeps of its story, as far as sessions read it.
pub trait Records {
    /// The oldest record whose sequence number is greater than `sequence`.
    fn after(&self, sequence: u32) -> Option<Record>;

    /// The sequence number of the newest record; `None` without any.
    fn newest(&self) -> Option<u32> {
        // Whether there is one after a number tells on which side of it the newest lies.
        let (mut low, mut high) = (self.after(0)?.sequence, u32::MAX);
        while low < high {
            let middle = low.midpoint(high);
            match self.after(middle) {
                Some(record) => low = record.sequence,
                None => high = middle,
            }
        }
        Some(low)
    }
}

/// A board that keeps no records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoRecords;

impl Records for NoRecords {
    fn after(&self, _sequence: u32) -> Option<Record> {
        None
    }
}

/// Everything that is answered from, as of one instant.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Every point.
    pub snapshot: &'a Snapshot,
    /// Every parameter.
    pub config: &'a Config,
    /// The records.
    pub records: &'a dyn Records,
}

/// Most parameters that one write carries: a group of our own Modbus map.
pub const GROUP: usize = 32;

/// Parameters with their raw values, to be written all or not at all.
pub type Group = Vec<(ParamId, i32), GROUP>;

/// What a host wants of the core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wish {
    /// Commands, one after the other; the first that is refused ends it.
    Commands(Vec<Command, 2>),
    /// New values for parameters, all or none.
    Write(Group),
}

impl Wish {
    /// A single command.
    #[must_use]
    pub fn command(command: Command) -> Self {
        let mut commands = Vec::new();
        // There is room for two.
        let _ = commands.push(command);
        Self::Commands(commands)
    }

    /// A write of a single parameter.
    #[must_use]
    pub fn one(parameter: ParamId, raw: i32) -> Self {
        let mut group = Group::new();
        // A group has room for one.
        let _ = group.push((parameter, raw));
        Self::Write(group)
    }
}

/// A wish on its way from a session to the core, which answers with the same id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Chosen by the session.
    pub id: u16,
    /// The port it came in on.
    pub port: PortId,
    /// Whether its dialect can log in; the core knows as whom such a host speaks now.
    pub login: bool,
    /// What it wants.
    pub wish: Wish,
}

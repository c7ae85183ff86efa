//! The board's side: what it answers to a frame.
//!
//! Reads are answered from the view that the caller passes in. Writes become wishes; the reply is
//! sent when the core has agreed, and a refused write stays silent, because the dialect has no
//! word for "no".

use cellward_params::{Command, DateTime, Switch};
use cellward_units::Ratio;
use cellward_wire::a5::{
    Encoder, FRAME_LEN, Fill, HOST_APP, HOST_GPRS, HOST_WIRED, Message, Reply, Request, SwitchWord,
    host_address,
};

use super::answer::{self, Part, Parts};
use super::learn::limit;
use super::map::rows;
use crate::port::Outcome;
use crate::view::{Group, View, Wish};

/// What a board remembers between two frames: its number, and the bytes of its last reply, which
/// shine through where the next one defines none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    number: u8,
    encoder: Encoder,
}

impl Session {
    /// A board with this number, 1 to 16.
    pub(crate) const fn new(number: u8, fill: Fill) -> Self {
        Self { number, encoder: Encoder::new(number, fill) }
    }

    /// Speaks as another board from here on.
    pub(crate) const fn renumber(&mut self, number: u8) {
        self.number = number;
        self.encoder.renumber(number);
    }

    /// Whether a frame speaks to this board: host address 0x3F + number, board 1 also 0x80 and
    /// 0x20.
    pub(crate) fn is_ours(&self, message: &Message) -> bool {
        message.address == host_address(self.number)
            || (self.number == 1 && matches!(message.address, HOST_APP | HOST_GPRS))
    }

    /// What a frame to this board asks for.
    pub(crate) fn handle(message: &Message, view: &View<'_>) -> Outcome<Parts> {
        let commands: [Option<Command>; 2] = match Request::parse(message) {
            Request::Read { command, .. } => {
                let parts = answer::parts(command, message.address, view);
                return if parts.is_empty() { Outcome::Silent } else { Outcome::Reply(parts) };
            }
            Request::SetDischarge(word) => [allow(Switch::Discharge, word), None],
            Request::SetCharge(word) => [allow(Switch::Charge, word), None],
            Request::SetClockAndSoc(set) => match set.soc_permille {
                permille @ 0..=1_000 => {
                    // A date of zeros is how client programs set the SOC alone (B). Real boards
                    // set their clock to garbage then; this one leaves it.
                    let clock = DateTime::new([
                        set.year, set.month, set.day, set.hour, set.minute, set.second,
                    ]);
                    let soc = Command::SetSoc(Ratio::from_permille(permille.into()));
                    [Some(soc), clock.map(Command::SetClock)]
                }
                _ => [None; 2],
            },
            Request::Restart { .. } => [Some(Command::Restart), None],
            Request::SetLimits { read, payload } => return set_limits(read, &payload, view),
        };
        let commands: heapless::Vec<Command, 2> = commands.into_iter().flatten().collect();
        if commands.is_empty() {
            return Outcome::Silent;
        }
        Outcome::Wish(Wish::Commands(commands))
    }

    /// The reply to a write that the core has agreed to: switches echo the word, the clock says 1.
    pub(crate) fn agreed(message: &Message) -> Parts {
        let on = match Request::parse(message) {
            Request::SetDischarge(word) | Request::SetCharge(word) => word.on,
            _ => 1,
        };
        let word = SwitchWord { on, rest: [0; 7] };
        let reply = Reply::parse(message.command, &word.payload());
        let mut parts = Parts::new();
        // One frame always fits.
        let _ = parts.push(Part { reply, defined: reply.defined() });
        parts
    }

    /// The frames of a reply, one after the other.
    pub(crate) fn encode(&mut self, parts: &[Part]) -> heapless::Vec<u8, 260> {
        let mut bytes = heapless::Vec::new();
        for part in parts {
            let frame: [u8; FRAME_LEN] =
                self.encoder.encode_defined(&part.reply, part.defined).emit();
            // Sixteen frames are 208 bytes.
            let _ = bytes.extend_from_slice(&frame);
        }
        bytes
    }
}

/// What a write of limits asks for: the fields that differ from what a read would tell now. One that
/// is written as it was told stays as it is, finer than the wire can say.
fn set_limits(read: u8, payload: &[u8; 8], view: &View<'_>) -> Outcome<Parts> {
    let told = answer::parts(read, HOST_WIRED, view);
    let Some(told) = told.first().map(|part| part.reply.payload()) else {
        return Outcome::Silent;
    };
    let mut group = Group::new();
    for row in rows(read) {
        let raw = row.field.read(payload);
        if raw != row.field.read(&told)
            && let Some(setting) = limit(row, raw)
        {
            // No command has more than eight fields.
            let _ = group.push(setting);
        }
    }
    Outcome::Wish(Wish::Write(group))
}

/// What a switch word asks for; a word that is neither 0 nor 1 asks for nothing.
const fn allow(switch: Switch, word: SwitchWord) -> Option<Command> {
    match word.on {
        0 => Some(Command::AllowSwitch { switch, allowed: false }),
        1 => Some(Command::AllowSwitch { switch, allowed: true }),
        _ => None,
    }
}

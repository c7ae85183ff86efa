//! The words that the host's sessions of every dialect share: what to do next, what to ask, and
//! what a round went through.

use cellward_params::{Flow, Snapshot};
use cellward_units::{Current, Instant};
pub use cellward_wire::a5::Refused;
use cellward_wire::modbus::Bytes;
use heapless::Vec;

pub use crate::a5::plausible::{cross_check, ranges};
use crate::exchange::Tally;

/// What is asked in a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Plan {
    /// Live values only.
    #[default]
    Live,
    /// Live values, then ratings, totals, texts and the clock, as far as the dialect has them.
    Full,
}

/// What the caller has to do next.
#[allow(clippy::large_enum_variant, reason = "there is no heap, and it lives for one frame")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Throw away what came in and is not yet read, then send these bytes.
    Send(Bytes),
    /// Feed what comes in, and ask again at this time at the latest.
    Wait(Instant),
    /// The round is over.
    Done,
}

/// What every session of a host is to the caller, who owns the port and the clock: do what
/// [`next_action`](Self::next_action) says and feed [`receive`](Self::receive) what comes in, until
/// it is [`Step::Done`].
pub trait Session {
    /// What to do now. Asked again after everything that came in, and when the time has come that
    /// [`Step::Wait`] names.
    fn next_action(&mut self, now: Instant) -> Step;

    /// Bytes that came in, in any portion, by `now`.
    fn receive(&mut self, bytes: &[u8], now: Instant);
}

/// A session that asks a board for everything, round after round. A new one is about to start its
/// first.
pub trait Rounds: Session {
    /// Starts the next round.
    fn begin(&mut self, plan: Plan);

    /// Gives up what is left of the round: it counts as unanswered.
    fn abort(&mut self);

    /// What the round went through so far.
    fn report(&self) -> &Report;

    /// Everything believed so far. Points that the dialect does not carry say so; those that were
    /// asked for without a believable answer say that.
    fn snapshot(&self) -> Snapshot;
}

/// From this current on its sign and the state of the board must agree: below, boards call it idle.
const CLEAR: Current = Current::from_amps(1);

/// Whether the sign of the current contradicts what the board says it is doing, which shows that
/// this board means the other direction by it.
#[must_use]
pub fn sign_contradicts(snapshot: &Snapshot) -> bool {
    match (snapshot.flow, snapshot.current) {
        (Ok(Flow::Charging), Ok(current)) => current < -CLEAR,
        (Ok(Flow::Discharging), Ok(current)) => current > CLEAR,
        _ => false,
    }
}

/// What was asked for: classic commands, or the first registers of blocks.
pub type Commands = Vec<u16, 24>;

/// What a round went through.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was answered and believed, all of it.
    pub answered: Commands,
    /// What was answered in part.
    pub partial: Commands,
    /// What has no believable answer.
    pub unanswered: Commands,
    /// Requests sent.
    pub requests: u32,
    /// Bytes that came in.
    pub bytes: u32,
    /// Good frames with the asked command and address.
    pub frames: u32,
    /// Bytes that belong to no frame, and frames whose check was wrong.
    pub refused: Refused,
    /// Our own requests coming back: a sleeping board, or a wire that is looped.
    pub echoes: u32,
    /// Requests that we did not send: another program is on the line.
    pub other_hosts: u32,
    /// Frames of other boards.
    pub foreign: u32,
    /// Frames of commands that were not asked just then.
    pub late: u32,
    /// Replies refused as the zeros of a board that has just woken.
    pub bogus: u32,
    /// Replies refused as impossible.
    pub implausible: u32,
    /// Readings that did not agree with the one before.
    pub disagreements: u32,
    /// Rounds in which the pack voltage contradicted the cells at first.
    pub contradictions: u32,
    /// Tries that ran out of time.
    pub timeouts: u32,
}

impl Report {
    /// Whether nothing on the line was odd.
    #[must_use]
    pub const fn clean(&self) -> bool {
        self.refused.checks == 0
            && self.refused.bytes == 0
            && self.echoes == 0
            && self.other_hosts == 0
            && self.foreign == 0
            && self.implausible == 0
            && self.disagreements == 0
    }

    /// Adds what one request went through.
    pub fn count(&mut self, tally: Tally) {
        for (sum, more) in [
            (&mut self.requests, tally.requests),
            (&mut self.bytes, tally.bytes),
            (&mut self.frames, tally.frames),
            (&mut self.refused.bytes, tally.refused),
            (&mut self.refused.checks, tally.checks),
            (&mut self.echoes, tally.echoes),
            (&mut self.other_hosts, tally.other_hosts),
            (&mut self.foreign, tally.foreign),
            (&mut self.late, tally.late),
            (&mut self.timeouts, tally.timeouts),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// Adds an entry once; there is room for everything that a plan asks for.
pub(crate) fn note(list: &mut Commands, entry: u16) {
    if !list.contains(&entry) {
        let _ = list.push(entry);
    }
}

/// Takes an entry out.
pub(crate) fn forget(list: &mut Commands, entry: u16) {
    list.retain(|&kept| kept != entry);
}

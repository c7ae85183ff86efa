//! A Cellward board at the other end of a wire, by its own register map: everything can be read,
//! set and asked for, and a refusal says why.

use std::time::Duration;

use cellward_link::client::Plan;
use cellward_link::exchange::{Failure, Framing, Options};
use cellward_link::modbus::client::{
    Depth, History, IDENTITY, Identity, Round, Settings, command, group, last_answer,
};
use cellward_link::modbus::commands::LastAnswer;
use cellward_link::modbus::layout;
use cellward_link::{GROUP, Group};
use cellward_params::{Command, Config, ParamId, Record, Refusal, Snapshot, Switch};
use cellward_units::NoData;
use cellward_wire::modbus::Request;

use crate::a5::{ReadError, ReadReport};
use crate::board::{Board, Carried, Certainty, Dialect, DoError};
use crate::drive::Wire;
use crate::registers::Registers;
use crate::settings::{key, show};

/// How long a switch may take to show its new state: as long as the board's own tests take.
const SWITCH_PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked meanwhile.
const SWITCH_LOOK: Duration = Duration::from_millis(300);

/// An open device that speaks our own map.
pub(crate) struct ModbusDevice {
    registers: Registers,
    board: u8,
    snapshot: Snapshot,
    known: bool,
}

impl ModbusDevice {
    /// A device over a wire that is open; says nothing to the board yet.
    pub(crate) fn over(wire: Wire, dialect: Dialect, board: u8) -> Self {
        let framing = match dialect {
            Dialect::ModbusTcp => Framing::Tcp { unit: board },
            _ => Framing::Rtu { request: board, reply: board, byte_count: true },
        };
        Self {
            registers: Registers::new(wire, framing, Options::default()),
            board,
            snapshot: Snapshot::absent(NoData::NotYet),
            known: false,
        }
    }

    /// Whether a Cellward board with a map that is known here answers.
    fn identify(&mut self, end: Duration) -> Result<Identity, DoError> {
        let words = self.registers.read(IDENTITY.start, IDENTITY.count, end)?;
        let words = words.map_err(|failure| {
            self.registers.failed(failure, "a read of its identity", self.board)
        })?;
        let identity = Identity::decode(&words).ok_or(ReadError::Unbelievable)?;
        self.known = true;
        Ok(identity)
    }

    /// A write, with the reason where it is refused.
    fn write(&mut self, request: Request, what: &str, end: Duration) -> Result<(), DoError> {
        if !self.known {
            self.identify(end)?;
        }
        match self.registers.ask(request, end)? {
            Ok(_) => Ok(()),
            Err(Failure::Exception(_)) => {
                let span = last_answer();
                let words = self.registers.read(span.start, span.count, end)?;
                match words.ok().and_then(|words| LastAnswer::decode(&words)) {
                    Some(LastAnswer { result: Err(refusal), .. }) => Err(refused(refusal)),
                    _ => Err(DoError::Silent(what.to_owned())),
                }
            }
            Err(failure) => Err(self.registers.failed(failure, what, self.board)),
        }
    }

    /// Looks until a switch really is as it was asked to be.
    fn confirm(&mut self, switch: Switch, allowed: bool, end: Duration) -> Result<(), DoError> {
        let give_up = end.min(self.registers.wire.now() + SWITCH_PATIENCE);
        loop {
            self.registers.wire.rest(SWITCH_LOOK)?;
            let left = end.saturating_sub(self.registers.wire.now());
            let read = self.read(Plan::Live, left)?;
            let (closed, reasons) = match switch {
                Switch::Charge => {
                    (read.snapshot.charge_switch_closed, read.snapshot.charge_switch_reasons)
                }
                Switch::Discharge => {
                    (read.snapshot.discharge_switch_closed, read.snapshot.discharge_switch_reasons)
                }
            };
            if closed == Ok(allowed) {
                return Ok(());
            }
            if self.registers.wire.now() >= give_up {
                let why = reasons.ok().and_then(|reasons| {
                    reasons.first().map(|reason| format!(" ({})", reason.why.key()))
                });
                let on_off = |on: bool| if on { "on" } else { "off" };
                let found = closed.map_or("unknown", on_off);
                return Err(DoError::NotConfirmed {
                    what: format!("{} switch", switch.key()),
                    wanted: on_off(allowed).to_owned(),
                    found: format!("{found}{}", why.unwrap_or_default()),
                });
            }
        }
    }
}

impl Board for ModbusDevice {
    fn now(&self) -> Duration {
        self.registers.wire.now()
    }

    fn dialect(&self) -> Option<Dialect> {
        Some(match self.registers.framing {
            Framing::Tcp { .. } => Dialect::ModbusTcp,
            Framing::Rtu { .. } => Dialect::Modbus,
        })
    }

    fn read(&mut self, plan: Plan, timeout: Duration) -> Result<ReadReport, ReadError> {
        let end = self.registers.wire.now() + timeout;
        self.registers.begin();
        if !self.known {
            self.identify(end).map_err(|error| match error {
                DoError::Unreachable(error) => error,
                DoError::Cut(cut) => self.registers.nothing(self.board, Some(cut)),
                _ => self.registers.nothing(self.board, None),
            })?;
        }
        let depth = match plan {
            Plan::Live => Depth::Live,
            Plan::Full => Depth::Full,
        };
        let mut round = Round::new(depth, &self.snapshot);
        let mut missing = Vec::new();
        let mut answered = 0;
        let mut cut = None;
        while let Some(span) = round.next() {
            let words = match cut {
                Some(_) => Err(Failure::Silent),
                None => self.registers.read(span.start, span.count, end).unwrap_or_else(|why| {
                    cut = Some(why);
                    Err(Failure::Silent)
                }),
            };
            match &words {
                Ok(_) => answered += 1,
                Err(_) => missing.push(format!("registers {:#06x}", span.start)),
            }
            round.learn(words.as_deref().ok());
        }
        if answered == 0 {
            return Err(self.registers.nothing(self.board, cut));
        }
        self.snapshot = round.snapshot().clone();
        let report = self.registers.report();
        Ok(ReadReport { snapshot: self.snapshot.clone(), report, host: None, cut, missing })
    }

    fn carried(&self) -> Vec<Carried> {
        let write = |id| Config::is_settable(id).then_some(Certainty::A);
        Config::ids().map(|id| Carried { id, write: write(id) }).collect()
    }

    fn get(&mut self, ids: &[ParamId], timeout: Duration) -> Result<Vec<(ParamId, i32)>, DoError> {
        let end = self.registers.wire.now() + timeout;
        if !self.known {
            self.identify(end)?;
        }
        let mut found = Vec::new();
        let mut settings = Settings::new();
        while let Some(span) = settings.next() {
            // Of a handful, only the pieces in which they stand are read.
            let wanted = ids.iter().filter_map(|&id| layout::parameter(id)).any(|address| {
                (span.start..span.start.saturating_add(span.count)).contains(&address)
            });
            let words = if wanted {
                let words = self.registers.read(span.start, span.count, end)?;
                Some(words.map_err(|failure| {
                    self.registers.failed(failure, "a read of settings", self.board)
                })?)
            } else {
                None
            };
            settings.learn(words.as_deref(), |id, raw| {
                if ids.contains(&id) {
                    found.push((id, raw));
                }
            });
        }
        Ok(found)
    }

    fn set(
        &mut self,
        changes: &[(ParamId, i32)],
        _unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError> {
        let end = self.registers.wire.now() + timeout;
        for changes in changes.chunks(GROUP) {
            let block: Group = changes.iter().copied().collect();
            let what = changes.iter().map(|&(id, _)| key(id)).collect::<Vec<_>>().join(", ");
            self.write(group(&block), &format!("a write of {what}"), end)?;
        }
        let ids: Vec<ParamId> = changes.iter().map(|&(id, _)| id).collect();
        let left = end.saturating_sub(self.registers.wire.now());
        let found = self.get(&ids, left)?;
        for &(id, raw) in changes {
            let now = found.iter().find(|found| found.0 == id).map(|found| found.1);
            if now != Some(raw) {
                return Err(DoError::NotConfirmed {
                    what: key(id),
                    wanted: show(id, raw),
                    found: now.map_or_else(|| "nothing".to_owned(), |now| show(id, now)),
                });
            }
        }
        Ok(())
    }

    fn command(
        &mut self,
        order: &Command,
        _unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError> {
        let end = self.registers.wire.now() + timeout;
        let what = format!("the command {}", order.key());
        let Some(request) = command(order) else {
            return Err(DoError::NotCarried { dialect: Dialect::Modbus, what });
        };
        self.write(request, &what, end)?;
        match *order {
            Command::AllowSwitch { switch, allowed } => self.confirm(switch, allowed, end),
            _ => Ok(()),
        }
    }

    fn records(&mut self, after: u32, timeout: Duration) -> Result<Vec<Record>, DoError> {
        let end = self.registers.wire.now() + timeout;
        if !self.known {
            self.identify(end)?;
        }
        let mut records: Vec<Record> = Vec::new();
        loop {
            let last = records.last().map_or(after, |record| record.sequence);
            let mut history = History::after(last);
            self.write(history.cursor(), "a read of records", end)?;
            while let Some(span) = history.next() {
                let words = self.registers.read(span.start, span.count, end)?;
                let words = words.map_err(|failure| {
                    self.registers.failed(failure, "a read of records", self.board)
                })?;
                history.learn(Some(&words));
            }
            let before = records.len();
            records.extend(history.records());
            if records.len() == before {
                return Ok(records);
            }
        }
    }
}

fn refused(refusal: Refusal) -> DoError {
    DoError::Refused(refusal)
}

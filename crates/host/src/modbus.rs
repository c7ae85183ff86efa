//! A Cellward board at the other end of a wire, by its own register map: everything can be read,
//! set and asked for, and a refusal says why.

use std::time::Duration;

use cellward_link::client::Plan;
use cellward_link::exchange::{Failure, Framing};
use cellward_link::modbus::client::{
    self, Client, History, IDENTITY, Identity, Settings, command, group, last_answer,
};
use cellward_link::modbus::commands::LastAnswer;
use cellward_link::modbus::layout;
use cellward_link::{GROUP, Group};
use cellward_params::parameter::id as parameter;
use cellward_params::{Command, Config, ParamId, Record, Refusal};
use cellward_wire::modbus::Request;

use crate::a5::{ReadError, ReadReport};
use crate::board::{Board, Carried, Certainty, Dialect, DoError, Setting, confirm};
use crate::drive::{Cut, Wire};
use crate::registers::{Registers, round};
use crate::settings::{key, show};

/// An open device that speaks our own map.
pub(crate) struct ModbusDevice {
    registers: Registers,
    board: u8,
    client: Client,
    fresh: bool,
    identity: Option<Identity>,
}

impl ModbusDevice {
    /// A device over a wire that is open; says nothing to the board yet.
    pub(crate) fn over(wire: Wire, dialect: Dialect, board: u8) -> Self {
        let options = match dialect {
            Dialect::ModbusTcp => client::Options::tcp(board),
            _ => client::Options::rtu(board),
        };
        Self {
            registers: Registers::new(wire, options.framing, options.exchange),
            board,
            client: Client::new(options, Plan::Full),
            fresh: true,
            identity: None,
        }
    }

    /// Whether a Cellward board with a map that is known here answers.
    fn identify(&mut self, end: Duration) -> Result<Identity, DoError> {
        if let Some(identity) = self.identity {
            return Ok(identity);
        }
        let words = self.registers.read(IDENTITY.start, IDENTITY.count, end)?;
        let words = words.map_err(|failure| {
            self.registers.failed(failure, "a read of its identity", self.board)
        })?;
        let identity = Identity::decode(&words).ok_or(ReadError::Unbelievable)?;
        self.identity = Some(identity);
        Ok(identity)
    }

    /// Asks the board by its new number from now on; over TCP it has none.
    fn renumber(&mut self, number: i32) -> Option<()> {
        let number = u8::try_from(number).ok()?;
        if let Framing::Rtu { byte_count, .. } = self.registers.framing {
            self.registers.framing = Framing::Rtu { request: number, reply: number, byte_count };
            self.client = Client::new(client::Options::rtu(number), Plan::Full);
            (self.board, self.fresh) = (number, true);
        }
        Some(())
    }

    /// A write, with the reason where it is refused.
    fn write(&mut self, request: Request, what: &str, end: Duration) -> Result<(), DoError> {
        self.identify(end)?;
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
}

impl Board for ModbusDevice {
    fn now(&self) -> Duration {
        self.registers.wire.now()
    }

    fn rest(&mut self, time: Duration) -> Result<(), Cut> {
        self.registers.wire.rest(time)
    }

    fn dialect(&self) -> Option<Dialect> {
        Some(match self.registers.framing {
            Framing::Tcp { .. } => Dialect::ModbusTcp,
            Framing::Rtu { .. } => Dialect::Modbus,
        })
    }

    fn read(&mut self, plan: Plan, timeout: Duration) -> Result<ReadReport, ReadError> {
        let Self { registers, client, fresh, board, .. } = self;
        let read = round(&mut registers.wire, client, fresh, (plan, timeout), *board);
        self.identity = self.client.identity().copied().or(self.identity);
        read
    }

    fn carried(&mut self, _timeout: Duration) -> Result<Vec<Carried>, DoError> {
        let write = |id| Config::is_settable(id).then_some(Certainty::A);
        Ok(Config::ids().map(|id| Carried { id, write: write(id), with: None }).collect())
    }

    fn get(&mut self, ids: &[ParamId], timeout: Duration) -> Result<Vec<Setting>, DoError> {
        let end = self.registers.wire.now() + timeout;
        let identity = self.identify(end)?;
        let mut found = Vec::new();
        let mut settings = Settings::new(&identity);
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
                    found.push((id, Some(raw)));
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
            for &(id, raw) in changes.iter().filter(|change| change.0 == parameter::board_number) {
                self.renumber(raw).ok_or_else(|| DoError::Silent(key(id)))?;
            }
        }
        let ids: Vec<ParamId> = changes.iter().map(|&(id, _)| id).collect();
        let left = end.saturating_sub(self.registers.wire.now());
        let found = self.get(&ids, left)?;
        for &(id, raw) in changes {
            let now = found.iter().find(|found| found.0 == id).and_then(|found| found.1);
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
            Command::AllowSwitch { switch, allowed } => confirm(self, switch, allowed, end),
            _ => Ok(()),
        }
    }

    fn records(&mut self, after: u32, timeout: Duration) -> Result<Vec<Record>, DoError> {
        let end = self.registers.wire.now() + timeout;
        self.identify(end)?;
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

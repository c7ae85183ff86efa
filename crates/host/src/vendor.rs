//! A board that speaks one of the two near-Modbus dialects, D2 or p81, at the other end of a wire.

use std::time::Duration;

use cellward_link::client::Plan;
use cellward_link::exchange::Failure;
use cellward_link::kmodbus::{self, Client, Row, words};
use cellward_link::map::Meaning;
use cellward_link::{NoRecords, View, a5};
use cellward_params::parameter::id as parameter;
use cellward_params::{Command, Config, ParamId, Record, Snapshot};
use cellward_units::NoData;
use cellward_wire::modbus::Request;

use crate::a5::{ReadError, ReadReport};
use crate::board::{Board, Carried, Certainty, Dialect, DoError, Setting, confirm, is_proven};
use crate::device::Positive;
use crate::drive::{Cut, Wire};
use crate::registers::{Registers, round};
use crate::settings::{key, show};

/// Most registers that boards were seen to answer at once.
const MOST: u16 = 80;

/// An open device of the D2 or p81 dialect.
pub(crate) struct VendorDevice {
    registers: Registers,
    dialect: kmodbus::Dialect,
    options: kmodbus::Options,
    board: u8,
    client: Client,
    fresh: bool,
}

impl VendorDevice {
    /// A device over a wire that is open; says nothing to the board yet.
    pub(crate) fn over(
        wire: Wire,
        dialect: kmodbus::Dialect,
        options: a5::Options,
        positive: Option<Positive>,
    ) -> Self {
        let board = options.board;
        let own = kmodbus::Options {
            board,
            current_limit: options.current_limit,
            inverted: positive == Some(Positive::Discharge),
            ..kmodbus::Options::new(dialect)
        };
        Self {
            registers: Registers::new(wire, dialect.framing(board), own.exchange),
            dialect,
            options: own,
            board,
            client: Client::new(own, Plan::Full),
            fresh: true,
        }
    }

    /// The row that holds a setting.
    fn row_of(&self, id: ParamId) -> Option<&'static Row> {
        self.dialect.map().iter().find(|row| holds(row, id))
    }

    /// What registers say about these settings, in as few reads as boards answer.
    fn read_settings(
        &mut self,
        rows: &[&'static Row],
        end: Duration,
    ) -> Result<Vec<Setting>, DoError> {
        let mut rows: Vec<&Row> = rows.to_vec();
        rows.sort_unstable_by_key(|row| row.register);
        rows.dedup();
        let mut found = Vec::new();
        let mut answered = false;
        let mut failure = None;
        let mut rest = rows.as_slice();
        while let Some(first) = rest.first() {
            let block = self
                .dialect
                .blocks()
                .iter()
                .find(|(start, end)| (*start..*end).contains(&first.register));
            let most = block.map_or_else(|| first.end(), |block| block.1);
            let most = most.min(first.register.saturating_add(MOST));
            let together = rest.iter().take_while(|row| row.end() <= most).count().max(1);
            let (now, later) = rest.split_at(together);
            rest = later;
            let stop = now.last().map_or_else(|| first.end(), |row| row.end());
            let count = stop.saturating_sub(first.register);
            match self.registers.read(first.register, count, end)? {
                Ok(read) => {
                    answered = true;
                    let told: Vec<_> =
                        kmodbus::settings(self.dialect, first.register, &read).collect();
                    // What stands there and is no value is the sign for none.
                    let held = now.iter().flat_map(|row| row.meaning.settings(0));
                    let none = held.filter(|(id, _)| !told.iter().any(|known| known.0 == *id));
                    found.extend(none.map(|(id, _)| (id, None)));
                    found.extend(told.iter().map(|&(id, raw)| (id, Some(raw))));
                }
                Err(why) => failure = Some(why),
            }
        }
        match failure {
            Some(failure) if !answered => {
                Err(self.registers.failed(failure, "a read of settings", self.board))
            }
            _ => Ok(found),
        }
    }

    /// Asks the board by its new number from now on, where the number is a part of the address.
    fn renumber(&mut self, told: &[u16]) {
        let number = told.first().and_then(|&word| u8::try_from(word).ok());
        let Some(number) = number.filter(|_| self.dialect == kmodbus::Dialect::P81) else {
            return;
        };
        self.registers.framing = self.dialect.framing(number);
        self.options.board = number;
        self.client = Client::new(self.options, Plan::Full);
        (self.board, self.fresh) = (number, true);
    }

    /// Writes registers and takes silence for a refusal. A reply with a wrong check says nothing,
    /// so that it counts only where what has become of it is looked at (a board was seen to answer
    /// so once).
    fn write(
        &mut self,
        row: &Row,
        words: &[u16],
        looked_at: bool,
        what: &str,
        end: Duration,
    ) -> Result<(), DoError> {
        let request = match *words {
            [value] => Request::WriteOne { register: row.register, value },
            _ => Request::WriteMany {
                start: row.register,
                words: words.iter().copied().collect(),
                byte_count: false,
            },
        };
        match self.registers.ask(request, end)? {
            Ok(_) => Ok(()),
            Err(Failure::Damaged) if looked_at => Ok(()),
            Err(failure) => {
                if failure == Failure::Silent && !self.registers.is_answered() {
                    // Whether it is there at all.
                    self.registers.ask(self.dialect.probe(), end)?.ok();
                }
                Err(self.registers.failed(failure, what, self.board))
            }
        }
    }

    fn own(&self) -> Dialect {
        self.dialect.into()
    }

    /// Refuses what nobody has proven.
    fn proven(&self, row: &Row, what: &str, unproven: bool) -> Result<(), DoError> {
        if unproven || is_proven(row.certainty) {
            return Ok(());
        }
        let (dialect, what, certainty) = (self.own(), what.to_owned(), row.certainty);
        Err(DoError::Unproven { dialect, what, certainty })
    }
}

impl Board for VendorDevice {
    fn now(&self) -> Duration {
        self.registers.wire.now()
    }

    fn rest(&mut self, time: Duration) -> Result<(), Cut> {
        self.registers.wire.rest(time)
    }

    fn dialect(&self) -> Option<Dialect> {
        Some(self.own())
    }

    fn read(&mut self, plan: Plan, timeout: Duration) -> Result<ReadReport, ReadError> {
        let Self { registers, client, fresh, board, .. } = self;
        round(&mut registers.wire, client, fresh, (plan, timeout), *board)
    }

    fn carried(&mut self, _timeout: Duration) -> Result<Vec<Carried>, DoError> {
        let mut carried: Vec<Carried> = Vec::new();
        for row in self.dialect.map() {
            let write: Option<Certainty> = row.is_writable().then_some(row.certainty);
            let held = row.meaning.settings(0);
            for &(id, _) in &held {
                let with = held.iter().map(|other| other.0).find(|&other| other != id);
                if !carried.iter().any(|known| known.id == id) {
                    carried.push(Carried { id, write, with });
                }
            }
        }
        Ok(carried)
    }

    fn get(&mut self, ids: &[ParamId], timeout: Duration) -> Result<Vec<Setting>, DoError> {
        let end = self.registers.wire.now() + timeout;
        let rows: Vec<&'static Row> = ids.iter().filter_map(|&id| self.row_of(id)).collect();
        let mut found = self.read_settings(&rows, end)?;
        // Some stand in two places; the first is the one that everybody reads.
        let mut known = Vec::new();
        found.retain(|(id, _)| {
            let wanted = ids.contains(id) && !known.contains(id);
            known.push(*id);
            wanted
        });
        Ok(found)
    }

    fn set(
        &mut self,
        group: &[(ParamId, i32)],
        unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError> {
        let end = self.registers.wire.now() + timeout;
        let mut writes: Vec<(&'static Row, ParamId, Vec<u16>)> = Vec::new();
        for &(id, raw) in group {
            let row = self
                .row_of(id)
                .filter(|row| row.is_writable())
                .ok_or_else(|| DoError::NotCarried { dialect: self.own(), what: key(id) })?;
            self.proven(row, &key(id), unproven)?;
            let told = as_told(self.dialect, row, raw).ok_or_else(|| DoError::NotCarried {
                dialect: self.own(),
                what: format!("{} = {}", key(id), show(id, raw)),
            })?;
            writes.push((row, id, told));
        }
        for (row, id, told) in writes {
            self.write(row, &told, true, &format!("a write of {}", key(id)), end)?;
            if id == parameter::board_number {
                self.renumber(&told);
            }
            let read = self.registers.read(row.register, row.words, end)?;
            let read = read.map_err(|failure| {
                self.registers.failed(failure, &format!("a read of {}", key(id)), self.board)
            })?;
            if read != told {
                let says = |words: &[u16]| {
                    kmodbus::settings(self.dialect, row.register, words)
                        .find(|found| found.0 == id)
                        .map_or_else(|| "nothing".to_owned(), |found| show(id, found.1))
                };
                let (wanted, found) = (says(&told), says(&read));
                return Err(DoError::NotConfirmed { what: key(id), wanted, found });
            }
        }
        Ok(())
    }

    fn command(
        &mut self,
        command: &Command,
        unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError> {
        let end = self.registers.wire.now() + timeout;
        let what = format!("the command {}", command.key());
        let candidates = candidates(command);
        let found = self.dialect.map().iter().filter(|row| row.is_writable()).find_map(|row| {
            let words = candidates.iter().find(|&words| {
                words.len() == usize::from(row.words)
                    && row.meaning.command(words).as_ref() == Some(command)
            })?;
            Some((row, words))
        });
        let Some((row, words)) = found else {
            return Err(DoError::NotCarried { dialect: self.own(), what });
        };
        self.proven(row, &what, unproven)?;
        let looked_at = matches!(command, Command::AllowSwitch { .. });
        self.write(row, words, looked_at, &what, end)?;
        match *command {
            Command::AllowSwitch { switch, allowed } => confirm(self, switch, allowed, end),
            _ => Ok(()),
        }
    }

    fn records(&mut self, _after: u32, _timeout: Duration) -> Result<Vec<Record>, DoError> {
        Err(DoError::NotCarried { dialect: self.own(), what: "records".to_owned() })
    }
}

/// Whether a row holds a setting.
fn holds(row: &Row, id: ParamId) -> bool {
    row.meaning.settings(0).iter().any(|(held, _)| *held == id)
}

/// The words that tell a value of the setting in a row, as a board would; `None` where the map
/// cannot say it.
fn as_told(dialect: kmodbus::Dialect, row: &Row, raw: i32) -> Option<Vec<u16>> {
    let mut config = Config::lifepo4(16);
    for (id, _) in row.meaning.settings(0) {
        config.set(id, raw).ok()?;
    }
    // A board tells ratings out of its snapshot.
    let mut snapshot = Snapshot::absent(NoData::NotCarried);
    if let Some(point) = row.meaning.point() {
        snapshot.put(point, 0, cellward_params::Value::Number(Ok(raw.into())));
    }
    snapshot.chemistry = Ok(config.chemistry());
    let view = View { snapshot: &snapshot, config: &config, records: &NoRecords };
    let told = words(dialect, row.register, row.words, &view)?.to_vec();
    // A wait that has no step of its own would be written as another one.
    let exact = match row.meaning {
        Meaning::Wait { parameter, .. } => {
            kmodbus::settings(dialect, row.register, &told).any(|found| found == (parameter, raw))
        }
        _ => true,
    };
    exact.then_some(told)
}

/// The words that may carry a command; which of them does shows in the map.
fn candidates(command: &Command) -> Vec<Vec<u16>> {
    match *command {
        Command::AllowSwitch { allowed, .. } => vec![vec![u16::from(allowed)]],
        Command::SetSoc(soc) => {
            u16::try_from(soc.as_permille()).map(|p| vec![p]).into_iter().collect()
        }
        Command::SetClock(clock) => {
            let [year, month, day, hour, minute, second] = clock.bytes();
            let word = |high: u8, low: u8| u16::from_be_bytes([high, low]);
            vec![vec![word(year, month), word(day, hour), word(minute, second)]]
        }
        Command::SetPassword(password) => {
            let pairs = password.as_str().as_bytes().chunks(2);
            let word = |pair: &[u8]| pair.try_into().ok().map(u16::from_be_bytes);
            pairs.map(word).collect::<Option<Vec<u16>>>().into_iter().collect()
        }
        _ => vec![vec![1]],
    }
}

//! Commands in registers, both ways, and the answers to them.
//!
//! A command is its id and its arguments, written in one go; what each argument looks like is its
//! [`Form`], which the directory tells too.

use cellward_params::coded::CodedRefusal;
use cellward_params::{Chemistry, Command, DateTime, Fault, Password, Refusal, Switch};
use cellward_units::Ratio;

use super::layout::TEXT;
use super::number::{Block, Reader, fill, put, put_i32, put_text};

/// What an argument looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Form {
    /// 0 the charge switch, 1 the discharge switch; one register.
    Switch = 1,
    /// 0 no, 1 yes; one register.
    YesNo = 2,
    /// A share in millionths; two registers.
    Share = 3,
    /// The code of a fault; one register.
    Fault = 4,
    /// UTF-8 text filled with NUL; 20 registers.
    Text = 5,
    /// 0 LFP, 1 NMC, 2 LTO; one register.
    Chemistry = 6,
    /// A count from 0 to 255; one register.
    Count = 7,
    /// Year in full, month, day, hour, minute, second; six registers.
    DateTime = 8,
}

impl Form {
    /// The stable number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// How many registers it takes.
    #[must_use]
    pub const fn registers(self) -> u16 {
        match self {
            Self::Switch | Self::YesNo | Self::Fault | Self::Chemistry | Self::Count => 1,
            Self::Share => 2,
            Self::Text => TEXT,
            Self::DateTime => 6,
        }
    }

    /// What it looks like, for a person.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Switch => "switch: 0 charge, 1 discharge",
            Self::YesNo => "0 no, 1 yes",
            Self::Share => "share in millionths, two registers",
            Self::Fault => "fault code",
            Self::Text => "text in 20 registers, filled with NUL",
            Self::Chemistry => "chemistry: 0 LFP, 1 NMC, 2 LTO",
            Self::Count => "count",
            Self::DateTime => "year, month, day, hour, minute, second",
        }
    }
}

/// The arguments of a command by its id; `None` for an id that has none here.
#[must_use]
pub const fn arguments(id: u16) -> Option<&'static [Form]> {
    Some(match id {
        1 => &[Form::Switch, Form::YesNo],
        2 => &[Form::Share],
        3 => &[Form::Fault, Form::Text],
        4 | 5 => &[Form::Fault],
        6 => &[Form::Chemistry, Form::Count, Form::YesNo],
        7 | 8 | 9 | 11 | 12 => &[],
        10 => &[Form::DateTime],
        13 | 15 => &[Form::Text],
        14 => &[],
        _ => return None,
    })
}

/// A command as it is written; `None` for one that this map does not carry.
#[must_use]
pub fn encode(command: &Command) -> Option<Block> {
    let mut block = Block::new();
    put(&mut block, &[command.id()]);
    match command {
        Command::AllowSwitch { switch, allowed } => {
            put(&mut block, &[switch.code().into(), u16::from(*allowed)]);
        }
        Command::SetSoc(share) => put_i32(&mut block, share.as_ppm()),
        Command::Unlock { fault, reason } => {
            put(&mut block, &[fault.code()]);
            put_text(&mut block, reason.as_str(), TEXT);
        }
        Command::Override(fault) | Command::Acknowledge(fault) => {
            put(&mut block, &[fault.code()]);
        }
        Command::Commission { chemistry, cells, outside_window } => {
            let outside = u16::from(*outside_window);
            put(&mut block, &[chemistry.code().into(), (*cells).into(), outside]);
        }
        Command::SetClock(time) => {
            let [year, rest @ ..] = time.bytes().map(u16::from);
            put(&mut block, &[year.saturating_add(2_000)]);
            put(&mut block, &rest);
        }
        Command::LearnZero
        | Command::Restart
        | Command::FactoryReset
        | Command::Identify
        | Command::Sleep
        | Command::Logout => {}
        Command::Login(password) | Command::SetPassword(password) => {
            put_text(&mut block, password.as_str(), TEXT);
        }
        // A command that is younger than this map; a test holds the two together.
        _ => return None,
    }
    Some(block)
}

/// The command in what was written; `None` where there is none, or it is longer or shorter.
#[must_use]
pub fn decode(words: &[u16]) -> Option<Command> {
    let mut reader = Reader(words);
    let fault = |reader: &mut Reader<'_>| Fault::from_code(reader.word()?);
    let password = |reader: &mut Reader<'_>| Password::new(reader.text()?.as_str()).ok();
    let command = match reader.word()? {
        1 => Command::AllowSwitch {
            switch: Switch::from_code(reader.byte()?)?,
            allowed: reader.flag()?,
        },
        2 => Command::SetSoc(Ratio::from_ppm(reader.i32()?)),
        3 => Command::Unlock { fault: fault(&mut reader)?, reason: reader.text()? },
        4 => Command::Override(fault(&mut reader)?),
        5 => Command::Acknowledge(fault(&mut reader)?),
        6 => Command::Commission {
            chemistry: Chemistry::from_code(reader.byte()?)?,
            cells: reader.byte()?,
            outside_window: reader.flag()?,
        },
        7 => Command::LearnZero,
        8 => Command::Restart,
        9 => Command::FactoryReset,
        10 => {
            let year = reader.word()?.checked_sub(2_000)?;
            let mut bytes = [u8::try_from(year).ok()?, 0, 0, 0, 0, 0];
            for byte in bytes.iter_mut().skip(1) {
                *byte = reader.byte()?;
            }
            Command::SetClock(DateTime::new(bytes)?)
        }
        11 => Command::Identify,
        12 => Command::Sleep,
        13 => Command::Login(password(&mut reader)?),
        14 => Command::Logout,
        15 => Command::SetPassword(password(&mut reader)?),
        _ => return None,
    };
    reader.0.is_empty().then_some(command)
}

/// The answer to the last write of a session that came before the core.
///
/// | at | registers | what |
/// |--:|--:|---|
/// | 0 | 1 | token: counts the answers, from 1; 0 before the first |
/// | 1 | 1 | 0 none yet, 1 done, 2 refused |
/// | 2 | 1 | address that was written |
/// | 3 | 1 | id of the command; 0 for parameters |
/// | 4 | 1 | code of the refusal, 0 when done |
/// | 5 | 1 | Modbus exception that it was answered with, 0 when done |
/// | 6 | 6 | three numbers of the refusal |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastAnswer {
    /// Counts the answers, from 1; wraps past 0.
    pub token: u16,
    /// The address that was written.
    pub address: u16,
    /// The id of the command; 0 for parameters.
    pub command: u16,
    /// Done, or why not.
    pub result: Result<(), Refusal>,
}

impl LastAnswer {
    /// Reads it back; `None` before the first answer, or where the refusal is not known here.
    #[must_use]
    pub fn decode(words: &[u16]) -> Option<Self> {
        let mut reader = Reader(words);
        let (token, state) = (reader.word()?, reader.word()?);
        let (address, command) = (reader.word()?, reader.word()?);
        let (code, _exception) = (reader.word()?, reader.word()?);
        let numbers = [reader.i32()?, reader.i32()?, reader.i32()?];
        let result = match state {
            1 => Ok(()),
            2 => Err(Refusal::from_coded((code, numbers))?),
            _ => return None,
        };
        Some(Self { token, address, command, result })
    }
}

/// Writes the last answer.
pub(super) fn put_answer(block: &mut Block, answer: Option<&LastAnswer>) {
    if let Some(answer) = answer {
        let (code, numbers): CodedRefusal =
            answer.result.map_or_else(|no| no.coded(), |()| (0, [0; 3]));
        let exception = answer.result.map_or_else(|no| exception(&no), |()| 0);
        let state = if answer.result.is_ok() { 1 } else { 2 };
        put(block, &[answer.token, state, answer.address, answer.command, code, exception.into()]);
        for number in numbers {
            put_i32(block, number);
        }
    }
    fill(block, 16);
}

/// The exception that a refusal is answered with.
///
/// | code | when |
/// |--:|---|
/// | 1 | nobody here may do that now, or this board cannot |
/// | 2 | there is no such parameter, or nobody sets it |
/// | 3 | the value is refused |
/// | 6 | not now: switches are closed, a reading is missing, or too many wrong passwords came |
/// | 4 | refused for a reason that is younger than this table |
#[must_use]
pub const fn exception(refusal: &Refusal) -> u8 {
    match refusal {
        Refusal::Role { .. } | Refusal::LoginFirst | Refusal::NotSupported => 1,
        Refusal::UnknownParameter(_) | Refusal::Fixed(_) => 2,
        Refusal::OutOfRange { .. }
        | Refusal::Relation { .. }
        | Refusal::Cap { .. }
        | Refusal::LiveTaps { .. }
        | Refusal::OutsideWindow { .. }
        | Refusal::NothingToDo(_)
        | Refusal::ReasonMissing
        | Refusal::WrongPassword => 3,
        Refusal::SwitchesClosed
        | Refusal::NoReading
        | Refusal::TooManyTries { .. }
        | Refusal::Busy(_) => 6,
        _ => 4,
    }
}

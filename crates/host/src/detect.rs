//! Finding out what a board speaks: series names on labels are unreliable, so it is tried.

use std::time::Duration;

use cellward_link::a5::{Answered, Ask, Options};
use cellward_link::client::{Plan, Report};
use cellward_link::exchange::{self, Exchange, Failure, Framing};
use cellward_link::kmodbus;
use cellward_link::modbus::client::{IDENTITY, Identity};
use cellward_params::{Command, ParamId, Record};
use cellward_units as units;
use cellward_wire::a5::{HOST_APP, HOST_WIRED, Request as Classic, command};
use cellward_wire::modbus::{Reply, Request};

use crate::a5::{ReadError, ReadReport};
use crate::board::{Board, Carried, Dialect, DoError, Setting, device};
use crate::device::Positive;
use crate::drive::{Cut, Wire};
use crate::registers::nothing;

/// How long one try may take.
const TRY: units::Duration = units::Duration::from_millis(500);
/// How long a board that has answered something may take to say that it is one of ours.
const OWN: units::Duration = units::Duration::from_millis(200);
/// How often everything is tried: the first exchange after a pause is often lost (B).
const ROUNDS: u8 = 2;
/// Quiet before a request that is framed for TCP, and after one that nobody answered: what boards
/// take for the beginning of something else is forgotten by then.
const QUIET: Duration = Duration::from_millis(150);

/// A board whose dialect is found out when it is first spoken to.
pub(crate) struct Detected {
    state: State,
    options: Options,
    positive: Option<Positive>,
    /// Whether the wire is a TCP connection, which may lead to a Modbus TCP server.
    tcp: bool,
}

enum State {
    Unknown(Wire),
    Known(Box<dyn Board>),
    /// Only between the two.
    Between,
}

impl Detected {
    pub(crate) fn new(wire: Wire, options: Options, positive: Option<Positive>, tcp: bool) -> Self {
        Self { state: State::Unknown(wire), options, positive, tcp }
    }

    /// The board, once it has answered in some dialect.
    fn board(&mut self, timeout: Duration) -> Result<&mut dyn Board, ReadError> {
        if let State::Unknown(wire) = &mut self.state {
            let end = wire.now() + timeout;
            let dialect = find(wire, self.options, self.tcp, end)?;
            if let State::Unknown(wire) = std::mem::replace(&mut self.state, State::Between) {
                let board = device(wire, dialect, self.options, self.positive);
                self.state = State::Known(board);
            }
        }
        match &mut self.state {
            State::Known(board) => Ok(&mut **board),
            State::Unknown(_) | State::Between => Err(ReadError::Silent),
        }
    }
}

/// Tries p81, D2 and the classic dialect at both host addresses, in this order; and where one of
/// them answers, whether it is a Cellward board, which says more in its own. On a TCP connection,
/// Modbus TCP comes before all of them: a serial bridge and the boards behind it ignore its frames,
/// while frames of serial lines put a server of it out of step.
fn find(wire: &mut Wire, options: Options, tcp: bool, end: Duration) -> Result<Dialect, ReadError> {
    let mut report = Report::default();
    let mut echo = false;
    let mut cut = None;
    for round in 0..ROUNDS {
        let found = match tcp {
            true => over_tcp(wire, options.board, round > 0, end, &mut report),
            false => Ok(None),
        };
        let found = match found {
            Ok(None) => once(wire, options, end, &mut report, &mut echo),
            settled => settled,
        };
        match found {
            Ok(Some(dialect)) => return Ok(dialect),
            Ok(None) => {}
            Err(why) => {
                cut = Some(why);
                break;
            }
        }
    }
    if echo {
        return Err(ReadError::Echo);
    }
    Err(nothing(&report, cut, options.board))
}

/// Whether a Cellward board serves Modbus TCP here.
fn over_tcp(
    wire: &mut Wire,
    board: u8,
    used: bool,
    end: Duration,
    report: &mut Report,
) -> Result<Option<Dialect>, Cut> {
    if used {
        wire.rest(QUIET)?;
    }
    let reply = try_once(wire, Framing::Tcp { unit: board }, IDENTITY.request(), TRY, end, report)?;
    if is_ours(&reply) {
        return Ok(Some(Dialect::ModbusTcp));
    }
    wire.rest(QUIET)?;
    Ok(None)
}

fn once(
    wire: &mut Wire,
    options: Options,
    end: Duration,
    report: &mut Report,
    echo: &mut bool,
) -> Result<Option<Dialect>, Cut> {
    let board = options.board;
    for dialect in [kmodbus::Dialect::P81, kmodbus::Dialect::D2] {
        // Only board 1 has the other dialect's single address.
        if dialect == kmodbus::Dialect::D2 && board > 1 {
            continue;
        }
        if try_once(wire, dialect.framing(board), dialect.probe(), TRY, end, report)?.is_ok() {
            return own(wire, board, end, report)
                .map(|own| Some(own.unwrap_or_else(|| dialect.into())));
        }
    }
    let hosts = match (options.host, board) {
        (Some(host), _) => vec![host],
        (None, 1) => vec![HOST_WIRED, HOST_APP],
        (None, board) => vec![cellward_wire::a5::host_address(board)],
    };
    for host in hosts {
        let one = Options { tries: 1, timeout: TRY, ..options };
        // Any command will do: some boards lack one or the other.
        let mut ask = Ask::new(&Classic::read(command::PACK), host, one);
        wire.run(&mut ask, end)?;
        match ask.result() {
            Some(Answered::Silent) | None => {}
            Some(Answered::Echo) => *echo = true,
            Some(Answered::With(_) | Answered::Contradictory) => {
                return own(wire, board, end, report).map(|own| Some(own.unwrap_or(Dialect::A5)));
            }
        }
    }
    Ok(None)
}

/// Whether the board is one of ours.
fn own(
    wire: &mut Wire,
    board: u8,
    end: Duration,
    report: &mut Report,
) -> Result<Option<Dialect>, Cut> {
    let framing = Framing::Rtu { request: board, reply: board, byte_count: true };
    let read = IDENTITY.request();
    let reply = try_once(wire, framing, read, OWN, end, report)?;
    Ok(is_ours(&reply).then_some(Dialect::Modbus))
}

/// Whether this is how a Cellward board tells who it is.
fn is_ours(reply: &Result<Reply, Failure>) -> bool {
    match reply {
        Ok(Reply::Words { words, .. }) => Identity::decode(words).is_some(),
        _ => false,
    }
}

fn try_once(
    wire: &mut Wire,
    framing: Framing,
    request: Request,
    timeout: units::Duration,
    end: Duration,
    report: &mut Report,
) -> Result<Result<Reply, Failure>, Cut> {
    let options = exchange::Options { timeout, tries: 1, ..exchange::Options::default() };
    let mut exchange = Exchange::new(framing, request, options);
    let cut = wire.run(&mut exchange, end);
    report.count(exchange.tally());
    cut?;
    Ok(exchange.result().unwrap_or(Err(Failure::Silent)))
}

impl Board for Detected {
    fn now(&self) -> Duration {
        match &self.state {
            State::Unknown(wire) => wire.now(),
            State::Known(board) => board.now(),
            State::Between => Duration::ZERO,
        }
    }

    fn rest(&mut self, time: Duration) -> Result<(), Cut> {
        match &mut self.state {
            State::Unknown(wire) => wire.rest(time),
            State::Known(board) => board.rest(time),
            State::Between => Ok(()),
        }
    }

    fn dialect(&self) -> Option<Dialect> {
        match &self.state {
            State::Known(board) => board.dialect(),
            State::Unknown(_) | State::Between => None,
        }
    }

    fn read(&mut self, plan: Plan, timeout: Duration) -> Result<ReadReport, ReadError> {
        let end = self.now() + timeout;
        let board = self.board(timeout)?;
        let left = end.saturating_sub(board.now());
        board.read(plan, left)
    }

    fn carried(&mut self, timeout: Duration) -> Result<Vec<Carried>, DoError> {
        self.board(timeout)?.carried(timeout)
    }

    fn get(&mut self, ids: &[ParamId], timeout: Duration) -> Result<Vec<Setting>, DoError> {
        self.board(timeout)?.get(ids, timeout)
    }

    fn set(
        &mut self,
        group: &[(ParamId, i32)],
        unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError> {
        self.board(timeout)?.set(group, unproven, timeout)
    }

    fn command(
        &mut self,
        command: &Command,
        unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError> {
        self.board(timeout)?.command(command, unproven, timeout)
    }

    fn records(&mut self, after: u32, timeout: Duration) -> Result<Vec<Record>, DoError> {
        self.board(timeout)?.records(after, timeout)
    }
}

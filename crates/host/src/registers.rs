//! Registers of a board at the other end of a wire: one request after the other.

use std::time::Duration;

use cellward_link::client::{Plan, Report, Rounds};
use cellward_link::exchange::{Exchange, Failure, Framing, Options};
use cellward_wire::modbus::{Area, Reply, Request};

use crate::a5::{ReadError, ReadReport};
use crate::board::DoError;
use crate::drive::{Cut, Wire, instant};

/// A wire that carries Modbus in one of its framings.
pub(crate) struct Registers {
    pub(crate) wire: Wire,
    pub(crate) framing: Framing,
    options: Options,
    transaction: u16,
    report: Report,
    last_byte: Option<cellward_units::Instant>,
}

impl Registers {
    pub(crate) fn new(wire: Wire, framing: Framing, options: Options) -> Self {
        Self { wire, framing, options, transaction: 0, report: Report::default(), last_byte: None }
    }

    /// One request, until it is answered or given up.
    pub(crate) fn ask(
        &mut self,
        request: Request,
        end: Duration,
    ) -> Result<Result<Reply, Failure>, Cut> {
        let earliest = match (self.framing, self.last_byte) {
            (Framing::Rtu { .. }, Some(last)) => last + self.options.guard,
            _ => instant(Duration::ZERO),
        };
        let mut exchange = Exchange::new(self.framing, request, self.options)
            .not_before(earliest)
            .counting_from(self.transaction);
        let cut = self.wire.run(&mut exchange, end);
        self.last_byte = exchange.last_byte().or(self.last_byte);
        let tally = exchange.tally();
        self.transaction =
            self.transaction.wrapping_add(u16::try_from(tally.requests).unwrap_or(1));
        self.report.count(tally);
        cut?;
        Ok(exchange.result().unwrap_or(Err(Failure::Silent)))
    }

    /// The words of a read; `None` where nothing good came.
    pub(crate) fn read(
        &mut self,
        start: u16,
        count: u16,
        end: Duration,
    ) -> Result<Result<Vec<u16>, Failure>, Cut> {
        let request = Request::Read { area: Area::Holding, start, count };
        Ok(match self.ask(request, end)? {
            Ok(Reply::Words { words, .. }) => Ok(words.to_vec()),
            Ok(_) => Err(Failure::Silent),
            Err(failure) => Err(failure),
        })
    }

    /// Whether anybody has ever answered.
    pub(crate) const fn is_answered(&self) -> bool {
        self.report.frames > 0
    }

    /// A failed request as an error, for `what`.
    pub(crate) fn failed(&self, failure: Failure, what: &str, board: u8) -> DoError {
        match failure {
            Failure::Echo => ReadError::Echo.into(),
            // A board that has never said anything is not there; one that has, does not want to.
            Failure::Silent if self.report.frames == 0 => nothing(&self.report, None, board).into(),
            Failure::Exception(code) => DoError::Silent(format!("{what} (exception {code})")),
            Failure::Silent | Failure::Damaged | Failure::Request => {
                DoError::Silent(what.to_owned())
            }
        }
    }
}

/// A round, or what came of it in time; a session that is `fresh` has begun its first already.
pub(crate) fn round(
    wire: &mut Wire,
    client: &mut impl Rounds,
    fresh: &mut bool,
    (plan, timeout): (Plan, Duration),
    board: u8,
) -> Result<ReadReport, ReadError> {
    let end = wire.now() + timeout;
    if !std::mem::take(fresh) || plan != Plan::Full {
        client.begin(plan);
    }
    let cut = wire.run(client, end).err();
    if cut.is_some() {
        client.abort();
    }
    let report = client.report().clone();
    if report.answered.is_empty() && report.partial.is_empty() {
        return Err(nothing(&report, cut, board));
    }
    let missing = missing(&report);
    Ok(ReadReport { snapshot: client.snapshot(), report, host: None, cut, missing })
}

/// The registers without a complete answer, in words.
pub(crate) fn missing(report: &Report) -> Vec<String> {
    let blocks = report.unanswered.iter().chain(&report.partial);
    blocks.map(|start| format!("the registers from {start:#06x} on")).collect()
}

/// Why nothing came at all.
pub(crate) fn nothing(report: &Report, cut: Option<Cut>, board: u8) -> ReadError {
    // A flood of noise holds a few frames by chance; they say nothing.
    let mostly_garbage = report.refused.bytes > report.bytes / 2;
    if report.bogus > 0 {
        ReadError::Waking
    } else if report.frames > 0 && !mostly_garbage {
        ReadError::Unbelievable
    } else if cut == Some(Cut::Lost) {
        ReadError::Lost
    } else if report.echoes > 0 && !mostly_garbage {
        ReadError::Echo
    } else if report.foreign > 0 && !mostly_garbage {
        ReadError::OtherBoard(board)
    } else if report.bytes > 0 {
        ReadError::Garbage { bytes: report.bytes, checks: report.refused.checks }
    } else {
        ReadError::Silent
    }
}

//! What frames of any Modbus mean, whoever framed them: which reply answers which request, and what
//! its registers say by the map of the board.
//!
//! A reply to a read does not name its registers. The request tells them: over TCP the one with the
//! same transaction and unit; on a serial line one that stands before it, asks the same board and
//! asks for as many registers, and what is older than it was not answered.

use cellward_wire::modbus::{Area, Body, Reply, Request};
use serde_json::{Map as Members, Value as Json};

use super::questions::{Asked, Questions};
use super::registers::{Map, Said, Told};
use super::{Decoded, Sheet, by_sender, put};
use crate::capture::Way;
use crate::json::Object;

/// Who remembers what was asked in one recording.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    map: Map,
    protocol: &'static str,
    /// What a person says that replies without a request begin with.
    start: Option<u16>,
    asked: Questions,
}

/// What one part of a recording says.
#[derive(Default)]
pub(super) struct Part {
    pub(super) sheet: Sheet,
    told: Vec<Told>,
}

/// Where a reply begins, and how that is known.
struct Origin {
    /// One, several that are possible, or none.
    starts: Vec<u16>,
    guessed: bool,
    how: &'static str,
}

/// One frame and where it stands.
pub(super) struct Heard<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) offset: usize,
    /// Who speaks or is spoken to.
    pub(super) board: u8,
    pub(super) sender: Sender,
    pub(super) way: Option<Way>,
}

/// How a frame names its board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sender {
    /// By an address; with several boards on a line, by a number that follows from it.
    Serial { address: u8, numbered: bool },
    /// By a unit, and its exchange by a number.
    Tcp { transaction: u16 },
}

impl Heard<'_> {
    fn transaction(&self) -> Option<u16> {
        match self.sender {
            Sender::Serial { .. } => None,
            Sender::Tcp { transaction } => Some(transaction),
        }
    }

    /// Names the board in the entry, and gives its name for people.
    fn name(&self, entry: &mut Object) -> String {
        match self.sender {
            Sender::Serial { address, numbered } => {
                put(entry, "address", address);
                put(entry, "board", numbered.then_some(self.board));
                if numbered { format!("board {}", self.board) } else { "the board".to_owned() }
            }
            Sender::Tcp { transaction } => {
                put(entry, "transaction", transaction);
                put(entry, "unit", self.board);
                format!("unit {}, transaction {transaction}", self.board)
            }
        }
    }
}

impl Part {
    /// All of it, with the values of each board under `group` where there are several.
    pub(super) fn whole(self, protocol: &str, group: &str) -> Decoded {
        let senders = self.told.into_iter().map(|told| (told.board, told.said().all())).collect();
        self.sheet.whole(protocol, by_sender(senders, group))
    }

    /// What this board said in all frames together.
    fn told(&mut self, board: u8) -> Option<&mut Told> {
        let place = self.told.iter().position(|told| told.board == board).unwrap_or_else(|| {
            self.told.push(Told::new(board));
            self.told.len() - 1
        });
        self.told.get_mut(place)
    }
}

impl Conversation {
    pub(super) fn new(map: Map, protocol: &'static str, start: Option<u16>) -> Self {
        Self { map, protocol, start, asked: Questions::default() }
    }

    pub(super) const fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// Takes the next frame in.
    pub(super) fn frame(&mut self, heard: &Heard<'_>, body: Body, part: &mut Part) {
        let mut entry = part.sheet.begin(heard.bytes, heard.offset);
        let (way, transaction) = (heard.way, heard.transaction());
        let (direction, body) = match body {
            Body::Request(request) => ("request", Ok(request)),
            Body::Reply(reply) => ("reply", Err(reply)),
            Body::Either { register, value } => {
                let (board, function) = (heard.board, 6);
                let echo = Asked { board, transaction, function, start: register, count: value };
                if way != Some(Way::Sent) && self.asked.iter().any(|asked| *asked == echo) {
                    ("reply", Err(Reply::WroteOne { register, value }))
                } else {
                    let known = if way == Some(Way::Sent) { "request" } else { "either" };
                    (known, Ok(Request::WriteOne { register, value }))
                }
            }
        };
        put(&mut entry, "direction", direction);
        let who = heard.name(&mut entry);
        match body {
            Ok(request) => {
                let words = match direction {
                    "either" => format!("request to {who}, or the reply to it, which is the same"),
                    _ => format!("request to {who}"),
                };
                put(&mut entry, "function", request.function());
                put(&mut entry, "says", request.to_string());
                part.sheet.line(2, &format!("{words}: {request}"));
                self.request(heard, &request, &mut entry, &mut part.sheet);
            }
            Err(reply) => {
                put(&mut entry, "function", reply.function());
                self.reply(heard, &reply, &who, &mut entry, part);
            }
        }
        part.sheet.end(entry);
    }

    /// What a request asks for, which is remembered.
    fn request(
        &mut self,
        heard: &Heard<'_>,
        request: &Request,
        entry: &mut Object,
        sheet: &mut Sheet,
    ) {
        let (board, transaction) = (heard.board, heard.transaction());
        let function = request.function();
        let (start, count, words) = match request {
            Request::Read { start, count, .. } => (*start, *count, Vec::new()),
            Request::WriteOne { register, value } => (*register, *value, vec![*value]),
            Request::WriteMany { start, words, .. } => {
                let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
                (*start, count, words.to_vec())
            }
            // It asks for no registers that could be told, but is answered.
            Request::Other { .. } | Request::Miscounted { .. } => {
                self.asked.ask(Asked { board, transaction, function, start: 0, count: 0 });
                return;
            }
        };
        self.asked.ask(Asked { board, transaction, function, start, count });
        put(entry, "start", start);
        if words.is_empty() {
            put(entry, "count", count);
            return;
        }
        put(entry, "count", words.len());
        let said = self.map.written(board, function, start, &words);
        show(said, 4, &words, entry, sheet);
    }

    fn reply(
        &mut self,
        heard: &Heard<'_>,
        reply: &Reply,
        who: &str,
        entry: &mut Object,
        part: &mut Part,
    ) {
        let board = heard.board;
        match reply {
            Reply::Words { area, words } => {
                let origin = self.origin(heard, *area, words);
                let from = starts_in_words(&origin.starts);
                let says = format!("{} registers{from}{}", words.len(), origin.how);
                part.sheet.line(2, &format!("reply of {who}: {says}"));
                put(entry, "says", says);
                let start = match origin.starts[..] {
                    [start] => Some(start),
                    _ => None,
                };
                put(entry, "start", start);
                put(entry, "start_guessed", origin.guessed);
                put(entry, "count", words.len());
                put(entry, "registers", &words[..]);
                if self.map.reads(*area) {
                    self.read(heard, &origin, words, entry, part);
                }
            }
            Reply::WroteOne { register, value } => {
                self.answered(heard, |asked| {
                    (asked.function, asked.start, asked.count) == (6, *register, *value)
                });
                part.sheet.line(2, &format!("reply of {who}: {reply}"));
                put(entry, "says", reply.to_string());
                put(entry, "start", *register);
                put(entry, "count", 1);
                let said = self.map.written(board, 6, *register, &[*value]);
                show(said, 4, &[*value], entry, &mut part.sheet);
            }
            Reply::WroteMany { start, count } => {
                self.answered(heard, |asked| (asked.function, asked.start) == (0x10, *start));
                part.sheet.line(2, &format!("reply of {who}: {reply}"));
                put(entry, "says", reply.to_string());
                put(entry, "start", *start);
                put(entry, "count", *count);
            }
            Reply::Exception { function, code } => {
                // Without a transaction nothing in it says which question is refused: the last of
                // this function.
                let transaction = heard.transaction();
                let refused = self.asked.answered_last(board, |asked| {
                    (asked.function, asked.transaction) == (*function, transaction)
                });
                let start = refused.filter(Asked::names_registers).map(|asked| asked.start);
                let what = match (start, refused) {
                    (Some(start), _) => format!("; asked last was register 0x{start:04X}"),
                    (None, Some(_)) => "; as asked before".to_owned(),
                    (None, None) => "; no request of that stands before it".to_owned(),
                };
                let says = format!("{reply}{what}");
                part.sheet.line(2, &format!("reply of {who}: {says}"));
                put(entry, "says", says);
                put(entry, "exception", *code);
                put(entry, "start", start);
            }
        }
    }

    /// What read registers say, by every start that is possible.
    fn read(
        &mut self,
        heard: &Heard<'_>,
        origin: &Origin,
        words: &[u16],
        entry: &mut Object,
        part: &mut Part,
    ) {
        let board = heard.board;
        match origin.starts[..] {
            [] => {}
            [start] => {
                self.map.keep(board, start, words);
                let mut own = Told::new(board);
                self.map.hear(start, words, &mut own);
                if !origin.guessed {
                    part.sheet.hear(heard.offset + heard.bytes.len(), board, &own.snapshot);
                }
                own.said().show(4, entry, &mut part.sheet);
                if let Some(told) = part.told(board) {
                    self.map.hear(start, words, told);
                }
            }
            ref several => {
                let mut possible = Vec::new();
                for &start in several {
                    let mut map = self.map.clone();
                    map.keep(board, start, words);
                    let mut own = Told::new(board);
                    map.hear(start, words, &mut own);
                    part.sheet.line(4, &format!("if from 0x{start:04X}:"));
                    let mut one = Members::new();
                    put(&mut one, "start", start);
                    own.said().show(6, &mut one, &mut part.sheet);
                    possible.push(Json::Object(one));
                }
                put(entry, "possible", possible);
            }
        }
    }

    /// A question has its answer.
    fn answered(&mut self, heard: &Heard<'_>, fits: impl Fn(&Asked) -> bool) {
        match heard.transaction() {
            // Answers may come in any order.
            Some(number) => drop(self.asked.answered_last(heard.board, |asked| {
                asked.transaction == Some(number) && fits(asked)
            })),
            None => self.asked.answered(heard.board, fits),
        }
    }

    /// Where a reply begins: as asked, else as a person says, else by a guess.
    fn origin(&mut self, heard: &Heard<'_>, area: Area, words: &[u16]) -> Origin {
        let (board, transaction) = (heard.board, heard.transaction());
        let fits = |asked: &Asked| {
            asked.board == board
                && asked.transaction == transaction
                && asked.function == area.function()
                && usize::from(asked.count) == words.len()
        };
        let mut starts: Vec<u16> = Vec::new();
        for asked in self.asked.iter().filter(|asked| fits(asked)) {
            if !starts.contains(&asked.start) {
                starts.push(asked.start);
            }
        }
        if transaction.is_some() {
            // Of two questions with one number, the younger one waits for its answer.
            starts = starts.pop().into_iter().collect();
        }
        if !starts.is_empty() {
            self.answered(heard, fits);
            let one = starts.len() == 1;
            let how = if one { ", as asked before" } else { ", which were all asked for before" };
            return Origin { starts, guessed: !one, how };
        }
        if let Some(start) = self.start {
            return Origin { starts: vec![start], guessed: false, how: ", as you say" };
        }
        let guess = self.map.guess(area, words);
        let how = match (guess.starts.len(), guess.plausible) {
            (0, _) => "; which ones is not known without the request",
            (1, true) => self.map.why_guessed(),
            (1, false) => {
                ", a guess by their count, for no request stands before it; but no battery is so"
            }
            _ => ", all possible by their count, for no request stands before it",
        };
        Origin { guessed: !guess.starts.is_empty(), starts: guess.starts, how }
    }
}

/// What written registers say.
fn show(said: Said, indent: usize, words: &[u16], entry: &mut Object, sheet: &mut Sheet) {
    put(entry, "registers", words);
    said.show(indent, entry, sheet);
}

fn starts_in_words(starts: &[u16]) -> String {
    let numbers: Vec<String> = starts.iter().map(|start| format!("0x{start:04X}")).collect();
    if numbers.is_empty() { String::new() } else { format!(" from {}", numbers.join(" or ")) }
}

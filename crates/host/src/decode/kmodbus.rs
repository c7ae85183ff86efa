//! What recorded bytes of the two near-Modbus dialects mean.
//!
//! A reply to a read does not name its registers. The request tells them, which must stand before
//! it, ask the same board and ask for as many registers; what is older than it was not answered.

use cellward_link::kmodbus::Dialect;
use cellward_link::map::Meaning;
use cellward_wire::modbus::{Area, Body, P81_REPLY, P81_REQUEST, Piece, Reply, Request, frames};
use serde_json::{Map, Value as Json};

use super::questions::{Asked, Questions};
use super::registers::{Told, means, set, values};
use super::{Decoded, Sheet, blocks, by_sender, put};
use crate::capture::Way;
use crate::json::Object;

/// Who hears both directions of one of the dialects.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    dialect: Dialect,
    protocol: &'static str,
    /// What a person says that replies without a request begin with.
    start: Option<u16>,
    asked: Questions,
}

/// Where a reply begins, and how that is known.
struct Origin {
    /// One, several that are possible, or none.
    starts: Vec<u16>,
    guessed: bool,
    how: &'static str,
}

/// One frame and where it stands.
struct Heard<'a> {
    bytes: &'a [u8],
    offset: usize,
    address: u8,
    board: u8,
}

impl Listener {
    pub(super) fn new(dialect: Dialect, protocol: &'static str, start: Option<u16>) -> Self {
        Self { dialect, protocol, start, asked: Questions::default() }
    }

    pub(super) fn decode(&mut self, bytes: &[u8], way: Option<Way>) -> Decoded {
        let mut sheet = Sheet::default();
        let mut told: Vec<Told> = Vec::new();
        let mut offset = 0;
        for piece in frames(bytes) {
            match piece {
                Piece::Frame { address, body, len } => {
                    let bytes = bytes.get(offset..offset + len).unwrap_or_default();
                    match self.board(address) {
                        Some(board) => {
                            let heard = Heard { bytes, offset, address, board };
                            self.frame(&heard, body, way, &mut sheet, &mut told);
                        }
                        None => sheet.refuse(
                            bytes,
                            offset,
                            &format!("a frame of address 0x{address:02X}, which is none here"),
                        ),
                    }
                    offset += len;
                }
                Piece::Refused { bytes, why } => {
                    sheet.refuse(bytes, offset, &why.to_string());
                    offset += bytes.len();
                }
            }
        }
        let senders = told.into_iter().map(|told| (told.board, told.values())).collect();
        sheet.whole(self.protocol, by_sender(senders, "boards"))
    }

    /// The number of the board that an address means; boards of D2 have none and are all 1.
    fn board(&self, address: u8) -> Option<u8> {
        let numbers = 1..=16;
        match self.dialect {
            Dialect::D2 => (address == self.dialect.request_address(1)).then_some(1),
            Dialect::P81 => [P81_REQUEST, P81_REPLY]
                .into_iter()
                .filter_map(|base| address.checked_sub(base))
                .find(|number| numbers.contains(number)),
        }
    }

    fn frame(
        &mut self,
        heard: &Heard<'_>,
        body: Body,
        way: Option<Way>,
        sheet: &mut Sheet,
        told: &mut Vec<Told>,
    ) {
        let mut entry = sheet.begin(heard.bytes, heard.offset);
        let (direction, body) = match body {
            Body::Request(request) => ("request", Ok(request)),
            Body::Reply(reply) => ("reply", Err(reply)),
            Body::Either { register, value } => {
                let echo = Asked { board: heard.board, function: 6, start: register, count: value };
                if way != Some(Way::Sent) && self.asked.iter().any(|asked| *asked == echo) {
                    ("reply", Err(Reply::WroteOne { register, value }))
                } else {
                    let known = if way == Some(Way::Sent) { "request" } else { "either" };
                    (known, Ok(Request::WriteOne { register, value }))
                }
            }
        };
        put(&mut entry, "direction", direction);
        put(&mut entry, "address", heard.address);
        let board = (self.dialect == Dialect::P81).then_some(heard.board);
        put(&mut entry, "board", board);
        let who = board.map_or_else(|| "the board".to_owned(), |board| format!("board {board}"));
        match body {
            Ok(request) => {
                let words = match direction {
                    "either" => format!("request to {who}, or the reply to it, which is the same"),
                    _ => format!("request to {who}"),
                };
                put(&mut entry, "function", request.function());
                put(&mut entry, "says", request.to_string());
                sheet.line(2, &format!("{words}: {request}"));
                self.request(heard, &request, &mut entry, sheet);
            }
            Err(reply) => {
                put(&mut entry, "function", reply.function());
                self.reply(heard, &reply, &who, &mut entry, sheet, told);
            }
        }
        sheet.end(entry);
    }

    /// What a request asks for, which is remembered.
    fn request(
        &mut self,
        heard: &Heard<'_>,
        request: &Request,
        entry: &mut Object,
        sheet: &mut Sheet,
    ) {
        let (start, count, words) = match request {
            Request::Read { start, count, .. } => (*start, *count, Vec::new()),
            Request::WriteOne { register, value } => (*register, *value, vec![*value]),
            Request::WriteMany { start, words, .. } => {
                let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
                (*start, count, words.to_vec())
            }
            // Only TCP tells the length of what is not spoken here, and only the standard forms have
            // a count that could be wrong.
            Request::Other { .. } | Request::Miscounted { .. } => return,
        };
        let asked = Asked { board: heard.board, function: request.function(), start, count };
        self.asked.ask(asked);
        put(entry, "start", start);
        if words.is_empty() {
            put(entry, "count", count);
            return;
        }
        put(entry, "count", words.len());
        self.written(start, &words, entry, sheet);
    }

    /// What is written: registers, and the settings or the command that they are.
    fn written(&self, start: u16, words: &[u16], entry: &mut Object, sheet: &mut Sheet) {
        put(entry, "registers", words);
        let set = set(self.dialect, start, words);
        sheet.values(4, &set);
        entry.extend(set);
        let row = self.dialect.row(start).filter(|row| row.register == start);
        if let Some(command) = row.and_then(|row| row.meaning.command(words)) {
            let means = means(&command);
            sheet.line(4, &means);
            put(entry, "command", command.key());
            put(entry, "means", means);
        } else if let Some(Meaning::Unmapped(reason)) = row.map(|row| row.meaning) {
            sheet.line(4, &format!("no point or setting: {reason}"));
        }
    }

    fn reply(
        &mut self,
        heard: &Heard<'_>,
        reply: &Reply,
        who: &str,
        entry: &mut Object,
        sheet: &mut Sheet,
        told: &mut Vec<Told>,
    ) {
        match reply {
            Reply::Words { area, words } => {
                let origin = self.origin(heard.board, *area, words);
                let from = starts_in_words(&origin.starts);
                let says = format!("{} registers{from}{}", words.len(), origin.how);
                sheet.line(2, &format!("reply of {who}: {says}"));
                put(entry, "says", says);
                let start = match origin.starts[..] {
                    [start] => Some(start),
                    _ => None,
                };
                put(entry, "start", start);
                put(entry, "start_guessed", origin.guessed);
                put(entry, "count", words.len());
                put(entry, "registers", &words[..]);
                // Boards have no input registers, so nobody knows what those would mean.
                if *area == Area::Holding {
                    self.read(heard.board, &origin, words, entry, sheet, told);
                }
            }
            Reply::WroteOne { register, value } => {
                self.asked.answered(heard.board, |asked| {
                    (asked.function, asked.start, asked.count) == (6, *register, *value)
                });
                sheet.line(2, &format!("reply of {who}: {reply}"));
                put(entry, "says", reply.to_string());
                put(entry, "start", *register);
                put(entry, "count", 1);
                self.written(*register, &[*value], entry, sheet);
            }
            Reply::WroteMany { start, count } => {
                self.asked
                    .answered(heard.board, |asked| (asked.function, asked.start) == (0x10, *start));
                sheet.line(2, &format!("reply of {who}: {reply}"));
                put(entry, "says", reply.to_string());
                put(entry, "start", *start);
                put(entry, "count", *count);
            }
            Reply::Exception { function, code } => {
                // Nothing in it says which question is refused: the last of this function.
                let refused =
                    self.asked.answered_last(heard.board, |asked| asked.function == *function);
                let what = match refused {
                    Some(asked) => format!("; asked last was register 0x{:04X}", asked.start),
                    None => String::new(),
                };
                let says = format!("{reply}{what}");
                sheet.line(2, &format!("reply of {who}: {says}"));
                put(entry, "says", says);
                put(entry, "exception", *code);
                put(entry, "start", refused.map(|asked| asked.start));
            }
        }
    }

    /// What read registers say, by every start that is possible.
    fn read(
        &self,
        board: u8,
        origin: &Origin,
        words: &[u16],
        entry: &mut Object,
        sheet: &mut Sheet,
        told: &mut Vec<Told>,
    ) {
        match origin.starts[..] {
            [] => {}
            [start] => {
                let values = values(self.dialect, start, words);
                sheet.values(4, &values);
                entry.extend(values);
                let place = told.iter().position(|told| told.board == board);
                let place = place.unwrap_or_else(|| {
                    told.push(Told::new(board));
                    told.len() - 1
                });
                if let Some(told) = told.get_mut(place) {
                    told.hear(self.dialect, start, words);
                }
            }
            ref several => {
                let mut possible = Vec::new();
                for &start in several {
                    let values = values(self.dialect, start, words);
                    sheet.line(4, &format!("if from 0x{start:04X}:"));
                    sheet.values(6, &values);
                    let mut one = Map::new();
                    put(&mut one, "start", start);
                    one.extend(values);
                    possible.push(Json::Object(one));
                }
                put(entry, "possible", possible);
            }
        }
    }

    /// Where a reply begins: as asked, else as a person says, else by a guess.
    fn origin(&mut self, board: u8, area: Area, words: &[u16]) -> Origin {
        let fits = |asked: &Asked| {
            asked.board == board
                && asked.function == area.function()
                && usize::from(asked.count) == words.len()
        };
        let mut starts: Vec<u16> = Vec::new();
        for asked in self.asked.iter().filter(|asked| fits(asked)) {
            if !starts.contains(&asked.start) {
                starts.push(asked.start);
            }
        }
        if !starts.is_empty() {
            self.asked.answered(board, fits);
            let one = starts.len() == 1;
            let how = if one { ", as asked before" } else { ", which were all asked for before" };
            return Origin { starts, guessed: !one, how };
        }
        if let Some(start) = self.start {
            return Origin { starts: vec![start], guessed: false, how: ", as you say" };
        }
        let guess = match area {
            Area::Holding => blocks::guess(self.dialect, words),
            Area::Input => blocks::Guess { starts: Vec::new(), plausible: true },
        };
        let how = match (guess.starts.len(), guess.plausible) {
            (0, _) => "; which ones is not known without the request",
            (1, true) => ", a guess by their count, for no request stands before it",
            (1, false) => {
                ", a guess by their count, for no request stands before it; but no battery is so"
            }
            _ => ", all possible by their count, for no request stands before it",
        };
        Origin { guessed: !guess.starts.is_empty(), starts: guess.starts, how }
    }
}

fn starts_in_words(starts: &[u16]) -> String {
    let numbers: Vec<String> = starts.iter().map(|start| format!("0x{start:04X}")).collect();
    if numbers.is_empty() { String::new() } else { format!(" from {}", numbers.join(" or ")) }
}

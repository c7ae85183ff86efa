//! What recorded bytes of Pylontech's ASCII protocol mean.
//!
//! A frame does not say who sent it. Commands begin at 0x40 and return codes are 0x00 to 0x06, 0x90
//! and 0x91, so that the code tells; some adapters repeat the command where the return code belongs,
//! and then only the payload does, of which a request has one byte at most.

use std::collections::VecDeque;

use cellward_wire::pylon::{
    Alarms, Extreme, Head, Limits, Message, Reply, START, System, command, parse, returned, status,
};
use serde_json::{Map, Value as Json};

use super::{Decoded, Sheet, by_sender, hex, put};
use crate::capture::Way;
use crate::json::Object;

/// Most questions that are remembered; inverters have one open at a time.
const MOST_ASKED: usize = 64;
/// The three commands whose reply has a known layout, with its length in bytes.
const LAYOUTS: [(u8, usize); 3] = [
    (command::SYSTEM, System::LEN),
    (command::ALARMS, Alarms::LEN),
    (command::LIMITS, Limits::LEN),
];

/// Who hears both directions.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener {
    /// Address and command of what was asked and not answered yet.
    asked: VecDeque<(u8, u8)>,
}

impl Listener {
    pub(super) fn decode(&mut self, bytes: &[u8], way: Option<Way>) -> Decoded {
        let mut sheet = Sheet::default();
        let mut told: Vec<(u8, Object)> = Vec::new();
        let mut offset = 0;
        while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
            if let Head::Frame { message, len } = parse(rest) {
                let own = rest.get(..len).unwrap_or_default();
                let mut entry = sheet.begin(own, offset);
                if let Some(values) = self.frame(&message, way, &mut entry, &mut sheet) {
                    match told.iter_mut().find(|(address, _)| *address == message.address) {
                        Some((_, known)) => known.extend(values),
                        None => told.push((message.address, values)),
                    }
                }
                sheet.end(entry);
                offset += len;
            } else {
                let len = (1..rest.len())
                    .find(|&at| {
                        matches!(parse(rest.get(at..).unwrap_or_default()), Head::Frame { .. })
                    })
                    .unwrap_or(rest.len());
                let run = rest.get(..len).unwrap_or_default();
                sheet.refuse(run, offset, &reason(rest, len));
                offset += len;
            }
        }
        sheet.whole("pylon-rs485", by_sender(told, "batteries"))
    }

    /// What one frame says; the values that it holds, if it is a reply with known ones.
    fn frame(
        &mut self,
        message: &Message,
        way: Option<Way>,
        entry: &mut Object,
        sheet: &mut Sheet,
    ) -> Option<Object> {
        let Message { version, address, device, code, payload } = message;
        let asks = way == Some(Way::Sent) || is_request(message);
        put(entry, "direction", if asks { "request" } else { "reply" });
        put(entry, "address", *address);
        put(entry, "version", *version);
        put(entry, "device", *device);
        put(entry, "payload", hex(payload));
        let from = format!("version {version:02X}, device {device:02X}");
        if asks {
            put(entry, "command", *code);
            let name = command_name(*code);
            put(entry, "says", name);
            sheet.line(2, &format!("request to battery {address}: {name} ({code:02X}); {from}"));
            if self.asked.len() == MOST_ASKED {
                self.asked.pop_front();
            }
            self.asked.push_back((*address, *code));
            return None;
        }
        put(entry, "return_code", *code);
        let repeats = returned_name(*code).is_none() && *code >= command::ANALOG;
        let returned = match returned_name(*code) {
            Some(name) => name.to_owned(),
            None if repeats => "command instead of a return code".to_owned(),
            None => "unknown return code".to_owned(),
        };
        put(entry, "returned", returned.clone());
        sheet.line(2, &format!("reply of battery {address}: {returned} ({code:02X}); {from}"));
        let (answers, guessed) = self.answers(message, repeats);
        put(entry, "command", answers);
        put(entry, "command_guessed", guessed);
        let what = match (answers, guessed) {
            (Some(command), false) => format!("answers {} ({command:02X})", command_name(command)),
            (Some(command), true) => format!(
                "answers {} ({command:02X}), a guess by its length, for no request that fits \
                 stands before it",
                command_name(command)
            ),
            (None, _) => "to which command is not known without the request".to_owned(),
        };
        sheet.line(4, &what);
        put(entry, "says", what);
        if payload.is_empty() {
            return None;
        }
        match Reply::parse(answers?, payload) {
            Ok(reply) => {
                let values = values(&reply);
                sheet.values(4, &values);
                entry.extend(values.clone());
                Some(values)
            }
            Err(error) => {
                sheet.line(4, &format!("payload not explained: {error}"));
                put(entry, "unexplained", error.to_string());
                None
            }
        }
    }

    /// The command that a reply answers, and whether that is a guess.
    fn answers(&mut self, message: &Message, repeats: bool) -> (Option<u8>, bool) {
        let len = message.payload.len();
        let layout = |command: u8| LAYOUTS.into_iter().find(|(known, _)| *known == command);
        let mine = |asked: &(u8, u8)| asked.0 == message.address;
        let place = if repeats {
            self.asked.iter().position(|asked| mine(asked) && asked.1 == message.code)
        } else if message.code == returned::NORMAL {
            let exact = |asked: &(u8, u8)| layout(asked.1).is_some_and(|(_, need)| need == len);
            let open = |asked: &(u8, u8)| layout(asked.1).is_none();
            let find = |fits: &dyn Fn(&(u8, u8)) -> bool| {
                self.asked.iter().position(|asked| mine(asked) && fits(asked))
            };
            find(&exact).or_else(|| find(&open))
        } else {
            // A refusal says nothing about what it refuses: the last question.
            self.asked.iter().rposition(mine)
        };
        let asked = place.and_then(|place| {
            let found = self.asked.get(place).copied();
            // What this battery was asked before was not answered.
            let mut index = 0;
            self.asked.retain(|asked| {
                let gone = index <= place && mine(asked);
                index += 1;
                !gone
            });
            found
        });
        match asked {
            _ if repeats => (Some(message.code), false),
            Some((_, command)) => (Some(command), false),
            None if message.code != returned::NORMAL => (None, false),
            None => {
                let guess = LAYOUTS.into_iter().find(|(_, need)| *need == len);
                (guess.map(|(command, _)| command), guess.is_some())
            }
        }
    }
}

/// Whether a frame is one by its own bytes.
fn is_request(message: &Message) -> bool {
    returned_name(message.code).is_none()
        && message.code >= command::ANALOG
        && message.payload.len() <= 1
}

/// What is wrong with a run of bytes that holds no good frame: at its first start, or at all.
fn reason(bytes: &[u8], len: usize) -> String {
    let at = bytes.iter().take(len).position(|&byte| byte == START).unwrap_or(0);
    match parse(bytes.get(at..).unwrap_or_default()) {
        Head::Not(refusal) => refusal.to_string(),
        Head::Short | Head::Frame { .. } => "cut short".to_owned(),
    }
}

/// What a command asks for.
const fn command_name(code: u8) -> &'static str {
    match code {
        command::ANALOG => "measured values of one battery",
        command::PROTOCOL => "version of the protocol",
        command::MAKER => "names of device and maker",
        command::BASICS => "names and serial numbers",
        command::SYSTEM => "measured values of the system",
        command::ALARMS => "alarms and protections",
        command::LIMITS => "what charger and inverter may do",
        command::PACK_LIMITS => "what they may do with one battery",
        _ => "unknown command",
    }
}

/// What a return code says; `None` for what is none.
const fn returned_name(code: u8) -> Option<&'static str> {
    Some(match code {
        returned::NORMAL => "answered",
        returned::WRONG_VERSION => "refused, version not spoken",
        returned::WRONG_CHECK => "refused, wrong check",
        returned::WRONG_LENGTH_CHECK => "refused, wrong check of the length",
        returned::UNKNOWN_COMMAND => "refused, unknown command",
        returned::WRONG_FORM => "refused, command of a wrong form",
        returned::WRONG_PAYLOAD => "refused, wrong payload",
        returned::WRONG_ADDRESS => "refused, no such battery",
        returned::NO_COMMUNICATION => "refused, the batteries do not hear each other",
        _ => return None,
    })
}

/// The values of a reply by their names, which end in the unit.
fn values(reply: &Reply) -> Object {
    let mut all = Map::new();
    match reply {
        Reply::System(values) => system(values, &mut all),
        Reply::Alarms(values) => {
            put(&mut all, "alarm_1", values.alarm_1);
            put(&mut all, "alarm_2", values.alarm_2);
            put(&mut all, "protection_1", values.protection_1);
            put(&mut all, "protection_2", values.protection_2);
        }
        Reply::Limits(values) => {
            put(&mut all, "charge_voltage_limit_mv", values.charge_millivolts);
            put(&mut all, "discharge_voltage_limit_mv", values.discharge_millivolts);
            put(&mut all, "charge_current_limit_ma", u32::from(values.charge_deciamps) * 100);
            put(&mut all, "discharge_current_limit_ma", u32::from(values.discharge_deciamps) * 100);
            put(&mut all, "status", values.status);
            for (key, bit) in [
                ("charge_allowed", status::CHARGE),
                ("discharge_allowed", status::DISCHARGE),
                ("charge_at_once_1", status::CHARGE_AT_ONCE_1),
                ("charge_at_once_2", status::CHARGE_AT_ONCE_2),
                ("full_charge_wanted", status::FULL_CHARGE),
            ] {
                put(&mut all, key, values.status & bit != 0);
            }
        }
    }
    all
}

fn system(values: &System, all: &mut Object) {
    put(all, "pack_voltage_mv", values.voltage_millivolts);
    put(all, "current_ma", i32::from(values.current_centiamps) * 10);
    put(all, "soc_percent", values.soc_percent);
    put(all, "cycles_average", values.cycles_average);
    put(all, "cycles_most", values.cycles_most);
    put(all, "soh_average_percent", values.soh_average_percent);
    put(all, "soh_least_percent", values.soh_least_percent);
    for (key, extreme) in [
        ("highest_cell", &values.highest_cell_millivolts),
        ("lowest_cell", &values.lowest_cell_millivolts),
    ] {
        put(all, &format!("{key}_voltage_mv"), extreme.raw);
        place(key, extreme, all);
    }
    for (key, average, hottest, coldest) in [
        (
            "cell",
            values.cells_average_decikelvin,
            &values.cells_hottest_decikelvin,
            &values.cells_coldest_decikelvin,
        ),
        (
            "switch",
            values.switches_average_decikelvin,
            &values.switches_hottest_decikelvin,
            &values.switches_coldest_decikelvin,
        ),
        (
            "board",
            values.boards_average_decikelvin,
            &values.boards_hottest_decikelvin,
            &values.boards_coldest_decikelvin,
        ),
    ] {
        put(all, &format!("{key}_temperature_average_c"), celsius(average));
        for (which, extreme) in [("hottest", hottest), ("coldest", coldest)] {
            put(all, &format!("{which}_{key}_temperature_c"), celsius(extreme.raw));
            place(&format!("{which}_{key}"), extreme, all);
        }
    }
}

/// Where an extreme was measured, as sent.
fn place(key: &str, extreme: &Extreme, all: &mut Object) {
    put(all, &format!("{key}_module"), extreme.module);
    put(all, &format!("{key}_number"), extreme.place);
}

/// Tenths of a kelvin in degrees, 273.1 apart as the programs that speak this have it.
fn celsius(decikelvin: u16) -> Json {
    (f64::from(i32::from(decikelvin) - 2_731) / 10.0).into()
}

//! Prints the page of our own Modbus map: what `cargo xtask codegen` writes to
//! `docs/reference/modbus.md`. Addresses come from the map, rows from the tables, and the layouts
//! of records and directories from the heads of the modules that hold them.

use std::fmt::Write as _;

use cellward_link::modbus::commands::arguments;
use cellward_link::modbus::directory::body_size;
use cellward_link::modbus::layout::{AREAS, Area, Content, body, head, parameter, parameter_row};
use cellward_link::modbus::{VERSION, number};
use cellward_params::command::COMMANDS;
use cellward_params::limit::LIMITS;
use cellward_params::parameter::{Field, PARAMETERS};
use cellward_params::point::POINTS;
use cellward_params::record::{Happening, ReleaseReason};
use cellward_params::{Config, Fault, Kind, ParamId, Point, RecordKind, Unit};
use cellward_units::NoData;

#[expect(clippy::print_stdout, reason = "the page is what it prints")]
fn main() {
    let mut page = String::new();
    beginning(&mut page);
    page.push_str(CLIENT);
    numbers(&mut page);
    areas(&mut page);
    points(&mut page);
    parameters(&mut page);
    commands(&mut page);
    faults(&mut page);
    page.push_str("\n## Records\n\n");
    page.push_str(
        "Write the sequence number of the last record you know (0 for none) to the cursor at \
         0x0200, two registers. From 0x0300 on stand the eight records that follow it, 80 registers \
         each, oldest first; a record of zeros ends them. Reading moves nothing; the cursor belongs \
         to the port. The identity block tells the newest and the oldest number.\n\n",
    );
    page.push_str(&table(include_str!("../src/modbus/records.rs"), "//! ", "| at | registers |"));
    page.push_str("\nReadings are packed in the steps given above. The largest number of a field stands for \"not fitted\" (of shares and counts: \"not known\"), the one below it for \"failed\".\n");
    for (name, words) in [
        (
            "Kinds of records",
            said(RecordKind::ALL.iter().map(|one| (one.code().into(), one.key()))),
        ),
        ("Happenings", said(Happening::ALL.iter().map(|one| (one.code(), one.key())))),
        (
            "Why it released",
            said(ReleaseReason::ALL.iter().map(|one| (one.code().into(), one.key()))),
        ),
    ] {
        let _ = write!(page, "\n{name}: {words}.\n");
    }
    page.push_str("\n## Directory\n\nEntries have 32 registers, those of limits and units 8. Keys are texts in 16 registers.\n\n");
    page.push_str(&table(include_str!("../src/modbus/directory.rs"), "//! ", "| at | point |"));
    page.push_str(
        "\nA limit: id (0 where there is none); a word of unit code × 256 + decimals × 16 + role × \
         2 + 1 if it can be set; smallest, largest and default value. A unit: code, decimals, 0, 0, \
         suffix in 4 registers. Roles: 0 user, 1 installer, 2 factory; a port speaks as installer.\n",
    );
    print!("{page}");
}

/// Codes with their words.
fn said(words: impl Iterator<Item = (u16, &'static str)>) -> String {
    words.map(|(code, word)| format!("{code} `{word}`")).collect::<Vec<_>>().join(", ")
}

/// How to begin, and what is promised.
fn beginning(page: &mut String) {
    let [major, minor] = VERSION;
    let voltage = head(Point::PackVoltage);
    let _ = write!(
        page,
        "<!-- Written by `cargo xtask codegen` from the map in crates/link/src/modbus. Change the \
         map, not this page. -->\n\n\
         # Modbus map\n\n\
         Version {major}.{minor}. Standard Modbus: RTU on the serial ports, where the unit is the \
         board number, and Modbus TCP, where any unit is answered. The pack voltage in mV:\n\n\
         ```sh\n\
         mbpoll -0 -1 -t 4:int -B -r {voltage} 192.0.2.7                                   # TCP\n\
         mbpoll -0 -1 -t 4:int -B -r {voltage} -m rtu -a 1 -b 9600 -P none /dev/ttyUSB0    # RTU\n\
         ```\n\n\
         Addresses are those on the wire, from 0 (`-0`); a program that counts from 1 adds one. \
         Functions 0x03 and 0x04 read the same registers. Function 0x10 writes; 0x06 is refused, \
         because a number has two registers and half a number must never count. All points have \
         their heads side by side: one read of {} registers from {:#06x} tells nearly everything.\n\n\
         **Promise.** An address follows from a stable number and never moves. Rows are appended, \
         and the minor version rises; a change of an address or a meaning raises the major one. A \
         client that knows {major}.0 reads every {major}.x; one that is younger than the board asks \
         for no more rows than the identity block counts.\n",
        POINTS.len().saturating_mul(2),
        head(Point::PackVoltage),
    );
}

/// A whole client, to be copied.
const CLIENT: &str = r#"
## A client in a few lines

Whatever board it meets, this finds every point by its directory (pymodbus 3):

```python
from pymodbus.client import ModbusTcpClient

client = ModbusTcpClient("192.0.2.7")
client.connect()

def read(start, count):
    return client.read_holding_registers(start, count=count).registers

def number(words):
    return client.convert_from_registers(words, client.DATATYPE.INT32)

def text(words):
    return b"".join(word.to_bytes(2, "big") for word in words).split(b"\0")[0].decode()

assert read(0, 3) == [0x4357, 0x4C57, 1]
base, stride, first, count = read(0x0020 + 4 * 14, 4)
for place in range(count):
    entry = read(base + stride * place, 32)
    head, kind, decimals, shape = number(read(entry[1], 2)), entry[5], entry[7], entry[8]
    if head < -(2**31) + 256:
        value = f"absent, reason {head + 2**31}"
    elif shape > 0:
        value = [number(read(entry[2] + 2 * index, 2)) for index in range(head)]
    elif kind == 2:
        value = text(read(entry[2] + 16 * head, 16))
    elif kind == 3:
        value = text(read(entry[2], 20))
    else:
        value = head / 10**decimals if decimals else head
    print(text(entry[16:]), value, text(entry[12:16]))
```
"#;

/// Numbers, texts, and what is absent.
fn numbers(page: &mut String) {
    let _ = write!(
        page,
        "\n## Numbers\n\n\
         A number is a signed 32-bit integer in two registers, high word first, in the unit of its \
         row; with decimals it counts their steps: 888 with one decimal is 88.8. Values stop at {} \
         and {}. Texts are UTF-8, two bytes a register, filled with NUL.\n\n\
         There is no number that secretly means \"unknown\". What is absent reads as 0x8000 in the \
         high word and the reason in the low word:\n\n| low word | reason |\n|--:|---|\n",
        number::LEAST,
        i32::MAX,
    );
    for reason in NoData::ALL {
        let _ = writeln!(page, "| {} | {reason} |", reason.code());
    }
}

/// Where everything lies.
fn areas(page: &mut String) {
    page.push_str(
        "\n## Areas\n\n\
         The address of a row is `base + stride × (number − first)`. The device tells the same: from \
         0x0020 on, base, stride, first number and count of each area, in this order. One register \
         behind an area, and any other address without a row, is exception 2; limits that no fault \
         has read as absent, so that the whole area can be read in long pieces.\n\n\
         | area | base | stride | first | count | what |\n|--:|--:|--:|--:|--:|---|\n",
    );
    for (number, area) in AREAS.iter().enumerate() {
        let Area { base, stride, first, count, .. } = area;
        let what = content(area.content);
        let _ =
            writeln!(page, "| {number} | {base:#06x} | {stride} | {first} | {count} | {what} |");
    }
    page.push_str(
        "\nIdentity: 0x4357 0x4C57 (\"CWLW\"); major, minor version; counts of points, system \
         parameters, all parameters, faults, commands, units; records in the window; areas; then \
         from 0x000C two registers each: seconds since start, newest and oldest record (0 without \
         any), CRC-32 of all parameters (as long as it stays, so did they).\n",
    );
}

const fn content(content: Content) -> &'static str {
    match content {
        Content::Identity => "identity",
        Content::Areas => "these areas",
        Content::Result => "answer to the last write",
        Content::Command => "to write: a command",
        Content::Group => "to write: parameters by id, a group",
        Content::Cursor => "record cursor",
        Content::Records => "records behind the cursor",
        Content::Units => "directory of units, by code",
        Content::Commands => "directory of commands, by id",
        Content::Heads => "heads of points, by id",
        Content::System => "system parameters, by id",
        Content::Limits => "limits, by id",
        Content::Bodies => "bodies of points, by id",
        Content::Lists => "bodies of long lists, by place",
        Content::PointRows => "directory of points, by id",
        Content::SystemRows => "directory of system parameters, by id",
        Content::FaultRows => "directory of faults, by code",
        Content::LimitRows => "directory of limits, by id",
    }
}

/// Unit and decimals of a row.
fn unit(unit: Unit) -> String {
    match (unit.symbol(), unit.decimals()) {
        ("", _) => "–".to_owned(),
        (symbol, 0) => symbol.to_owned(),
        (symbol, decimals) => {
            let step = format!("{:.*}", usize::from(decimals), 0.1_f64.powi(decimals.into()));
            format!("{step} {symbol}")
        }
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "number",
        Kind::Flag => "0 no, 1 yes",
        Kind::Word(_) => "word",
        Kind::Text => "text",
        Kind::Faults => "active faults",
        Kind::Reasons => "reasons",
        Kind::Lights => "lights",
    }
}

fn points(page: &mut String) {
    page.push_str(
        "\n## Points\n\n\
         The head has two registers: the value, or how much of the body counts. Lists count cells \
         and sensors from B- up.\n\n\
         | head | id | point | kind | counts | body | elements × registers |\n\
         |---|--:|---|---|---|---|---|\n",
    );
    for row in POINTS {
        let (count, size) = body_size(row);
        let stands = body(row.point)
            .map_or_else(|| "– | –".to_owned(), |at| format!("{at:#06x} | {count} × {size}"));
        let _ = writeln!(
            page,
            "| {:#06x} | {} | `{}`: {} | {} | {} | {stands} |",
            head(row.point),
            row.point.id(),
            row.key,
            row.label,
            kind(row.kind),
            unit(row.unit),
        );
    }
    page.push_str("\nWords by their codes (the same texts stand in the body of the point):\n\n");
    for row in POINTS {
        if let Kind::Word(words) = row.kind {
            let words = said(words.iter().map(|&(code, word)| (code.into(), word)));
            let _ = writeln!(page, "- `{}`: {words}", row.key);
        }
    }
    page.push_str("\nBodies:\n\n");
    page.push_str(&table(include_str!("../src/modbus/points.rs"), "//! ", "| kind | body |"));
    let _ = write!(
        page,
        "\nKinds in the directory: 0 number, 1 flag, 2 word, 3 text, 4 active faults, 5 reasons, \
         6 lights. Shapes: 0 one value, 1 one per cell, 2 one per sensor, 3 one per board. Values and limits of faults are in the unit of their limit. \
         All words of one reply are of one instant; a list of more than 15 faults or 7 reasons takes \
         several reads, and entries behind its end are zeros.\n\n",
    );
    let coded = include_str!("../../params/src/coded.rs");
    page.push_str(&table(coded, "/// ", "| code | why it is off |"));
    page.push('\n');
    page.push_str(&table(coded, "/// ", "| code | what must happen |"));
}

fn parameters(page: &mut String) {
    page.push_str(
        "\n## Parameters\n\n\
         Two registers each, written with 0x10. One write is one group, all or nothing, of at most \
         32 parameters: side by side from the address of the first (two registers each, never half \
         of one), or scattered to 0x0180 as (id, high word, low word) for each. Ranges, defaults for \
         this pack and who may write are in the directory.\n\n\
         | address | id | parameter | counts | who may write | described at |\n\
         |---|--:|---|---|---|---|\n",
    );
    for row in PARAMETERS {
        let who = if Config::is_settable(row.id) { row.role.key() } else { "nobody" };
        let _ = writeln!(
            page,
            "| {:#06x} | {} | `{}`: {} | {} | {who} | {:#06x} |",
            parameter(row.id).unwrap_or(0),
            row.id.0,
            row.key,
            row.help,
            unit(row.unit),
            parameter_row(row.id).unwrap_or(0),
        );
    }
    page.push_str(
        "\nLimits: threshold, recovery, delay and release delay stand behind each other, two \
         registers each; both delays count ms. The id of a limit is 0x1000 + 16 × fault + 4 × level \
         + field, its address 0x1000 + 2 × id, and it is described at 0xC000 + 8 × (id − 0x1000).\n\n\
         | address | id | fault | level | counts | who may write |\n|---|---|---|--:|---|---|\n",
    );
    for row in LIMITS {
        let id = ParamId::of_limit(row.fault, row.level, Field::Threshold);
        let who = if Config::is_settable(id) { "installer" } else { "nobody" };
        let _ = writeln!(
            page,
            "| {:#06x} | {:#06x} | `{}` | {} | {} | {who} |",
            parameter(id).unwrap_or(0),
            id.0,
            row.fault.key(),
            row.level.code(),
            unit(row.base.unit()),
        );
    }
}

fn commands(page: &mut String) {
    page.push_str(
        "\n## Commands\n\n\
         One 0x10 to 0x0100: the id, then the arguments. The reply comes when the board has \
         decided. So `mbpoll -0 -t 4 -r 256 192.0.2.7 1 0 0` forbids the charge switch to \
         close.\n\n| id | command | arguments | registers | least role |\n|--:|---|---|--:|---|\n",
    );
    for row in COMMANDS {
        let forms = arguments(row.id).unwrap_or(&[]);
        let help: Vec<&str> = forms.iter().map(|form| form.help()).collect();
        let registers: u16 = forms.iter().map(|form| form.registers()).sum();
        let _ = writeln!(
            page,
            "| {} | `{}`: {} | {} | {} | {} |",
            row.id,
            row.key,
            row.help,
            if help.is_empty() { "–".to_owned() } else { help.join("; ") },
            registers.saturating_add(1),
            row.role.key(),
        );
    }
    let source = include_str!("../src/modbus/commands.rs");
    page.push_str("\nForms of arguments in the directory: 1 switch, 2 yes or no, 3 share, 4 fault, 5 text, 6 chemistry, 7 count, 8 date and time.\n");
    page.push_str("\n### Why a write was refused\n\nThe Modbus exception says it roughly:\n\n");
    page.push_str(&table(source, "/// ", "| code | when |"));
    page.push_str(
        "\nA request that never came before the board's core is refused with 1 (function not \
         spoken), 2 (address without a row, or not to be written) or 3 (length or argument that \
         cannot be), and leaves the answer block as it was. All else stands in the block at 0x0080, \
         which belongs to the port:\n\n",
    );
    page.push_str(&table(source, "/// ", "| at | registers |"));
    page.push('\n');
    page.push_str(&table(
        include_str!("../../params/src/coded.rs"),
        "/// ",
        "| code | refused because |",
    ));
}

fn faults(page: &mut String) {
    page.push_str("\n## Faults\n\nLevels: 1 alarm, 2 protection, 3 hard protection.\n\n| code | fault | described at |\n|--:|---|---|\n");
    for fault in Fault::ALL {
        let at = Area::of(Content::FaultRows).address(fault.code()).unwrap_or(0);
        let (code, key, label) = (fault.code(), fault.key(), fault.row().label);
        let _ = writeln!(page, "| {code} | `{key}`: {label} | {at:#06x} |");
    }
    page.push_str("\nWhat a level opens: 0 nothing, 1 charge switch, 2 discharge switch, 3 both, 4 charge switch without the reverse-current rule, 5 discharge switch without it. An index counts: 0 nothing, 1 cells, 2 sensors, 3 switches, 4 taps. Locks: 0 never, 1 at once, 2 when confirmed, 3 when repeated.\n");
}

/// The table that begins with a line, out of the comments of a module.
fn table(source: &str, mark: &str, begins: &str) -> String {
    let lines = source.lines().map(|line| line.trim_start());
    let lines = lines.map(|line| line.strip_prefix(mark).unwrap_or(""));
    let table = lines.skip_while(|line| !line.starts_with(begins));
    table
        .take_while(|line| line.starts_with('|'))
        .fold(String::new(), |all, line| all + line + "\n")
}

//! Records in registers, both ways: 80 of them each.
//!
//! | at | registers | what |
//! |--:|--:|---|
//! | 0 | 2 | sequence number; 0 where there is no record |
//! | 2 | 4 | when, in µs since start |
//! | 6 | 1 | kind |
//! | 7 | 1 | kind that a storm is of, or 0xFFFF |
//! | 8 | 1 | event code: a fault, or from 0x100 a happening |
//! | 9 | 1 | level of the fault, 0 for a happening |
//! | 10 | 1 | cell, sensor or switch from 0, or 0xFFFF |
//! | 11 | 1 | bit 0 value known, bit 1 limit known |
//! | 12 | 2 | value |
//! | 14 | 2 | limit |
//! | 16 | 4 | how long it lasted, in µs |
//! | 20 | 1 | how many events |
//! | 21 | 1 | why it released, or 0 |
//! | 22 | 1 | who asked, or 0xFFFF |
//! | 23 | 1 | bits: 0 a fault stands, 1 a lock stands, charge switch 2 closed 3 commanded, discharge switch 4 closed 5 commanded, 6 pre-charge, 7 bleeding, 8 charger, 9 load |
//! | 24 | 4 | decision rows active before, bit `n` row `n` |
//! | 28 | 2 | current in mA |
//! | 30 | 2 | seconds since start |
//! | 32 | 1 | pack in 10 mV |
//! | 33 | 1 | P- against B- in 10 mV |
//! | 34 | 1 | state of charge in 0.01 % |
//! | 35 | 1 | state of health in 0.01 % |
//! | 36 | 4 | cell-temperature sensors in 0.1 °C |
//! | 40 | 1 | switches in 0.1 °C |
//! | 41 | 1 | board in 0.1 °C |
//! | 42 | 1 | full cycles |
//! | 43 | 1 | how often the board had started |
//! | 44 | 1 | highest cell from 0, or 255 |
//! | 45 | 1 | lowest cell from 0, or 255 |
//! | 46 | 1 | highest level before, or 0 |
//! | 47 | 1 | mode |
//! | 48 | 1 | flow |
//! | 49 | 1 | what follows: 0 cells, 1 parameters that were written, 2 a reason in words |
//! | 50 | 24 | cells in mV |
//! | 50 | 23 | or: how many are named, port, how many were changed, then four times id, old value, new value |
//! | 50 | 22 | or: highest cell in mV, lowest cell in mV, text in 20 registers |
//!
//! Readings are packed as in [`cellward_params::record::field`]: the largest number is "not
//! fitted", or "not known" for shares and counts, and the number below it "failed".

use cellward_params::record::field::{
    CellField, CountField, CurrentField, PackField, PortField, ShareField, TemperatureField,
};
use cellward_params::record::{
    Changes, Circumstances, Detail, Happening, ReleaseReason, Subject, Switches,
};
use cellward_params::{
    Changed, Fault, Flow, Level, Mode, ParamId, PortId, Record, RecordKind, Role,
};
use cellward_units::{Duration, Instant};
use heapless::Vec;

use super::layout::{RECORD, TEXT};
use super::number::{Block, Reader, fill, put, put_i32, put_text, put_u32, put_u64};
use super::points::index;

/// Stands for "none" where 0 is a number.
const NONE: u16 = 0xFFFF;

/// Writes a record.
pub(super) fn encode(record: &Record, block: &mut Block) {
    put_u32(block, record.sequence);
    put_u64(block, record.at.as_micros());
    let level = match record.subject {
        Subject::Fault(_, level) => level.code(),
        Subject::Happening(_) => 0,
    };
    let known = u16::from(record.value.is_some()) | (u16::from(record.limit.is_some()) << 1);
    put(
        block,
        &[
            record.kind.code().into(),
            record.merged.map_or(NONE, |kind| kind.code().into()),
            record.subject.code(),
            level.into(),
            record.index.map_or(NONE, u16::from),
            known,
        ],
    );
    put_i32(block, record.value.unwrap_or(0));
    put_i32(block, record.limit.unwrap_or(0));
    put_u64(block, record.lasted.as_micros());
    put(
        block,
        &[
            record.count,
            record.release.map_or(0, |reason| reason.code().into()),
            record.role.map_or(NONE, |role| role.code().into()),
        ],
    );
    circumstances(&record.circumstances, block);
    fill(block, RECORD);
}

fn circumstances(here: &Circumstances, block: &mut Block) {
    let bits = (0..).zip(flags(here)).fold(0, |bits, (bit, set)| bits | (u16::from(set) << bit));
    put(block, &[bits]);
    put_u64(block, here.fault_rows);
    put_i32(block, here.current.to_bits());
    put_u32(block, here.uptime_s);
    put(
        block,
        &[
            here.pack.to_bits(),
            here.port.to_bits().cast_unsigned(),
            here.soc.to_bits(),
            here.soh.to_bits(),
        ],
    );
    let [first, second, third, fourth] = here.temperatures;
    let sensors = [first, second, third, fourth, here.switch_temperature, here.board_temperature];
    put(block, &sensors.map(|sensor| sensor.to_bits().cast_unsigned()));
    put(
        block,
        &[
            here.cycles.to_bits(),
            here.boot_number,
            here.highest_cell.into(),
            here.lowest_cell.into(),
            here.level_before.map_or(0, |level| level.code().into()),
            here.mode.code().into(),
            here.flow.code().into(),
        ],
    );
    match &here.detail {
        Detail::Cells(cells) => {
            put(block, &[0]);
            put(block, &cells.map(|cell| cell.to_bits().cast_unsigned()));
        }
        Detail::Changes(changes) => {
            let named = u16::try_from(changes.iter().count()).unwrap_or(0);
            put(block, &[1, named, changes.port().0.into(), changes.total().into()]);
            for change in changes.iter() {
                put(block, &[change.id.0]);
                put_i32(block, change.old);
                put_i32(block, change.new);
            }
        }
        Detail::Reason { text, highest, lowest } => {
            let ends = [*highest, *lowest].map(|cell| cell.to_bits().cast_unsigned());
            put(block, &[2]);
            put(block, &ends);
            put_text(block, text.as_str(), TEXT);
        }
    }
}

/// What is yes or no, in the order of the bits.
const fn flags(here: &Circumstances) -> [bool; 10] {
    [
        here.fault,
        here.locked,
        here.actual.charge,
        here.commanded.charge,
        here.actual.discharge,
        here.commanded.discharge,
        here.precharge,
        here.bleeding,
        here.charger,
        here.load,
    ]
}

/// Reads a record back; `None` where there is none, or none that this version knows.
#[must_use]
pub fn decode(words: &[u16]) -> Option<Record> {
    let mut reader = Reader(words);
    let sequence = reader.u32().filter(|&sequence| sequence > 0)?;
    let at = Instant::from_micros(reader.u64()?);
    let kind = RecordKind::from_code(reader.byte()?)?;
    let merged = match reader.word()? {
        NONE => None,
        code => Some(RecordKind::from_code(u8::try_from(code).ok()?)?),
    };
    let (code, level) = (reader.word()?, reader.byte()?);
    let subject = match level {
        0 => Subject::Happening(Happening::from_code(code)?),
        level => Subject::Fault(Fault::from_code(code)?, Level::from_code(level)?),
    };
    let index = index(&mut reader)?;
    let known = reader.word()?;
    let (value, limit) = (reader.i32()?, reader.i32()?);
    let lasted = Duration::from_micros(reader.u64()?);
    let count = reader.word()?;
    let release = match reader.byte()? {
        0 => None,
        code => Some(ReleaseReason::from_code(code)?),
    };
    let role = match reader.word()? {
        NONE => None,
        code => Some(Role::from_code(u8::try_from(code).ok()?)?),
    };
    Some(Record {
        sequence,
        at,
        kind,
        merged,
        subject,
        index,
        value: (known & 1 != 0).then_some(value),
        limit: (known & 2 != 0).then_some(limit),
        lasted,
        count,
        release,
        role,
        circumstances: read_circumstances(&mut reader)?,
    })
}

fn read_circumstances(reader: &mut Reader<'_>) -> Option<Circumstances> {
    let bits = reader.word()?;
    let is_set = |bit: u16| bits & bit != 0;
    let fault_rows = reader.u64()?;
    let current = CurrentField::from_bits(reader.i32()?);
    let uptime_s = reader.u32()?;
    let pack = PackField::from_bits(reader.word()?);
    let port = PortField::from_bits(reader.word()?.cast_signed());
    let [soc, soh] = [reader.word()?, reader.word()?].map(ShareField::from_bits);
    let mut sensor = || Some(TemperatureField::from_bits(reader.word()?.cast_signed()));
    let temperatures = [sensor()?, sensor()?, sensor()?, sensor()?];
    let (switch_temperature, board_temperature) = (sensor()?, sensor()?);
    let cycles = CountField::from_bits(reader.word()?);
    let boot_number = reader.word()?;
    let (highest_cell, lowest_cell) = (reader.byte()?, reader.byte()?);
    let level_before = match reader.byte()? {
        0 => None,
        code => Some(Level::from_code(code)?),
    };
    let mode = Mode::from_code(reader.byte()?)?;
    let flow = Flow::from_code(reader.byte()?)?;
    Some(Circumstances {
        fault_rows,
        current,
        uptime_s,
        pack,
        port,
        soc,
        soh,
        temperatures,
        switch_temperature,
        board_temperature,
        cycles,
        boot_number,
        highest_cell,
        lowest_cell,
        level_before,
        mode,
        flow,
        fault: is_set(1),
        locked: is_set(1 << 1),
        actual: Switches { charge: is_set(1 << 2), discharge: is_set(1 << 4) },
        commanded: Switches { charge: is_set(1 << 3), discharge: is_set(1 << 5) },
        precharge: is_set(1 << 6),
        bleeding: is_set(1 << 7),
        charger: is_set(1 << 8),
        load: is_set(1 << 9),
        detail: read_detail(reader)?,
    })
}

fn read_detail(reader: &mut Reader<'_>) -> Option<Detail> {
    let form = reader.word()?;
    let cell = |word: u16| CellField::from_bits(word.cast_signed());
    match form {
        0 => {
            let mut cells = [CellField::ABSENT; cellward_params::MAX_CELLS];
            for slot in &mut cells {
                *slot = cell(reader.word()?);
            }
            Some(Detail::Cells(cells))
        }
        1 => {
            let named = usize::from(reader.word()?);
            let (port, total) = (PortId(reader.byte()?), reader.byte()?);
            let mut changes = Vec::<Changed, { Changes::MOST }>::new();
            for _ in 0..named {
                let id = ParamId(reader.word()?);
                changes.push(Changed { id, old: reader.i32()?, new: reader.i32()? }).ok()?;
            }
            Some(Detail::Changes(Changes::new(port, total.into(), &changes)))
        }
        2 => {
            let (highest, lowest) = (cell(reader.word()?), cell(reader.word()?));
            Some(Detail::Reason { text: reader.text()?, highest, lowest })
        }
        _ => None,
    }
}

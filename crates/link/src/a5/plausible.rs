//! What a good frame must still prove: the additive check passes one random damage in 256.
//!
//! Three questions: can the frame be true at all, does it agree with another reading of the same,
//! and does what was learnt lie in a range that batteries know. Ranges are those that open client
//! programs settled on after wrong values in the field.

use cellward_params::{Point, Snapshot};
use cellward_units::{Current, NoData, Temperature, Voltage};
use cellward_wire::a5::{Cells, MAX_CELLS, Reply, Temperatures};

/// Why a good frame is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Doubt {
    /// The zeros of a board that has just woken, or a SOC above the whole.
    Bogus,
    /// A number that no such board can have.
    Implausible,
}

/// Most sensors that three frames of 0x96 may name.
const MAX_SENSORS: u8 = 16;
/// Highest rated capacity in mAh. A guess, ten times what boards of 500 A are fitted to; ratings are
/// believed at first sight, and nearly all random numbers lie beyond it.
const MOST_CAPACITY: u32 = 10_000_000;
/// Highest nominal voltage of a cell in mV, above every chemistry.
const MOST_NOMINAL: u32 = 5_000;
/// A SOC of this number is marked as absent, see the map.
const NO_SOC: u16 = 0xFFFF;

/// Whether a frame can be true at all.
pub(super) fn doubt(reply: &Reply, current_limit: Current) -> Option<Doubt> {
    match reply {
        Reply::Pack(pack) => {
            let nonsense = pack.soc_permille > 1_000 && pack.soc_permille != NO_SOC;
            if pack.current_raw == 0 || pack.sum_decivolts == 0 || nonsense {
                return Some(Doubt::Bogus);
            }
            let current = Current::from_milliamps(pack.current_tenths().saturating_mul(100));
            (current.abs() > current_limit).then_some(Doubt::Implausible)
        }
        Reply::Status(status) => {
            let cells = usize::from(status.cells);
            let possible = (1..=MAX_CELLS).contains(&cells) && status.sensors <= MAX_SENSORS;
            (!possible).then_some(Doubt::Implausible)
        }
        Reply::Rated(rated) => {
            let possible = rated.capacity_milliamp_hours <= MOST_CAPACITY
                && rated.cell_millivolts <= MOST_NOMINAL;
            (!possible).then_some(Doubt::Implausible)
        }
        _ => None,
    }
}

/// Whether two readings of the same command can both be true within a second of each other.
///
/// Tolerances are wide enough for a battery at work and narrow enough that damage which happens to
/// pass the check does not: 0.5 V and 1 % of SOC for a pack, 30 mV for a cell, 3 °C, 0.5 % of the
/// charge that is left but at least 0.2 Ah, and a tenth of the current but at least 2 A. A true step beyond them is believed at its second reading.
///
/// `slots` is how many slots of a list the frame really fills, as far as the counts tell; what
/// stands behind them is stale and says nothing. So do the bytes that no layout defines.
pub(super) fn agree(a: &Reply, b: &Reply, slots: usize) -> bool {
    match (a, b) {
        (Reply::Pack(a), Reply::Pack(b)) => {
            let current = a.current_tenths().unsigned_abs() / 10;
            near(a.sum_decivolts, b.sum_decivolts, 5)
                && near(a.gathered_decivolts, b.gathered_decivolts, 5)
                && near(a.soc_permille, b.soc_permille, 10)
                && a.current_raw.abs_diff(b.current_raw)
                    <= u16::try_from(current.max(20)).unwrap_or(u16::MAX)
        }
        (Reply::CellRange(a), Reply::CellRange(b)) => {
            near(a.highest_millivolts, b.highest_millivolts, 30)
                && near(a.lowest_millivolts, b.lowest_millivolts, 30)
        }
        (Reply::TemperatureRange(a), Reply::TemperatureRange(b)) => {
            a.highest_raw.abs_diff(b.highest_raw) <= 3 && a.lowest_raw.abs_diff(b.lowest_raw) <= 3
        }
        (Reply::Switches(a), Reply::Switches(b)) => {
            let step = (a.remaining_milliamp_hours / 200).max(200);
            a.state == b.state
                && a.charge_closed == b.charge_closed
                && a.discharge_closed == b.discharge_closed
                && a.remaining_milliamp_hours.abs_diff(b.remaining_milliamp_hours) <= step
        }
        (Reply::Status(a), Reply::Status(b)) => {
            (a.cells, a.sensors, a.charger, a.load, a.lines)
                == (b.cells, b.sensors, b.charger, b.load, b.lines)
                && near(a.cycles, b.cycles, 1)
        }
        (Reply::Cells(a), Reply::Cells(b)) => cells_agree(a, b, slots),
        (Reply::Temperatures(a), Reply::Temperatures(b)) => temperatures_agree(a, b, slots),
        (Reply::Balance(a), Reply::Balance(b)) => a.bits == b.bits,
        (Reply::Clock(a), Reply::Clock(b)) => (a.year, a.month, a.day) == (b.year, b.month, b.day),
        _ => {
            let defined = a.defined();
            a.command() == b.command()
                && a.payload()
                    .iter()
                    .zip(b.payload())
                    .enumerate()
                    .all(|(place, (&a, b))| a == b || (defined >> (place & 7)) & 1 == 0)
        }
    }
}

fn cells_agree(a: &Cells, b: &Cells, slots: usize) -> bool {
    let raw =
        |cells: &Cells| [cells.first_millivolts, cells.second_millivolts, cells.third_millivolts];
    raw(a).into_iter().zip(raw(b)).take(slots).all(|(a, b)| near(a, b, 30))
}

fn temperatures_agree(a: &Temperatures, b: &Temperatures, slots: usize) -> bool {
    a.raw.iter().zip(b.raw).take(slots).all(|(&a, b)| a.abs_diff(b) <= 3)
}

fn near(a: u16, b: u16, step: u16) -> bool {
    a.abs_diff(b) <= step
}

/// Takes out of a snapshot what lies outside of what batteries know: cells 0.5 to 5 V,
/// temperatures -40 to 120 °C, numbers of cells and sensors that are not there.
pub fn ranges(snapshot: &mut Snapshot) {
    let cell = |value: &mut Result<Voltage, NoData>| {
        let range = Voltage::from_millivolts(500)..=Voltage::from_millivolts(5_000);
        keep(value, |voltage| range.contains(&voltage));
    };
    let degrees = |value: &mut Result<Temperature, NoData>| {
        let range = Temperature::from_celsius(-40)..=Temperature::from_celsius(120);
        keep(value, |temperature| range.contains(&temperature));
    };
    snapshot.cell_voltage.iter_mut().for_each(cell);
    cell(&mut snapshot.highest_cell_voltage);
    cell(&mut snapshot.lowest_cell_voltage);
    snapshot.temperature.iter_mut().for_each(degrees);
    degrees(&mut snapshot.highest_temperature);
    degrees(&mut snapshot.lowest_temperature);
    let cells = snapshot.cell_count;
    let sensors = snapshot.sensor_count;
    if sensors == Ok(0) {
        // Such boards send zeros, which would be -40 °C.
        snapshot.highest_temperature = Err(NoData::NotFitted);
        snapshot.lowest_temperature = Err(NoData::NotFitted);
    }
    let number = |value: &mut Result<u32, NoData>, count: Result<u32, NoData>| {
        keep(value, |number| number >= 1 && count.is_ok_and(|count| number <= count));
    };
    number(&mut snapshot.highest_cell_number, cells);
    number(&mut snapshot.lowest_cell_number, cells);
    number(&mut snapshot.highest_temperature_number, sensors);
    number(&mut snapshot.lowest_temperature_number, sensors);
}

fn keep<T: Copy>(value: &mut Result<T, NoData>, believed: impl FnOnce(T) -> bool) {
    if let Ok(inner) = *value
        && !believed(inner)
    {
        *value = Err(NoData::Implausible);
    }
}

/// Whether the voltage of the pack fits those of its cells within 2 % and 0.3 V; `None` while either
/// is not complete. The limits are ours: boards measure both within 1 %, and tenths of a volt is what
/// most dialects send.
#[must_use]
pub fn cross_check(snapshot: &Snapshot) -> Option<bool> {
    let pack = snapshot.pack_voltage.ok()?;
    let count = snapshot.count(Point::CellVoltage.row().shape);
    let cells = snapshot.cell_voltage.get(..count)?;
    if count == 0 || cells.iter().any(Result::is_err) {
        return None;
    }
    let sum: Voltage = cells.iter().copied().flatten().sum();
    let allowed = (sum.as_millivolts() / 50).saturating_add(300);
    Some((pack - sum).abs().as_millivolts() <= allowed)
}

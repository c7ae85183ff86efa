//! What a good frame must still prove. The CRC lets one damage in 65,536 pass, so that one reading
//! is believed; what boards themselves send wrongly remains.

use cellward_params::{Point, Snapshot};
use cellward_units::{Current, NoData, Temperature, Voltage};

use super::Dialect;
use crate::a5::plausible as classic;
pub(super) use crate::a5::plausible::Doubt;
use crate::map::value;

/// No value, see the maps.
const NONE: u16 = 0xFFFF;
/// Most cells that either map has room for.
const MOST_CELLS: u16 = 48;
/// Most sensors that either map has room for.
const MOST_SENSORS: u16 = 8;
/// More than any pack of 48 cells has. *Guess*, wide enough for every board.
const MOST_VOLTS: i32 = 300;

/// Whether a block can be true at all.
pub(super) fn doubt(
    dialect: Dialect,
    start: u16,
    words: &[u16],
    current_limit: Current,
) -> Option<Doubt> {
    let find = |point| {
        let row = dialect.map().iter().find(|row| row.meaning.point() == Some(point))?;
        words.get(usize::from(row.register.checked_sub(start)?)).copied()
    };
    let live = [find(Point::PackVoltage), find(Point::PackCurrent), find(Point::SocShown)];
    if let [Some(voltage), Some(current), Some(soc)] = live {
        // The zeros of a board that has just woken, or a SOC above the whole.
        if voltage == 0 || current == 0 || (soc > 1_000 && soc != NONE) {
            return Some(Doubt::Bogus);
        }
        let milliamps = i32::try_from(value(current.into(), -30_000, 100)).unwrap_or(i32::MAX);
        let size = Current::from_milliamps(milliamps).abs();
        if current != NONE && size > current_limit {
            return Some(Doubt::Implausible);
        }
        let cells = find(Point::CellCount).filter(|&cells| cells != NONE);
        let sensors = find(Point::SensorCount).filter(|&sensors| sensors != NONE);
        let impossible = cells.is_some_and(|cells| cells == 0 || cells > MOST_CELLS)
            || sensors.is_some_and(|sensors| sensors > MOST_SENSORS);
        return impossible.then_some(Doubt::Implausible);
    }
    // The second live block of p81 has temperatures, which have an offset, and marks for those that
    // are absent: it is never all zeros on a living board.
    let live = dialect == Dialect::P81 && start < 0x100;
    (live && words.iter().all(|&word| word == 0)).then_some(Doubt::Bogus)
}

/// Takes out of a snapshot what lies outside of what batteries know: as the classic dialect, and
/// packs of 1 to 300 V, switches and boards at -40 to 120 °C.
pub(super) fn ranges(snapshot: &mut Snapshot) {
    classic::ranges(snapshot);
    let range = Temperature::from_celsius(-40)..=Temperature::from_celsius(120);
    for value in [&mut snapshot.switch_temperature, &mut snapshot.board_temperature] {
        if value.is_ok_and(|degrees| !range.contains(&degrees)) {
            *value = Err(NoData::Implausible);
        }
    }
    let volts = Voltage::from_millivolts(1_000)..=Voltage::from_millivolts(MOST_VOLTS * 1_000);
    if snapshot.pack_voltage.is_ok_and(|voltage| !volts.contains(&voltage)) {
        snapshot.pack_voltage = Err(NoData::Implausible);
    }
}

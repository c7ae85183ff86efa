//! Checks computed here, so that a mistake in the tested code is not made twice.

use cellward_params::{Point, Snapshot};
use cellward_units::{Current, NoData, Ratio, Temperature, Voltage};

/// The longest frame of a serial line that a board takes.
const LONGEST: usize = 261;

/// The CRC of Modbus, bit by bit.
fn step(mut crc: u16, byte: u8) -> u16 {
    crc ^= u16::from(byte);
    for _ in 0..8 {
        crc = if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 };
    }
    crc
}

/// Whether these bytes end with the CRC of what stands before.
#[must_use]
pub fn has_crc(frame: &[u8]) -> bool {
    // The CRC over a frame with its own CRC behind is zero.
    frame.len() > 2 && frame.iter().fold(0xFFFF, |crc, &byte| step(crc, byte)) == 0
}

/// How many places of a stream can be the end of a serial frame with a good check, of either kind.
#[must_use]
pub fn good_ends(stream: &[u8]) -> usize {
    let mut ends = vec![false; stream.len()];
    for start in 0..stream.len() {
        let tail = &stream[start..stream.len().min(start + LONGEST)];
        if let [0xA5, ..] = tail
            && let Some((frame, &[sum])) = tail
                .get(..13)
                .map(|frame| frame.split_at(12))
                .map(|(frame, sum)| (frame, <&[u8; 1]>::try_from(sum).expect("one byte is left")))
        {
            ends[start + 12] |= frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte)) == sum;
        }
        let mut crc = 0xFFFF;
        for (at, &byte) in tail.iter().enumerate() {
            crc = step(crc, byte);
            ends[start + at] |= crc == 0 && at >= 3;
        }
    }
    ends.into_iter().filter(|&end| end).count()
}

/// Whether one run of bytes stands somewhere in another.
#[must_use]
pub fn contains(stream: &[u8], part: &[u8]) -> bool {
    part.is_empty() || stream.windows(part.len()).any(|window| window == part)
}

/// Panics when a snapshot of a vendor's board has a value that no battery can have.
pub fn plausible(snapshot: &Snapshot) {
    fn within<T: PartialOrd + core::fmt::Debug>(value: Result<T, NoData>, low: T, high: T) {
        if let Ok(value) = value {
            assert!(low <= value && value <= high, "{value:?} is not within {low:?} to {high:?}");
        }
    }
    let cell = [Voltage::from_millivolts(500), Voltage::from_millivolts(5_000)];
    let degrees = [Temperature::from_celsius(-40), Temperature::from_celsius(120)];
    let cells = snapshot.cell_voltage.iter().copied();
    for voltage in cells.chain([snapshot.highest_cell_voltage, snapshot.lowest_cell_voltage]) {
        within(voltage, cell[0], cell[1]);
    }
    let sensors = snapshot.temperature.iter().copied();
    for reading in sensors.chain([snapshot.highest_temperature, snapshot.lowest_temperature]) {
        within(reading, degrees[0], degrees[1]);
    }
    within(snapshot.cell_count, 1, 48);
    within(snapshot.sensor_count, 0, 16);
    let most = Current::from_amps(1_000);
    within(snapshot.current, -most, most);
    within(snapshot.soc, Ratio::from_permille(0), Ratio::ONE);
    for (number, count) in [
        (snapshot.highest_cell_number, snapshot.cell_count),
        (snapshot.lowest_cell_number, snapshot.cell_count),
        (snapshot.highest_temperature_number, snapshot.sensor_count),
        (snapshot.lowest_temperature_number, snapshot.sensor_count),
    ] {
        assert!(number.is_err() || count.is_ok(), "a number without a count");
        within(number, 1, count.unwrap_or(0));
    }
    let shown = snapshot.count(Point::CellVoltage.row().shape);
    assert!(shown <= 48, "{shown} cells are shown");
}

//! What of a board's own values contradicts another of them: shown as sent, and said.

use std::fmt;

use cellward_link::client::{cross_check, sign_contradicts};
use cellward_params::{Point, Snapshot};
use cellward_units::Voltage;

/// A contradiction between values of one reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// The sign of the current says another direction than the state of the board does: this board
    /// means the other one by it.
    Sign,
    /// The voltage of the pack is not the sum of its cells, by more than 2 % and 0.3 V.
    PackVoltage {
        /// What the board says of the pack.
        pack: Voltage,
        /// What its cells add up to.
        sum: Voltage,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign => f.write_str(
                "the sign of the current contradicts the state of the board: if it stays so, add \
                 positive=charge or positive=discharge to the device address",
            ),
            Self::PackVoltage { pack, sum } => {
                let volts = |voltage: &Voltage| f64::from(voltage.as_millivolts()) / 1e3;
                write!(
                    f,
                    "the pack voltage of {:.1} V contradicts the cells, which add up to {:.1} V: check \
                     the number of cells and the sense wires",
                    volts(pack),
                    volts(sum)
                )
            }
        }
    }
}

/// Every contradiction in a reading.
pub fn doubts(snapshot: &Snapshot) -> impl Iterator<Item = Doubt> {
    let voltage = snapshot.pack_voltage.ok().filter(|_| cross_check(snapshot) == Some(false));
    let voltage = voltage.map(|pack| {
        let count = snapshot.count(Point::CellVoltage.row().shape);
        let sum = snapshot.cell_voltage.iter().take(count).copied().flatten().sum();
        Doubt::PackVoltage { pack, sum }
    });
    sign_contradicts(snapshot).then_some(Doubt::Sign).into_iter().chain(voltage)
}

#[cfg(test)]
mod tests {
    use cellward_params::Flow;
    use cellward_units::{Current, NoData};

    use super::*;

    #[test]
    fn beyond_one_ampere_sign_and_state_must_agree() {
        let contradicts = |milliamps, flow| {
            let mut snapshot = Snapshot::absent(NoData::NotCarried);
            snapshot.current = Ok(Current::from_milliamps(milliamps));
            snapshot.flow = flow;
            doubts(&snapshot).any(|doubt| doubt == Doubt::Sign)
        };
        assert!(contradicts(-1_001, Ok(Flow::Charging)));
        assert!(!contradicts(-1_000, Ok(Flow::Charging)));
        assert!(contradicts(1_001, Ok(Flow::Discharging)));
        assert!(!contradicts(1_000, Ok(Flow::Discharging)));
        assert!(!contradicts(9_000, Ok(Flow::Charging)));
        assert!(!contradicts(-9_000, Ok(Flow::Discharging)));
        assert!(!contradicts(9_000, Ok(Flow::Standby)));
        assert!(!contradicts(9_000, Err(NoData::NoAnswer)));
    }

    #[test]
    fn the_voltage_of_the_pack_is_that_of_its_cells_within_two_percent_and_three_tenths() {
        let doubt = |pack: i32, last: Result<Voltage, NoData>| {
            let mut snapshot = Snapshot::absent(NoData::NotCarried);
            snapshot.cell_count = Ok(4);
            snapshot.cell_voltage[..4].fill(Ok(Voltage::from_millivolts(3_300)));
            snapshot.cell_voltage[3] = last;
            snapshot.pack_voltage = Ok(Voltage::from_millivolts(pack));
            doubts(&snapshot).next()
        };
        let cell = Ok(Voltage::from_millivolts(3_300));
        // 13.2 V, of which 2 % are 264 mV.
        for fits in [13_200 - 564, 13_200, 13_200 + 564] {
            assert_eq!(doubt(fits, cell), None, "{fits}");
        }
        let said = doubt(13_200 + 565, cell).unwrap().to_string();
        assert!(said.contains("13.8 V contradicts the cells, which add up to 13.2 V"), "{said}");
        assert!(doubt(13_200 - 565, cell).is_some());
        assert_eq!(doubt(20_000, Err(NoData::NoAnswer)), None, "not every cell is known");
    }
}

//! What the protection looks at in one step.

use cellward_params::fault::Quantity;
use cellward_params::record::Switches;

use crate::counters::Counters;
use crate::flags::Flags;
use crate::measure::Measure;
use crate::port::Port;

/// Which readings are new, so that only lines that watch them are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fresh {
    pub(crate) current: bool,
    pub(crate) cells: bool,
    pub(crate) temperatures: bool,
    /// What is found out only now and then: drift at rest and state of charge.
    pub(crate) slow: bool,
}

/// Quantities that come with every current.
const OF_CURRENT: &[Quantity] =
    &[Quantity::ChargeCurrent, Quantity::DischargeCurrent, Quantity::PathDrop];
/// Quantities that come with the cells.
const OF_CELLS: &[Quantity] =
    &[Quantity::HighestCell, Quantity::LowestCell, Quantity::Pack, Quantity::CellDifference];
/// Quantities that come with the temperatures.
const OF_TEMPERATURES: &[Quantity] = &[
    Quantity::HottestCell,
    Quantity::ColdestCell,
    Quantity::TemperatureDifference,
    Quantity::RateOfRise,
    Quantity::Switches,
    Quantity::Board,
];
/// Quantities that are found out only now and then.
const SLOW: &[Quantity] = &[Quantity::DriftInAnHour, Quantity::DriftInADay, Quantity::Soc];

impl Fresh {
    /// The quantities that may have changed.
    pub(crate) fn quantities(self) -> impl Iterator<Item = &'static &'static [Quantity]> {
        let sets = [
            (self.current, &OF_CURRENT),
            (self.cells, &OF_CELLS),
            (self.temperatures, &OF_TEMPERATURES),
            (self.slow, &SLOW),
        ];
        sets.into_iter().filter_map(|(fresh, quantities)| fresh.then_some(quantities))
    }
}

/// What the protection looks at in one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) measure: &'a Measure,
    /// Everything that either is so or is not.
    pub(crate) flags: Flags,
    pub(crate) port: &'a Port,
    /// What the switches really are.
    pub(crate) actual: Switches,
    /// What ever came out of the pack; summed up only when a rule asks.
    pub(crate) counters: &'a Counters,
    /// Whether less than 0.1 C flows into the pack, so that an over-voltage only says that the
    /// charge is complete. State machine, row 2.
    pub(crate) charges_little: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_comes_with_exactly_one_set_of_readings() {
        for quantity in Quantity::ALL {
            let sets = [OF_CURRENT, OF_CELLS, OF_TEMPERATURES, SLOW];
            let count = sets.iter().filter(|set| set.contains(&quantity)).count();
            assert_eq!(count, 1, "{quantity:?}");
        }
    }
}

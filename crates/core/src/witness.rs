//! What changed although nobody told it to: switches that moved by themselves, and taps that came
//! or went. State machine, §13.

use cellward_params::Switch;
use cellward_params::record::{Happening, RecordKind, Switches};
use cellward_units::NoData;

use crate::measure::Measure;
use crate::story::Line;
use crate::switch::Switching;

/// Remembers what was there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness {
    /// How many taps carried the voltage of a cell when they were last counted.
    taps: Option<u8>,
}

impl Witness {
    /// One line for each switch that has just moved away from its command.
    pub(crate) fn moved(switching: &Switching, actual: Switches) -> [Option<Line>; 2] {
        [Switch::Charge, Switch::Discharge].map(|switch| {
            let closed = actual.closed(switch);
            let moved = closed != switching.actual().closed(switch);
            let untold = closed != switching.commanded().closed(switch);
            let happening = if closed { Happening::ClosedUntold } else { Happening::OpenedUntold };
            let line = Line::plain(RecordKind::Change, happening).with_index(switch.code());
            (moved && untold).then_some(line)
        })
    }

    /// A line when another number of taps is live than before. The first count is no change, and
    /// where the chip did not answer there is nothing to count.
    pub(crate) fn look_at_taps(&mut self, measure: &Measure) -> Option<Line> {
        let says_something =
            |cell: Result<_, NoData>| !cell.is_err_and(|it| it != NoData::WireOpen);
        if !measure.cells().all(says_something) {
            return None;
        }
        let live = measure.live_cells()?;
        let before = self.taps.replace(live).filter(|&before| before != live)?;
        let line = Line::plain(RecordKind::Change, Happening::WiringChanged);
        Some(Line { limit: Some(before.into()), ..line.with_value(live.into()) })
    }
}

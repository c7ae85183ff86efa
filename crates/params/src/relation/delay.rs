//! Rule 17: no delay is so short that one wrong sample opens a switch.

use super::ids::SHORT_CIRCUIT_DELAY;
use super::{Bound, Verdict, raw, require};
use crate::config::least_delay_ms;
use crate::parameter::Field;
use crate::{Config, ParamId};

/// Rule 17. The ranges of the rows already keep it for everything that is entered.
pub(super) fn no_delay_is_zero(config: &Config) -> Verdict {
    for (row, _) in config.limits() {
        let id = ParamId::of_limit(row.fault, row.level, Field::Delay);
        require(id, raw(config, id), Bound::AtLeast(least_delay_ms(row.base)), None)?;
    }
    let delay = raw(config, SHORT_CIRCUIT_DELAY);
    require(SHORT_CIRCUIT_DELAY, delay, Bound::AtLeast(15), None)?;
    require(SHORT_CIRCUIT_DELAY, delay, Bound::AtMost(450), None)
}

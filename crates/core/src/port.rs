//! What hangs on the port: charger and load, as far as current and P- can tell.

use cellward_params::Config;
use cellward_params::record::Switches;
use cellward_units::{Current, Ratio, Voltage};

use crate::measure::Measure;

/// What is seen at the port. `None` where the switches' position hides it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Port {
    /// A charger is there.
    pub(crate) charger: Option<bool>,
    /// A load is there.
    pub(crate) load: Option<bool>,
    /// Charge current above the status threshold flows.
    pub(crate) charging: bool,
    /// Discharge current above the status threshold flows.
    pub(crate) discharging: bool,
}

impl Port {
    /// Looks at the latest readings.
    pub(crate) fn observe(measure: &Measure, actual: Switches, threshold: Current) -> Self {
        let current = measure.latest_current();
        let charging = current.is_ok_and(|current| current >= threshold);
        let discharging = current.is_ok_and(|current| current <= -threshold);
        let voltages = measure.port().ok().zip(measure.pack().ok());
        let charger = if charging {
            Some(true)
        } else if actual.charge {
            None
        } else {
            voltages.map(|(port, pack)| port <= -charger_step(pack))
        };
        let load = if discharging {
            Some(true)
        } else if actual.discharge {
            None
        } else {
            voltages.map(|(port, pack)| pack - port <= removed_level(pack))
        };
        Self { charger, load, charging, discharging }
    }
}

impl Port {
    /// What is left when a switch has moved since P- was read: the current alone.
    pub(crate) fn hidden(self) -> Self {
        Self {
            charger: self.charging.then_some(true),
            load: self.discharging.then_some(true),
            ..self
        }
    }
}

/// Current above which the pack counts as charging or discharging: max(0.2 A, 0.1 % of full
/// scale). Production table, §3.
pub(crate) fn status_threshold(config: &Config) -> Current {
    let share = config.full_scale().scaled_by(Ratio::from_permille(1));
    share.max(Current::from_milliamps(200))
}

/// How far a charger pulls P- below B-: clamp(3 % of the pack, 0.3 V, 2 V), so that a charger on
/// four cells is seen too. Production table, §7.
fn charger_step(pack: Voltage) -> Voltage {
    let share = Voltage::from_microvolts(pack.as_microvolts() / 100) * 3;
    share.clamp(Voltage::from_millivolts(300), Voltage::from_millivolts(2_000))
}

/// B+ to P- above this means that the load is gone: min(4 V, half of the pack). State machine, §6.
fn removed_level(pack: Voltage) -> Voltage {
    Voltage::from_microvolts(pack.as_microvolts() / 2).min(Voltage::from_millivolts(4_000))
}

#[cfg(test)]
mod tests {
    use cellward_units::{Instant, NoData};

    use super::*;
    use crate::input::{CellsFrame, CurrentFrame};

    fn port(amps: i32, port_mv: i32, actual: Switches) -> Port {
        let config = Config::lifepo4(16);
        let mut measure = Measure::new(&config, Instant::START);
        let current = CurrentFrame {
            current: Ok(Current::from_amps(amps)),
            port: Ok(Voltage::from_millivolts(port_mv)),
        };
        measure.take_current(&current, Instant::START);
        let cells = [Ok::<_, NoData>(Voltage::from_millivolts(3_300)); 16];
        let pack = Ok(Voltage::from_millivolts(52_800));
        measure.take_cells(&CellsFrame { cells: &cells, pack }, Instant::START);
        Port::observe(&measure, actual, status_threshold(&config))
    }

    const CHARGE_ONLY: Switches = Switches { charge: true, discharge: false };
    const DISCHARGE_ONLY: Switches = Switches { charge: false, discharge: true };

    #[test]
    fn a_load_is_gone_when_b_plus_to_p_minus_rises_above_four_volts() {
        assert_eq!(port(0, 52_800, CHARGE_ONLY).load, Some(true));
        assert_eq!(port(0, 48_800, CHARGE_ONLY).load, Some(true), "exactly four volts");
        assert_eq!(port(0, 48_799, CHARGE_ONLY).load, Some(false));
        assert_eq!(port(0, 0, CHARGE_ONLY).load, Some(false));
    }

    #[test]
    fn a_charger_is_there_when_it_pulls_p_minus_down() {
        // 3 % of 52.8 V is 1.584 V.
        assert_eq!(port(0, -1_583, DISCHARGE_ONLY).charger, Some(false));
        assert_eq!(port(0, -1_584, DISCHARGE_ONLY).charger, Some(true));
    }

    #[test]
    fn closed_switches_hide_what_does_not_flow() {
        let closed = Switches { charge: true, discharge: true };
        assert_eq!(port(0, 0, closed), Port::default());
        assert_eq!(port(5, 0, closed).charger, Some(true));
        assert_eq!(port(-5, 0, closed).load, Some(true));
    }
}

//! Every limit that compares a number, for both profiles and all chemistries: a step before its
//! threshold it never trips, at its threshold it trips at its delay and not a tick before, at its
//! recovery it stays, and a step beyond it releases at its release delay.
//!
//! What the release rules add to that is in `release`.

use std::format;
use std::string::String;

use cellward_params::fault::{Quantity, Release, SourceKind, Watch};
use cellward_params::limit::{Base, LIMITS, LimitRow, least_hysteresis};
use cellward_params::record::ReleaseReason;
use cellward_params::{Chemistry, Command, Config, Fault, Level, Profile, RecordKind, Switch};
use cellward_units::{Current, Ratio, Temperature, Voltage};

use super::bench::{Bench, config_of, idle_cell};

/// How many inner steps one raw step is: µV, 10 µA, m°C, ppm.
const fn steps(base: Base) -> i32 {
    match base {
        Base::RatedCurrent
        | Base::ChargeLimit
        | Base::FixedCurrent
        | Base::Temperature
        | Base::TemperatureGap
        | Base::Rate => 100,
        _ => 1_000,
    }
}

/// Which quantities the bench can drive directly. The rate of rise and the drifts need a history,
/// the charge moves by itself; they have tests of their own.
const fn drives(watch: Watch) -> Option<Quantity> {
    match watch {
        Watch::High(quantity) | Watch::Low(quantity) => match quantity {
            Quantity::RateOfRise
            | Quantity::DriftInAnHour
            | Quantity::DriftInADay
            | Quantity::Soc => None,
            _ => Some(quantity),
        },
        Watch::While(_) | Watch::Alert => None,
    }
}

/// Cell and sensor that are made to differ.
const PLACE: usize = 1;

/// Makes a quantity this many inner steps, and feeds it.
fn drive(bench: &mut Bench, quantity: Quantity, value: i32) {
    let idle = idle_cell(bench.bms.config().chemistry());
    let micro = Voltage::from_microvolts;
    let milli = Temperature::from_millicelsius;
    match quantity {
        Quantity::HighestCell | Quantity::LowestCell => bench.cells[PLACE] = Ok(micro(value)),
        Quantity::CellDifference => bench.cells[PLACE] = Ok(idle + micro(value)),
        Quantity::Pack => {
            let cell = micro(value / 16);
            bench.cells.fill(Ok(cell));
            bench.pack_error = micro(value) - cell * 16;
        }
        Quantity::ChargeCurrent => bench.current = Ok(Current::from_ten_microamps(value)),
        Quantity::DischargeCurrent => bench.current = Ok(Current::from_ten_microamps(-value)),
        Quantity::PathDrop => {
            // More than next to nothing, and no more than a diode bears.
            bench.set_amps(5);
            bench.port = micro(value);
        }
        Quantity::HottestCell | Quantity::ColdestCell => {
            // The other sensor stays ten kelvins behind, so that the place is known.
            let behind = if quantity == Quantity::HottestCell { -9_000 } else { 9_000 };
            bench.set_sensor(0, Ok(milli(value + behind)));
            bench.set_sensor(PLACE, Ok(milli(value)));
        }
        Quantity::TemperatureDifference => {
            bench.set_sensor(0, Ok(milli(20_000)));
            bench.set_sensor(PLACE, Ok(milli(20_000 + value)));
        }
        Quantity::Switches => bench.switches = Ok(milli(value)),
        Quantity::Board => bench.board = Ok(milli(value)),
        Quantity::RateOfRise | Quantity::DriftInAnHour | Quantity::DriftInADay | Quantity::Soc => {}
    }
    bench.feed_current();
    bench.feed_cells();
    bench.feed_temperatures();
}

/// Thresholds of a limit in inner steps, and the step that is one further beyond.
struct Numbers {
    trip: i32,
    recover: i32,
    beyond: i32,
}

fn numbers(config: &Config, row: &LimitRow) -> Numbers {
    let limit = config.limit(row.fault, row.level).unwrap();
    let apart = least_hysteresis(row.base, config.chemistry(), 16);
    let high = matches!(row.watch, Watch::High(_));
    let recovery = if high {
        limit.recovery.min(limit.threshold - apart)
    } else {
        limit.recovery.max(limit.threshold + apart)
    };
    let steps = steps(row.base);
    Numbers {
        trip: limit.threshold * steps,
        recover: recovery * steps,
        beyond: if high { 1 } else { -1 },
    }
}

/// Each limit that the bench can drive, for each profile and chemistry, on a running bench.
fn each(mut check: impl FnMut(&LimitRow, Quantity, &Config, &Numbers, &str)) {
    for &profile in Profile::ALL {
        for &chemistry in Chemistry::ALL {
            let config = config_of(profile, chemistry);
            for row in LIMITS {
                let Some(quantity) = drives(row.watch) else { continue };
                let numbers = numbers(&config, row);
                let (fault, level) = (row.fault, row.level);
                let name: String = format!("{profile:?} {chemistry:?} {fault:?} {level:?}");
                check(row, quantity, &config, &numbers, &name);
            }
        }
    }
}

fn place_of(row: &LimitRow) -> Option<u8> {
    match row.fault.row().source {
        SourceKind::Cell | SourceKind::Sensor => Some(1),
        _ => None,
    }
}

//
#[test]
fn a_step_before_its_threshold_no_limit_trips_however_long_it_lasts() {
    each(|row, quantity, config, numbers, name| {
        let mut bench = Bench::started(config.clone());
        drive(&mut bench, quantity, numbers.trip - numbers.beyond);
        let delay = config.limit(row.fault, row.level).unwrap().delay;
        bench.run_ms(delay.as_millis() + 1_000);
        assert!(!bench.tripped(row.fault, row.level), "{name}");
    });
}

//
#[test]
fn at_its_threshold_every_limit_trips_at_its_delay_and_tells_it() {
    each(|row, quantity, config, numbers, name| {
        let mut bench = Bench::started(config.clone());
        drive(&mut bench, quantity, numbers.trip);
        let limit = config.limit(row.fault, row.level).unwrap();
        let (fault, level) = (row.fault, row.level);
        let delay = limit.delay.as_millis();
        if delay > 0 {
            // The reading itself is the beginning.
            let tripped = bench.run_until(delay, |bench| bench.tripped(fault, level));
            assert_eq!(tripped, Some(delay), "{name}");
        }
        let kind = match level {
            Level::Alarm => RecordKind::AlarmSet,
            _ => RecordKind::ProtectionSet,
        };
        let record = bench.record_of(fault, level, kind);
        assert_eq!(record.value, Some(limit.threshold), "{name}");
        assert_eq!(record.limit, Some(limit.threshold), "{name}");
        assert_eq!(record.index, place_of(row), "{name}");
        assert_eq!(record.lasted, limit.delay, "{name}");
        // Each switch is closed if and only if nothing that is active opens it.
        let faults = bench.bms.snapshot(bench.now).faults.unwrap();
        for &switch in Switch::ALL {
            let blocked = faults
                .iter()
                .any(|active| active.fault.row().blocks(active.level).includes(switch));
            assert_eq!(bench.bms.wanted().switches.closed(switch), !blocked, "{name} {switch:?}");
        }
    });
}

/// Whether the release of a limit needs more than its recovery and one word of a person.
fn has_own_way(row: &LimitRow, profile: Profile) -> bool {
    let rule = row.fault.row().release(profile);
    let currents = [
        Release::ChargeOverCurrent,
        Release::DischargeOverCurrent,
        Release::LoadRemoved,
        Release::Wait,
    ];
    row.level != Level::Alarm && currents.contains(&rule)
}

#[test]
fn at_its_recovery_every_limit_stays_and_a_step_beyond_it_releases_at_its_delay() {
    each(|row, quantity, config, numbers, name| {
        if has_own_way(row, config.profile()) {
            return;
        }
        let mut bench = Bench::started(config.clone());
        let limit = config.limit(row.fault, row.level).unwrap();
        let (fault, level) = (row.fault, row.level);
        drive(&mut bench, quantity, numbers.trip);
        bench.run_ms(limit.delay.as_millis() + 20);
        assert!(bench.tripped(fault, level), "{name}");
        let rule = fault.row().release(config.profile());
        let mut reason = Some(ReleaseReason::Recovered);
        match (rule, level) {
            (_, Level::Alarm) => reason = None,
            (Release::UnderVoltage, _) => {
                bench.allow(Switch::Discharge, true);
                reason = Some(ReleaseReason::Command);
            }
            (Release::Override, Level::Hard) => {
                bench.command(Command::Override(fault)).unwrap();
                reason = Some(ReleaseReason::Installer);
            }
            _ => {}
        }
        drive(&mut bench, quantity, numbers.recover);
        bench.run_ms(limit.release_delay.as_millis() + 1_000);
        assert!(bench.tripped(fault, level), "{name} exactly at the recovery");
        drive(&mut bench, quantity, numbers.recover - numbers.beyond);
        let delay = limit.release_delay.as_millis();
        let released = bench.run_until(delay, |bench| !bench.tripped(fault, level));
        assert_eq!(released, Some(delay), "{name}");
        let kind = match level {
            Level::Alarm => RecordKind::AlarmCleared,
            _ => RecordKind::ProtectionCleared,
        };
        assert_eq!(bench.record_of(fault, level, kind).release, reason, "{name}");
    });
}

#[test]
fn little_charge_alarms_at_its_steps_and_never_opens_a_switch() {
    let steps = [(Level::Alarm, 200, 250), (Level::Protection, 100, 150), (Level::Hard, 50, 100)];
    let mut bench = Bench::running();
    let say = |bench: &mut Bench, permille: i32| {
        // Half a step above, since the board's own draw moves it.
        let soc = Ratio::from_ppm(permille * 1_000 + 500);
        bench.command(Command::SetSoc(soc)).unwrap();
        // The rows are told of it every ten seconds, and five are their delay.
        bench.run_ms(15_700);
    };
    for (level, threshold, recovery) in steps {
        say(&mut bench, threshold);
        assert!(!bench.tripped(Fault::LowSoc, level), "{level:?}");
        say(&mut bench, threshold - 1);
        assert!(bench.tripped(Fault::LowSoc, level), "{level:?}");
        assert_eq!(bench.closed(), (true, true));
        say(&mut bench, recovery - 1);
        assert!(bench.tripped(Fault::LowSoc, level), "{level:?}");
        say(&mut bench, recovery);
        assert!(!bench.tripped(Fault::LowSoc, level), "{level:?}");
    }
    say(&mut bench, 999);
    assert!(!bench.tripped(Fault::HighSoc, Level::Alarm), "off in both profiles");
}

#[test]
fn a_delay_that_is_interrupted_starts_again() {
    for row in LIMITS.iter().filter(|row| drives(row.watch).is_some()) {
        let config = config_of(Profile::Strict, Chemistry::Lfp);
        let numbers = numbers(&config, row);
        let limit = config.limit(row.fault, row.level).unwrap();
        let delay = limit.delay.as_millis();
        let quantity = drives(row.watch).unwrap();
        let name = format!("{:?} {:?}", row.fault, row.level);
        let mut bench = Bench::started(config);
        drive(&mut bench, quantity, numbers.trip);
        bench.run_ms(delay - 10);
        drive(&mut bench, quantity, numbers.trip - numbers.beyond);
        bench.run_ms(10);
        drive(&mut bench, quantity, numbers.trip);
        bench.run_ms(delay);
        assert!(!bench.tripped(row.fault, row.level), "{name}");
        bench.tick();
        assert!(bench.tripped(row.fault, row.level), "{name}");
    }
}

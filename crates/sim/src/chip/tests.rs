//! Timings to the microsecond, at their boundaries.

use super::*;
use cellward_core::Bms;
use cellward_params::Config;
use cellward_units::Current;

const CLOSED: Switches = Switches { charge: true, discharge: true };

fn wish(switches: Switches) -> Wanted {
    let config = Config::lifepo4(16);
    let wanted = *Bms::new(config, Instant::START).wanted();
    Wanted {
        switches,
        chip: ChipSettings {
            over_voltage: Voltage::from_millivolts(3_800),
            under_voltage: Voltage::from_millivolts(2_200),
            cell_delay: Duration::from_secs(1),
            charge_hot: Temperature::from_celsius(60),
            charge_cold: Temperature::from_celsius(-3),
            discharge_hot: Temperature::from_celsius(65),
            discharge_cold: Temperature::from_celsius(-25),
            watchdog: Duration::from_secs(2),
            short_circuit: Current::from_amps(1_000),
            short_circuit_delay: Duration::from_micros(150),
        },
        ..wanted
    }
}

fn at(micros: u64) -> Instant {
    Instant::from_micros(micros)
}

fn closed_chip() -> Chip {
    let mut chip = Chip::new(&wish(CLOSED));
    chip.obey(&wish(CLOSED), at(0));
    assert_eq!(chip.act(at(2_000)), Some(Act::Moved(CLOSED)));
    chip
}

#[test]
fn switches_move_two_milliseconds_after_the_word_and_only_once() {
    let mut chip = Chip::new(&wish(CLOSED));
    chip.obey(&wish(CLOSED), at(0));
    chip.obey(&wish(CLOSED), at(1_000));
    assert_eq!(chip.next(), Some(at(2_000)));
    assert_eq!(chip.act(at(1_999)), None);
    assert_eq!(chip.act(at(2_000)), Some(Act::Moved(CLOSED)));
    assert_eq!(chip.moving, None);
}

#[test]
fn a_word_taken_back_before_the_switches_moved_moves_nothing() {
    let mut chip = Chip::new(&wish(CLOSED));
    chip.obey(&wish(CLOSED), at(0));
    chip.obey(&wish(Switches::OPEN), at(1_000));
    assert_eq!(chip.moving, None);
}

#[test]
fn a_short_circuit_opens_after_its_delay_not_before() {
    let mut chip = closed_chip();
    chip.watch(|_| -1_000.0, at(10_000));
    assert_eq!(chip.act(at(10_149)), None);
    assert_eq!(chip.act(at(10_150)), Some(Act::Short));
    assert_eq!(chip.act(at(10_200)), Some(Act::Moved(Switches::OPEN)));
}

#[test]
fn a_current_just_below_the_threshold_or_too_brief_is_no_short_circuit() {
    let mut chip = closed_chip();
    chip.watch(|_| -999.9, at(10_000));
    assert_eq!(chip.short_until, None);
    chip.watch(|_| -2_000.0, at(10_000));
    chip.watch(|_| -10.0, at(10_100));
    assert_eq!(chip.short_until, None);
}

#[test]
fn a_trip_is_held_until_the_brain_has_asked_for_open() {
    let mut chip = closed_chip();
    chip.watch(|_| -2_000.0, at(10_000));
    chip.act(at(10_150));
    chip.act(at(10_200));
    chip.obey(&wish(CLOSED), at(20_000));
    assert_eq!(chip.moving, None);
    chip.obey(&wish(Switches::OPEN), at(30_000));
    chip.obey(&wish(CLOSED), at(40_000));
    assert_eq!(chip.next(), Some(at(42_000)));
}

#[test]
fn a_cell_beyond_its_step_opens_one_switch_after_the_delay_not_before() {
    let mut chip = closed_chip();
    let high = [Ok(Voltage::from_millivolts(3_800))];
    assert_eq!(chip.compare(&high, at(100_000)), [None, None]);
    assert_eq!(chip.compare(&high, at(1_000_000)), [None, None]);
    assert_eq!(chip.compare(&high, at(1_100_000)), [Some(ChipAlert::OverVoltage), None]);
    let moved = chip.act(at(1_100_050));
    assert_eq!(moved, Some(Act::Moved(Switches { charge: false, discharge: true })));
}

#[test]
fn a_cell_that_dips_back_starts_the_delay_anew() {
    let mut chip = closed_chip();
    let high = [Ok(Voltage::from_millivolts(3_800))];
    let good = [Ok(Voltage::from_microvolts(3_799_999))];
    chip.compare(&high, at(100_000));
    chip.compare(&good, at(1_000_000));
    assert_eq!(chip.compare(&high, at(1_100_000)), [None, None]);
}

#[test]
fn an_inrush_that_falls_below_the_threshold_within_the_delay_is_no_short_circuit() {
    let mut chip = closed_chip();
    // Falls by 10 A per µs: at the end of the delay exactly at the threshold, and just below.
    let from =
        |peak: f64| move |now: Instant| 10.0 * now.since(at(10_000)).to_secs_f64() * 1e6 - peak;
    chip.watch(from(2_499.9), at(10_000));
    assert_eq!(chip.act(at(10_150)), None);
    chip.watch(from(2_500.0), at(10_000));
    assert_eq!(chip.act(at(10_150)), Some(Act::Short));
}

#[test]
fn a_brain_that_is_silent_for_two_seconds_makes_the_chip_open_both_switches_once() {
    let mut chip = closed_chip();
    chip.obey(&wish(CLOSED), at(1_000_000));
    assert_eq!(chip.act(at(2_999_999)), None);
    assert_eq!(chip.next(), Some(at(3_000_000)));
    assert_eq!(chip.act(at(3_000_000)), Some(Act::Watchdog));
    assert_eq!(chip.act(at(3_000_050)), Some(Act::Moved(Switches::OPEN)));
    assert_eq!(chip.next(), None);
}

#[test]
fn a_chip_that_hears_nothing_trips_by_its_watchdog_and_a_dead_one_does_not() {
    for (fault, act) in [
        (ChipFault::BusBroken, Some(Act::Watchdog)),
        (ChipFault::Silent, None),
        (ChipFault::Hung, None),
    ] {
        let mut chip = closed_chip();
        chip.fault = Some(fault);
        chip.obey(&wish(CLOSED), at(1_000_000));
        assert_eq!(chip.next().and_then(|at| chip.act(at)), act, "{fault:?}");
    }
}

#[test]
fn a_hung_chip_works_again_after_a_restart_with_both_switches_open() {
    let mut chip = closed_chip();
    chip.fault = Some(ChipFault::Hung);
    chip.restart(at(10_000));
    assert_eq!(chip.fault, None);
    assert_eq!(chip.act(at(10_050)), Some(Act::Moved(Switches::OPEN)));
    chip.obey(&wish(CLOSED), at(20_000));
    assert_eq!(chip.moving, None);
    chip.obey(&wish(Switches::OPEN), at(30_000));
    chip.obey(&wish(CLOSED), at(40_000));
    assert_eq!(chip.next(), Some(at(42_000)));
}

#[test]
fn a_temperature_beyond_a_setting_opens_its_direction_after_one_second_not_before() {
    for (celsius, charge, discharge) in [
        (60, Some(ChipAlert::TooHot(Switch::Charge)), None),
        (-3, Some(ChipAlert::TooCold(Switch::Charge)), None),
        (65, Some(ChipAlert::TooHot(Switch::Charge)), Some(ChipAlert::TooHot(Switch::Discharge))),
        (
            -25,
            Some(ChipAlert::TooCold(Switch::Charge)),
            Some(ChipAlert::TooCold(Switch::Discharge)),
        ),
        (59, None, None),
        (-2, None, None),
    ] {
        let mut chip = closed_chip();
        let sensors = [Err(NoData::SensorOpen), Ok(Temperature::from_celsius(celsius))];
        assert_eq!(chip.compare_temperatures(&sensors, at(500_000)), [None; 2]);
        assert_eq!(chip.compare_temperatures(&sensors, at(1_499_999)), [None; 2]);
        let opened = chip.compare_temperatures(&sensors, at(1_500_000));
        assert_eq!(opened, [charge, discharge], "{celsius} °C");
        // It tells once, and holds the switch open even after the brain asked for that.
        assert_eq!(chip.compare_temperatures(&sensors, at(2_000_000)), [None; 2]);
        chip.obey(&wish(Switches::OPEN), at(2_100_000));
        assert_eq!(chip.compare_temperatures(&sensors, at(2_500_000)), [None; 2]);
        chip.obey(&wish(CLOSED), at(2_600_000));
        let closes = chip.moving.map_or(chip.actual, |(_, switches)| switches);
        assert_eq!(closes.charge, charge.is_none(), "{celsius} °C");
        assert_eq!(closes.discharge, discharge.is_none(), "{celsius} °C");
    }
}

#[test]
fn a_silent_chip_obeys_nothing() {
    let mut chip = closed_chip();
    chip.fault = Some(ChipFault::Silent);
    chip.obey(&wish(Switches::OPEN), at(10_000));
    assert_eq!(chip.moving, None);
    assert_eq!(chip.actual(), CLOSED);
}

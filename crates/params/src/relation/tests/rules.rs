//! Each rule with a value that just holds it and with the next one, which breaks it.

use cellward_units::Current;
use proptest::prelude::*;

use super::super::{Bound, current, curve};
use super::*;
use crate::config::ReverseCurrent;
use crate::derate;

//
#[test]
fn rule_1_high_levels_rise() {
    boundary(1, &lfp(), OVER_L1, 3_650, 3_651);
    boundary(1, &lfp(), OVER_L3, 3_650, 3_649);
    boundary(1, &lfp(), PACK_OVER_L1, 58_400, 58_401);
    boundary(1, &lfp(), id(Fault::ChargeOverTemperature, Level::Alarm, Threshold), 550, 551);
    boundary(1, &lfp(), id(Fault::SwitchOverTemperature, Level::Hard, Threshold), 1_000, 999);
    boundary(1, &lfp(), id(Fault::CellDifference, Level::Alarm, Threshold), 500, 501);
    boundary(1, &lfp(), id(Fault::TemperatureDifference, Level::Hard, Threshold), 150, 149);
    boundary(1, &lfp(), id(Fault::DischargeOverCurrent, Level::Alarm, Threshold), 230_000, 230_001);
    boundary(1, &lfp(), CHARGE_L3, 57_500, 57_499);
}

//
#[test]
fn rule_2_low_levels_fall() {
    boundary(2, &lfp(), UNDER_L1, 2_500, 2_499);
    boundary(2, &lfp(), UNDER_L3, 2_500, 2_501);
    boundary(2, &lfp(), DEEP_LOCK, 2_000, 2_001);
    boundary(2, &lfp(), id(Fault::PackUnderVoltage, Level::Alarm, Threshold), 40_000, 39_999);
    boundary(2, &lfp(), id(Fault::ChargeUnderTemperature, Level::Alarm, Threshold), 20, 19);
    boundary(2, &lfp(), id(Fault::DischargeUnderTemperature, Level::Hard, Threshold), -200, -199);
    boundary(2, &lfp(), id(Fault::LowSoc, Level::Alarm, Threshold), 100, 99);
}

//
#[test]
fn rule_3_every_recovery_stands_off_by_the_least_hysteresis() {
    boundary(3, &lfp(), id(Fault::CellOverVoltage, Level::Alarm, Recovery), 3_500, 3_501);
    boundary(3, &lfp(), id(Fault::CellUnderVoltage, Level::Alarm, Recovery), 2_950, 2_949);
    let lto = config(Chemistry::Lto, 16);
    boundary(3, &lto, id(Fault::CellOverVoltage, Level::Alarm, Recovery), 2_680, 2_681);
    boundary(3, &lto, id(Fault::CellUnderVoltage, Level::Alarm, Recovery), 2_020, 2_019);
    boundary(3, &lfp(), id(Fault::ChargeOverTemperature, Level::Alarm, Recovery), 430, 431);
    boundary(3, &lfp(), id(Fault::ChargeUnderTemperature, Level::Alarm, Recovery), 70, 69);
    boundary(3, &lfp(), id(Fault::CellDifference, Level::Alarm, Recovery), 180, 181);
    boundary(3, &lfp(), id(Fault::TemperatureDifference, Level::Alarm, Recovery), 80, 81);
    boundary(3, &lfp(), id(Fault::LowSoc, Level::Alarm, Recovery), 210, 209);
    boundary(3, &lfp(), id(Fault::DischargeOverCurrent, Level::Alarm, Recovery), 210_000, 210_001);
}

//
#[test]
fn rule_3_takes_the_pack_after_rounding_but_at_least_a_tenth_of_a_volt() {
    let recovery = id(Fault::PackOverVoltage, Level::Alarm, Recovery);
    boundary(3, &lfp(), recovery, 56_000, 56_001);
    // 11 × 50 mV are 0.55 V; rounded 0.5 V.
    boundary(3, &config(Chemistry::Nmc, 11), recovery, 45_400, 45_401);
    // 3 × 20 mV are less than 0.1 V.
    boundary(3, &config(Chemistry::Lto, 3), recovery, 8_000, 8_001);
    let low = id(Fault::PackUnderVoltage, Level::Alarm, Recovery);
    boundary(3, &config(Chemistry::Lto, 3), low, 6_100, 6_099);
}

//
#[test]
fn rule_4_over_voltage_stays_below_the_upper_limit_of_the_cell() {
    boundary(4, &lfp(), OVER_L2, 3_650, 3_651);
    boundary(4, &lfp(), UPPER_CELL_VOLTAGE, 3_650, 3_649);
}

//
#[test]
fn strict_cuts_no_cell_above_its_upper_limit_in_any_chemistry() {
    for (&chemistry, upper) in Chemistry::ALL.iter().zip([3_650, 4_200, 2_800]) {
        let config = config(chemistry, 16);
        assert_eq!(config.system().upper_cell_voltage, upper);
        assert!(config.raw(OVER_L2).unwrap() <= upper, "{chemistry:?}");
        let above = with(config, &[(OVER_L2, upper + 1)]).check();
        assert!(above.is_err(), "{chemistry:?}");
    }
}

//
#[test]
fn rule_5_full_lies_between_the_recovery_and_the_alarm_of_over_voltage() {
    boundary(5, &lfp(), OVER_L2_RECOVERY, 3_449, 3_450);
    boundary(5, &lfp(), OVER_L1, 3_451, 3_450);
    // 16 × 3450 mV are 55.2 V.
    boundary(5, &lfp(), PACK_OVER_L2_RECOVERY, 55_199, 55_200);
    boundary(5, &lfp(), PACK_OVER_L1, 55_201, 55_200);
}

//
#[test]
fn rule_6_bleeding_starts_between_under_voltage_and_full() {
    boundary(6, &lfp(), UNDER_L2_RECOVERY, 3_399, 3_400);
    boundary(6, &lfp(), BALANCE_START_VOLTAGE, 3_449, 3_450);
    boundary(6, &lfp(), BALANCE_STOP_DIFFERENCE, 9, 10);
}

//
#[test]
fn rule_7_under_voltage_levels_stay_apart() {
    boundary(7, &lfp(), DEEP, 2_199, 2_200);
    boundary(7, &lfp(), DEEP_LOCK, 2_199, 2_200);
    boundary(7, &lfp(), UNDER_L3, 2_499, 2_500);
    boundary(7, &lfp(), UNDER_L2, 2_899, 2_900);
    boundary(7, &lfp(), UNDER_L1, 2_999, 3_000);
}

//
#[test]
fn rule_8_the_charge_current_is_gone_before_the_cut() {
    // 20 mV below the cut of 3650 mV nothing is left; 25 mV below full all of it is there.
    boundary(8, &lfp(), FULL_VOLTAGE, 3_654, 3_655);
    boundary(8, &lfp(), OVER_L2, 3_446, 3_445);
}

//
#[test]
fn rule_9_the_discharge_current_is_gone_before_the_cut() {
    boundary(9, &lfp(), UNDER_L2, 2_949, 2_950);
    boundary(9, &lfp(), UNDER_L1, 3_349, 3_350);
}

//
#[test]
fn rule_10_the_lock_stands_100_mv_above_the_hard_limit() {
    boundary(10, &lfp(), LOCK, 3_900, 3_899);
    boundary(10, &lfp(), LOCK, 3_900, 3_901);
    boundary(10, &lfp(), OVER_L3, 3_800, 3_801);
}

//
#[test]
fn rule_10_thresholds_and_window_are_plausible() {
    boundary(10, &lfp(), PLAUSIBLE_HIGH, 3_900, 3_899);
    boundary(10, &lfp(), PLAUSIBLE_LOW, 2_000, 2_001);
    boundary(10, &lfp(), WINDOW_LOW, 2_200, 2_199);
    boundary(10, &lfp(), WINDOW_HIGH, 3_800, 3_801);
    boundary(10, &lfp(), WINDOW_LOW, 3_599, 3_600);
}

//
#[test]
fn rule_11_the_pack_is_within_three_hundredths_of_its_cells() {
    // 16 × 2900 mV are 46.4 V.
    let under = id(Fault::PackUnderVoltage, Level::Alarm, Threshold);
    boundary(11, &lfp(), under, 45_008, 45_007);
    boundary(11, &lfp(), under, 47_792, 47_793);
    // 16 × 3400 mV are 54.4 V.
    boundary(11, &lfp(), PACK_OVER_L2_RECOVERY, 56_032, 56_033);
    boundary(11, &lfp(), PACK_OVER_L2_RECOVERY, 52_768, 52_767);
}

//
#[test]
fn rule_12_asleep_the_chip_trips_between_alarm_and_protection() {
    // It holds 3643.2 and 2530.0 mV.
    boundary(12, &lfp(), OVER_L1, 3_643, 3_644);
    boundary(12, &lfp(), UNDER_L1, 2_530, 2_529);
}

//
#[test]
fn rule_12_asleep_the_chip_trips_after_the_current_has_come_to_nothing() {
    // With L2 at 3643 mV it holds 3592.6 mV; none of the charge current is left at full + 100 mV.
    let close = with(lfp(), &[(OVER_L2, 3_643)]);
    boundary(12, &close, FULL_VOLTAGE, 3_492, 3_493);
    // It holds 2631.2 mV for both; none of the discharge current is left at L2 + 50 mV.
    boundary(12, &lfp(), UNDER_L2, 2_582, 2_581);
}

//
#[test]
fn rule_12_awake_the_chip_stands_clear_of_l2_and_close_to_l3() {
    // 73 steps are 3693.8 mV and the first to be 20 mV above 3650 mV.
    boundary(12, &lfp(), OVER_L3, 3_689, 3_688);
    // 49 steps are 2479.4 mV and the first to be 20 mV below 2500 mV.
    boundary(12, &lfp(), UNDER_L3, 2_484, 2_485);
}

//
#[test]
fn rule_13_the_heater_works_above_the_charge_limit_and_the_charge_window_inside_the_other() {
    boundary(13, &lfp(), CHARGE_COLD, 40, 41);
    boundary(13, &lfp(), HEATER_ON, 79, 80);
    boundary(13, &lfp(), HEATER_OFF, 50, 49);
    boundary(13, &lfp(), DISCHARGE_COLD, 20, 21);
    boundary(13, &lfp(), CHARGE_HOT, 600, 601);
    boundary(13, &lfp(), CHARGE_HOT, 21, 20);
}

//
#[test]
fn rule_14_a_curve_of_its_own_numbers_breaks_when_a_limit_moves_inside_of_it() {
    let published = derate::charge_over_temperature(&lfp()).unwrap();
    let ends =
        |id, raw| curve::ends_at(&published, &with(lfp(), &[(id, raw)]), [CHARGE_COLD, CHARGE_HOT]);
    assert_eq!(ends(CHARGE_COLD, 20), Ok(()));
    assert_eq!(ends(CHARGE_COLD, 21).unwrap_err().parameter, CHARGE_COLD);
    assert_eq!(ends(CHARGE_HOT, 550), Ok(()));
    assert_eq!(ends(CHARGE_HOT, 549).unwrap_err().parameter, CHARGE_HOT);
}

proptest! {
    //
    #[test]
    fn rules_14_and_15_hold_for_our_curves_wherever_the_limits_are(
        cold in -500..600_i32,
        width in 1..600_i32,
        discharge_cold in -500..600_i32,
        discharge_width in 1..600_i32,
        rate in 10..10_000_i32,
        chemistry in 0..3_usize,
        kelvin in -60..140_i32,
    ) {
        let config = with(config(Chemistry::ALL[chemistry], 16), &[
            (CHARGE_COLD, cold),
            (CHARGE_HOT, cold + width),
            (DISCHARGE_COLD, discharge_cold),
            (DISCHARGE_HOT, discharge_cold + discharge_width),
            (CHARGE_RATE, rate),
        ]);
        prop_assert_eq!(rule(14, &config), Ok(()));
        prop_assert_eq!(curve::charge_curve_stays_below_the_charge_rate(&config), Ok(()));
        let curve = derate::charge_over_temperature(&config).unwrap();
        let share = curve.at_temperature(cellward_units::Temperature::from_celsius(kelvin));
        prop_assert!((0..=rate * 1_000).contains(&share.as_ppm()));
    }
}

//
#[test]
fn rule_15_the_charge_alarm_is_at_most_a_tenth_above_the_charge_limit() {
    // 50 A with no capacity set on a board of 200 A.
    boundary(15, &lfp(), CHARGE_L1, 55_000, 55_001);
    let mut small = lfp();
    small.set(RATED_CAPACITY, 50_000).unwrap();
    assert_eq!(rule(15, &small).unwrap_err().must_be, Bound::AtMost(27_500));
}

//
#[test]
fn rule_16_over_current_lies_inside_of_full_scale_and_of_what_the_chip_measures() {
    boundary(16, &lfp(), CHARGE_L3, 400_000, 400_001);
    boundary(16, &lfp(), DISCHARGE_L3, 400_000, 400_001);
    // 200 mV over 666 µΩ are 300.3 A. A short circuit of 750 A makes 500 mV over it.
    let short = with(lfp(), &[(SHORT_CIRCUIT_CURRENT, 700_000)]);
    boundary(16, &short, SHUNT, 666, 667);
}

//
#[test]
fn rule_16_the_short_circuit_step_is_2_5_times_over_current_and_at_most_500_mv() {
    // Over 125 µΩ: 80 mV are 640 A, 60 mV are 480 A, 500 mV are 4 kA; 2.5 × 230 A are 575 A.
    boundary(16, &lfp(), SHORT_CIRCUIT_CURRENT, 640_000, 639_999);
    boundary(16, &lfp(), SHORT_CIRCUIT_CURRENT, 4_000_000, 4_000_001);
    let step = with(lfp(), &[(SHORT_CIRCUIT_CURRENT, 640_000)]);
    boundary(16, &step, DISCHARGE_L2, 256_000, 256_001);
    let none = with(lfp(), &[(SHORT_CIRCUIT_CURRENT, 79_999)]);
    assert_eq!(rule(16, &none).unwrap_err().must_be, Bound::AtLeast(80_000));
}

//
#[test]
fn rule_17_delays_have_a_least_length() {
    for fault in [
        Fault::CellOverVoltage,
        Fault::PackUnderVoltage,
        Fault::ChargeOverTemperature,
        Fault::CellDifference,
    ] {
        boundary(17, &lfp(), id(fault, Level::Protection, Delay), 100, 99);
    }
    boundary(17, &lfp(), SHORT_CIRCUIT_DELAY, 15, 14);
    boundary(17, &lfp(), SHORT_CIRCUIT_DELAY, 450, 451);
}

//
#[test]
fn rule_18_reverse_current_thresholds_rise_on_every_board() {
    for amps in BOARD_SIZES {
        let config = lfp().with_rated_amps(amps);
        assert_eq!(rule(18, &config), Ok(()), "{amps} A");
        let on = config.reverse_current().on.as_milliamps();
        assert_eq!(on, (amps * 10).max(500), "{amps} A");
    }
    let rise = |off, on, most| {
        let [off, on, hold_off_override] = [off, on, most].map(Current::from_milliamps);
        current::rise(ReverseCurrent { on, off, hold_off_override })
    };
    assert!(rise(499, 500, 500).is_ok());
    assert!(rise(500, 500, 500).is_err());
    assert!(rise(499, 501, 500).is_err());
}

//! The reverse-current rule at its boundaries: a charge switch that is blocked by a high cell while
//! loads draw through its body diode. Thresholds of a 200 A board.

use cellward_units::{Current, Voltage};

use super::bench::Bench;

/// A started board with the charge switch open for a high cell.
fn blocked(mut bench: Bench) -> Bench {
    bench.set_cell(6, 3_700);
    bench.run_ms(2_000);
    assert_eq!(bench.closed(), (false, true));
    bench
}

/// The same with a zero that was refused, so that the blocked switch may not close at all.
fn never_bridged() -> Bench {
    let mut bench = Bench::new();
    bench.set_amps(5);
    bench.run_ms(1_500);
    bench.set_amps(0);
    bench.run_ms(100);
    blocked(bench)
}

/// Lets this current flow from now on; discharging flows through the diode of the charge switch.
fn flow(bench: &mut Bench, milliamps: i32) {
    bench.current = Ok(Current::from_milliamps(milliamps));
    bench.port = Voltage::from_millivolts(if milliamps < 0 { 700 } else { 0 });
}

/// Closes the blocked switch by a current of 3 A.
fn bridged() -> Bench {
    let mut bench = blocked(Bench::running());
    flow(&mut bench, -3_000);
    bench.run_until(100, |bench| bench.closed().0).unwrap();
    bench
}

/// Opens the blocked switch by 1 A of the wrong direction.
fn disturb(bench: &mut Bench) {
    flow(bench, 1_000);
    assert_eq!(bench.run_until(100, |bench| !bench.closed().0), Some(0));
}

/// How long after the last reading the blocked switch closes for a current.
fn closes_after(bench: &mut Bench, milliamps: i32) -> Option<u64> {
    flow(bench, milliamps);
    let wait = bench.run_until(10_000, |bench| bench.closed().0);
    wait.map(|millis| millis + 10)
}

#[test]
fn a_diode_bears_five_amperes_for_ever_and_a_step_more_for_a_second() {
    let mut bench = never_bridged();
    flow(&mut bench, -5_000);
    bench.run_ms(30_000);
    assert_eq!(bench.closed(), (false, true));
    bench.current = Ok(Current::from_ten_microamps(-500_001));
    let opened = bench.run_until(2_000, |bench| bench.closed() == (false, false));
    assert_eq!(opened, Some(1_000));
}

#[test]
fn the_switch_that_saves_a_diode_closes_again_exactly_thirty_seconds_later() {
    let mut bench = never_bridged();
    flow(&mut bench, -100_000);
    bench.run_until(2_000, |bench| bench.closed() == (false, false)).unwrap();
    flow(&mut bench, 0);
    // Counted from the reading after the one that opened.
    let closed = bench.run_until(40_000, |bench| bench.closed() == (false, true));
    assert_eq!(closed, Some(29_990));
}

#[test]
fn four_tenths_of_the_closing_current_keep_the_switch_closed_and_a_step_less_does_not() {
    let mut bench = bridged();
    flow(&mut bench, -800);
    bench.run_ms(10_000);
    assert!(bench.closed().0);
    bench.current = Ok(Current::from_ten_microamps(-79_999));
    assert_eq!(bench.run_until(100, |bench| !bench.closed().0), Some(0));
}

#[test]
fn only_more_than_a_diode_bears_closes_the_switch_before_its_wait_is_over() {
    let mut bench = bridged();
    disturb(&mut bench);
    assert_eq!(closes_after(&mut bench, -5_000), Some(200));
    let mut bench = bridged();
    disturb(&mut bench);
    assert_eq!(closes_after(&mut bench, -5_001), Some(30), "20 ms since the first such reading");
}

#[test]
fn each_wrong_current_within_a_minute_makes_the_wait_longer_and_a_minute_without_forgets_them() {
    let mut bench = bridged();
    for wait in [200, 1_000, 5_000, 5_000] {
        disturb(&mut bench);
        assert_eq!(closes_after(&mut bench, -3_000), Some(wait));
    }
    // Since the last one, which was 5 s before it closed again.
    bench.run_ms(54_980);
    disturb(&mut bench);
    assert_eq!(closes_after(&mut bench, -3_000), Some(5_000), "a reading too soon");
    bench.run_ms(54_990);
    disturb(&mut bench);
    assert_eq!(closes_after(&mut bench, -3_000), Some(200));
}

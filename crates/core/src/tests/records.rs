//! What a record carries, what is worth one, and what the black box keeps beside it.

use std::vec::Vec;

use cellward_params::record::{Happening, ReleaseReason, Subject, Switches};
use cellward_params::{
    Action, Changed, Chemistry, Command, Config, Fault, Flow, Level, ParamId, PortId, Record,
    RecordKind, Request, Role, ShortText, Switch,
};
use cellward_units::{Current, Duration, Instant, NoData, Ratio, Temperature, Voltage};

use super::bench::Bench;
use crate::input::GroupWrite;
use crate::{Bms, ChipAlert, Event, Input, PERSIST_VERSION, Persist};

fn ask(bench: &mut Bench, action: Action) {
    let request = Request { id: 1, port: PortId(2), role: Role::Factory, action };
    bench.feed(Input::Request(request));
}

fn of_kind(bench: &Bench, kind: RecordKind) -> Vec<&Record> {
    bench.records().filter(|record| record.kind == kind).collect()
}

fn of(bench: &Bench, happening: Happening) -> Vec<&Record> {
    bench.records().filter(|it| it.subject == Subject::Happening(happening)).collect()
}

fn millivolts(reading: Result<Voltage, NoData>) -> Result<i32, NoData> {
    reading.map(Voltage::as_millivolts)
}

//
#[test]
fn a_record_holds_everything_that_was_known_when_it_happened() {
    let mut bench = Bench::running();
    bench.set_amps(40);
    bench.port = Voltage::from_millivolts(-120);
    // Enough for the alarm and for the flow to be told as charging.
    bench.set_cell(6, 3_560);
    bench.run_ms(3_000);
    bench.temperatures[1] = Err(NoData::SensorOpen);
    bench.set_cell(6, 3_662);
    bench.set_cell(2, 3_290);
    bench.run_ms(900);
    let set = RecordKind::ProtectionSet;
    let record = bench.record_of(Fault::CellOverVoltage, Level::Protection, set);
    assert_eq!((record.index, record.value, record.limit), (Some(6), Some(3_662), Some(3_650)));
    assert_eq!((record.lasted, record.count), (Duration::from_millis(700), 1));
    assert_eq!((record.release, record.role, record.merged), (None, None, None));
    let now = &record.circumstances;
    assert_eq!(now.current.get(), Ok(Current::from_amps(40)));
    // 14 cells of 3.30 V, one of 3.29 V and one of 3.662 V, in steps of 10 mV.
    assert_eq!(millivolts(now.pack.get()), Ok(53_150));
    assert_eq!(millivolts(now.port.get()), Ok(-120));
    assert!(now.soc.get().is_ok_and(|soc| soc > Ratio::ZERO));
    assert_eq!(now.soh.get(), Err(NoData::Unknown));
    assert_eq!(now.cells().count(), 16);
    assert_eq!(now.cells().nth(6), Some(Ok(Voltage::from_millivolts(3_662))));
    assert_eq!(now.highest(), Ok((6, Voltage::from_millivolts(3_662))));
    assert_eq!(now.lowest(), Ok((2, Voltage::from_millivolts(3_290))));
    let sensors: Vec<_> = now.sensors().collect();
    // Two sensors are fitted; the second one failed, the other two are absent.
    assert_eq!(sensors, [Ok(Temperature::from_celsius(25)), Err(NoData::NoAnswer)]);
    assert_eq!(now.temperatures[2].get(), Err(NoData::NotFitted));
    assert_eq!(now.switch_temperature.get(), Ok(Temperature::from_celsius(30)));
    assert_eq!(now.board_temperature.get(), Ok(Temperature::from_celsius(30)));
    assert_eq!((now.cycles.get(), now.boot_number), (Ok(0), 1));
    assert_eq!(now.flow, Flow::Charging);
    let closed = Switches { charge: true, discharge: true };
    assert_eq!((now.actual, now.commanded), (closed, closed));
    assert!(now.charger && !now.load && !now.precharge && !now.locked);
    // The alarm of the same row came first.
    assert_eq!(now.level_before, Some(Level::Alarm));
    assert!(now.row_was_active(2) && now.fault);
}

#[test]
fn before_anything_was_measured_a_reading_has_failed_and_what_is_not_fitted_is_absent() {
    let mut bms = Bms::new(Config::lifepo4(16), Instant::START);
    bms.handle(Input::Tick, Instant::START);
    let Some(Event::Record(boot)) = bms.poll_event() else { panic!("nothing was told") };
    let now = &boot.circumstances;
    assert_eq!(now.current.get(), Err(NoData::NoAnswer));
    assert_eq!(now.pack.get(), Err(NoData::NoAnswer));
    assert_eq!(now.soc.get(), Err(NoData::Unknown));
    assert_eq!(now.highest(), Err(NoData::Unknown));
    assert_eq!(now.cells().collect::<Vec<_>>(), [Err(NoData::NoAnswer); 16]);
    assert_eq!(now.sensors().count(), bms.config().sensors());
    assert_eq!((now.uptime_s, now.level_before, now.fault_rows), (0, None, 0));
}

#[test]
fn a_reading_that_has_grown_stale_is_not_told_as_if_it_were_new() {
    let mut bench = Bench::running();
    bench.answering = false;
    bench.run_ms(2_000);
    let stale = bench.record_of(Fault::StaleData, Level::Protection, RecordKind::ProtectionSet);
    let now = &stale.circumstances;
    assert_eq!(now.current.get(), Err(NoData::NoAnswer));
    assert_eq!(now.pack.get(), Err(NoData::NoAnswer));
    assert_eq!(now.port.get(), Err(NoData::NoAnswer));
    assert_eq!(now.cells().collect::<Vec<_>>(), [Err(NoData::NoAnswer); 16]);
}

#[test]
fn uptime_counts_from_the_start_of_the_board_and_the_boot_number_from_its_image() {
    let start = Instant::from_micros(5_000_000);
    let mut bms = Bms::new(Config::lifepo4(16), start);
    let image = Persist { boot_number: 41, ..image_of(&mut Bench::running()) };
    bms.handle(Input::Restore(&image), start);
    let later = start + Duration::from_millis(7_999);
    bms.handle(Input::Alert(ChipAlert::ShortCircuit), later);
    let mut told = Vec::new();
    while let Some(event) = bms.poll_event() {
        if let Event::Record(record) = event {
            told.push((record.kind, record.circumstances.uptime_s));
            assert_eq!(record.circumstances.boot_number, 42);
        }
    }
    assert_eq!(told[0], (RecordKind::Boot, 0));
    assert!(told.contains(&(RecordKind::ProtectionSet, 7)), "{told:?}");
}

/// The newest image that a bench makes.
fn image_of(bench: &mut Bench) -> Persist {
    ask(bench, Action::Command(Command::SetSoc(Ratio::from_permille(500))));
    let images = bench.events.iter().rev().find_map(|event| match event {
        Event::Persist(image) => Some(*image),
        _ => None,
    });
    let image = images.unwrap();
    assert_eq!(image.version, PERSIST_VERSION);
    image
}

#[test]
fn what_was_locked_before_a_power_loss_stands_in_the_first_record_after_it() {
    let row = Fault::ThermalRunaway;
    let image = Persist { locks: 1 << row.code(), ..image_of(&mut Bench::running()) };
    let mut bms = Bms::new(Config::lifepo4(16), Instant::START);
    bms.handle(Input::Restore(&image), Instant::START);
    let Some(Event::Record(boot)) = bms.poll_event() else { panic!("nothing was told") };
    assert_eq!(boot.kind, RecordKind::Boot);
    assert!(boot.circumstances.locked && boot.circumstances.fault);
    assert!(boot.circumstances.row_was_active(15));
    assert_eq!(boot.circumstances.level_before, Some(Level::Hard));
}

#[test]
fn a_release_names_its_reason_and_what_stood_until_then() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_662);
    bench.run_ms(2_000);
    bench.set_cell(6, 3_300);
    bench.run_ms(10_000);
    let over = Fault::CellOverVoltage;
    let cleared = bench.record_of(over, Level::Protection, RecordKind::ProtectionCleared);
    assert_eq!(cleared.release, Some(ReleaseReason::Recovered));
    assert!(cleared.circumstances.row_was_active(2));
    assert_eq!(cleared.circumstances.level_before, Some(Level::Protection));
    assert!(!cleared.circumstances.fault);
}

#[test]
fn an_unlock_keeps_the_reason_and_tells_the_lock_that_stood() {
    let image =
        Persist { locks: 1 << Fault::ThermalRunaway.code(), ..image_of(&mut Bench::running()) };
    let mut bench = Bench::new();
    bench.bms.handle(Input::Restore(&image), bench.now);
    bench.run_ms(1_500);
    let reason = ShortText::new("sensor replaced");
    ask(&mut bench, Action::Command(Command::Unlock { fault: Fault::ThermalRunaway, reason }));
    let told = of_kind(&bench, RecordKind::Lock);
    let [unlock] = told[..] else { panic!("{told:?}") };
    assert!(unlock.is_unlock());
    assert_eq!(unlock.reason().map(ShortText::as_str), Some("sensor replaced"));
    assert_eq!(
        (unlock.role, unlock.release),
        (Some(Role::Factory), Some(ReleaseReason::Installer))
    );
    let now = &unlock.circumstances;
    assert_eq!((now.level_before, now.locked), (Some(Level::Hard), false));
    assert!(now.row_was_active(15));
    assert_eq!(millivolts(now.highest().map(|(_, cell)| cell)), Ok(3_300));
}

/// Writes that a user of the board would make: names of parameters do not matter here.
fn writes(bench: &Bench, count: usize) -> Vec<(ParamId, i32)> {
    let limits = [Fault::CellOverVoltage, Fault::CellUnderVoltage, Fault::PackOverVoltage];
    let ids = limits.iter().flat_map(|&fault| {
        [Level::Alarm, Level::Protection]
            .map(|level| ParamId::of_limit(fault, level, cellward_params::parameter::Field::Delay))
    });
    let config = bench.bms.config();
    ids.take(count).map(|id| (id, config.raw(id).unwrap() + 10)).collect()
}

#[test]
fn a_write_tells_both_sums_the_role_the_port_and_four_changes_a_record() {
    for (count, expected) in [(1, [1].as_slice()), (4, &[4]), (5, &[4, 1]), (6, &[4, 2])] {
        let mut bench = Bench::running();
        let changes = writes(&bench, count);
        let before = bench.bms.config().clone();
        let group = GroupWrite { id: 3, port: PortId(2), role: Role::Installer, changes: &changes };
        bench.feed(Input::Write(group));
        let told = of_kind(&bench, RecordKind::ParameterWrite);
        let named: Vec<usize> =
            told.iter().map(|it| it.changes().unwrap().iter().count()).collect();
        assert_eq!(named, expected, "{count} changes");
        for record in &told {
            assert_eq!(record.value, Some(before.crc().cast_signed()));
            assert_eq!(record.limit, Some(bench.bms.config().crc().cast_signed()));
            assert_eq!(record.role, Some(Role::Installer));
            let changes = record.changes().unwrap();
            assert_eq!((changes.port(), usize::from(changes.total())), (PortId(2), count));
        }
        let mut all: Vec<Changed> =
            told.iter().flat_map(|record| record.changes().unwrap().iter()).collect();
        all.sort_by_key(|change| change.id.0);
        let mut wanted: Vec<Changed> = changes
            .iter()
            .map(|&(id, new)| Changed { id, old: before.raw(id).unwrap(), new })
            .collect();
        wanted.sort_by_key(|change| change.id.0);
        assert_eq!(all, wanted);
    }
}

#[test]
fn a_write_that_changes_nothing_is_not_told() {
    let mut bench = Bench::running();
    let same: Vec<_> = writes(&bench, 2).iter().map(|&(id, raw)| (id, raw - 10)).collect();
    let group = GroupWrite { id: 3, port: PortId(2), role: Role::Installer, changes: &same };
    bench.feed(Input::Write(group));
    assert_eq!(of_kind(&bench, RecordKind::ParameterWrite).len(), 0);
}

#[test]
fn commissioning_is_a_write_too_and_its_sum_is_the_one_in_force() {
    let mut bench = Bench::new();
    bench.run_ms(1_500);
    ask(
        &mut bench,
        Action::Command(Command::AllowSwitch { switch: Switch::Charge, allowed: false }),
    );
    ask(
        &mut bench,
        Action::Command(Command::Commission {
            chemistry: Chemistry::Lfp,
            cells: 16,
            outside_window: false,
        }),
    );
    assert!(bench.happened(Happening::Commissioned));
    let sums: Vec<_> = of_kind(&bench, RecordKind::ParameterWrite)
        .iter()
        .map(|record| record.limit.unwrap().cast_unsigned())
        .collect();
    assert!(sums.iter().all(|&sum| sum == bench.bms.config().crc()), "{sums:?}");
}

#[test]
fn a_switch_that_moves_untold_is_told_and_one_that_obeys_is_not() {
    let mut bench = Bench::running();
    let both = Switches { charge: true, discharge: true };
    // The chip opened it; the next step of the bench closes it again, as commanded.
    bench.bms.handle(Input::Feedback(Switches { discharge: false, ..both }), bench.now);
    bench.tick();
    let told = of(&bench, Happening::OpenedUntold);
    let indices: Vec<_> = told.iter().map(|record| record.index).collect();
    assert_eq!(indices, [Some(1)]);
    assert!(of(&bench, Happening::ClosedUntold).is_empty());

    let mut bench = Bench::running();
    ask(
        &mut bench,
        Action::Command(Command::AllowSwitch { switch: Switch::Charge, allowed: false }),
    );
    bench.run_ms(100);
    assert_eq!(bench.closed(), (false, true));
    assert!(of(&bench, Happening::OpenedUntold).is_empty());
    bench.bms.handle(Input::Feedback(both), bench.now);
    bench.tick();
    let told = of(&bench, Happening::ClosedUntold);
    assert_eq!(told.iter().map(|record| record.index).collect::<Vec<_>>(), [Some(0)]);
}

#[test]
fn another_number_of_live_taps_is_told_once() {
    let mut bench = Bench::running();
    bench.cells[4] = Err(NoData::WireOpen);
    bench.run_ms(1_000);
    let told: Vec<_> = of(&bench, Happening::WiringChanged)
        .iter()
        .map(|record| (record.value, record.limit))
        .collect();
    assert_eq!(told, [(Some(15), Some(16))]);
}

#[test]
fn a_cell_on_the_edge_of_living_counts_from_half_a_volt() {
    for (cell, expected) in [(500, 0), (499, 1)] {
        let mut bench = Bench::running();
        bench.set_cell(4, cell);
        bench.run_ms(300);
        assert_eq!(of(&bench, Happening::WiringChanged).len(), expected, "{cell}");
    }
}

#[test]
fn a_chip_that_does_not_answer_says_nothing_about_taps() {
    let mut bench = Bench::running();
    bench.cells.fill(Err(NoData::ChipError));
    bench.run_ms(1_000);
    bench.set_cells(3_300);
    bench.run_ms(1_000);
    assert!(of(&bench, Happening::WiringChanged).is_empty());
}

#[test]
fn a_storm_is_told_when_its_ten_seconds_are_over_and_the_deadlines_know() {
    let mut bench = Bench::running();
    let turn = |bench: &mut Bench, allowed| {
        ask(bench, Action::Command(Command::AllowSwitch { switch: Switch::Charge, allowed }));
    };
    let start = bench.now;
    for _ in 0..5 {
        turn(&mut bench, false);
        bench.tick();
        turn(&mut bench, true);
        bench.tick();
    }
    assert_eq!(of(&bench, Happening::UserOff).len(), 1);
    let due = start + Duration::from_secs(10);
    assert!(bench.bms.deadline().is_some_and(|at| at <= due));
    assert!(bench.bms.steady_deadline().is_some_and(|at| at <= due));
    while bench.now < due {
        bench.tick();
    }
    assert_eq!(of(&bench, Happening::UserOff).len(), 1);
    bench.tick();
    let told = of(&bench, Happening::UserOff);
    let [first, storm] = told[..] else { panic!("{told:?}") };
    assert_eq!((first.kind, first.at), (RecordKind::Change, start));
    assert_eq!((storm.kind, storm.count), (RecordKind::Storm, 4));
    assert_eq!(storm.first_at(), start + Duration::from_millis(20));
    assert_eq!(storm.at, start + Duration::from_millis(80));
}

#[test]
fn the_black_box_is_frozen_with_the_number_of_the_record_that_froze_it() {
    let mut bench = Bench::running();
    assert!(bench.bms.black_box().is_none());
    bench.set_amps(10);
    bench.run_ms(2_000);
    assert!(bench.bms.black_box().is_none());
    bench.set_amps(20);
    bench.set_cell(6, 3_662);
    bench.run_ms(900);
    let over = Fault::CellOverVoltage;
    let set = bench.record_of(over, Level::Protection, RecordKind::ProtectionSet);
    let frozen = bench.bms.black_box().unwrap();
    assert_eq!((frozen.sequence(), frozen.at()), (set.sequence, set.at));
    let samples: Vec<_> = frozen
        .samples()
        .map(|it| (it.current.unwrap().as_milliamps() / 1_000, millivolts(it.highest).unwrap()))
        .collect();
    // 1.5 s of rest in the start, 2 s at 10 A, and the seven samples of the 0.7 s that the cell
    // had been too high: its delay ended just before the eighth came. Oldest first.
    let count = |sample| samples.iter().filter(|&&it| it == sample).count();
    assert_eq!(count((10, 3_300)), 20);
    assert_eq!(count((20, 3_662)), 7);
    assert!(samples.is_sorted());
    assert_eq!(samples.last(), Some(&(20, 3_662)));
}

#[test]
fn an_alarm_does_not_freeze_the_black_box_and_a_second_protection_does_so_again() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_649);
    bench.run_ms(8_000);
    assert!(bench.active(Fault::CellOverVoltage, Level::Alarm));
    assert!(bench.bms.black_box().is_none());
    bench.set_cell(6, 3_662);
    bench.run_ms(900);
    let first = bench.bms.black_box().unwrap().sequence();
    bench.feed(Input::Alert(ChipAlert::ShortCircuit));
    let short = bench.record_of(Fault::ShortCircuit, Level::Protection, RecordKind::ProtectionSet);
    let frozen = bench.bms.black_box().unwrap();
    assert!(frozen.sequence() > first);
    assert_eq!((frozen.sequence(), frozen.at()), (short.sequence, short.at));
    assert_eq!(frozen.samples().count(), 64);
}

#[test]
fn a_lock_freezes_the_black_box() {
    let mut bench = Bench::running();
    bench.set_cell(6, 3_900);
    bench.run_ms(4_000);
    let told = of_kind(&bench, RecordKind::Lock);
    let [lock] = told[..] else { panic!("{told:?}") };
    assert!(!lock.is_unlock());
    assert!(bench.bms.black_box().unwrap().sequence() >= lock.sequence);
}

#[test]
fn the_engine_fits_into_the_memory_of_a_microcontroller() {
    // A third of 64 KiB, which is little for a part of today; the records that wait take a
    // quarter of it.
    let size = size_of::<Bms>();
    assert!(size <= 20 * 1_024, "{size} bytes");
}

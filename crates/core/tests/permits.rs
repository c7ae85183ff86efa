//! Properties of the engine over random measurement streams, with the guard of the rig watching
//! every single step: permits, blocks and their two exceptions, delays, order, gaps of time.

#[allow(dead_code, reason = "each proof uses its part of the rig")]
mod rig;

use cellward_core::{Bms, CellsFrame, CurrentFrame, Input, Sensed, TemperaturesFrame};
use cellward_params::fault::{Quantity, Watch};
use cellward_params::limit::LIMITS;
use cellward_params::record::Switches;
use cellward_params::{Config, Flow, Switch};
use cellward_units::{Current, Duration, Instant, NoData, Temperature, Voltage};
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};

use rig::raise::{prepare, set};
use rig::world::{Outside, World};
use rig::{Rig, TICK};

/// Something that changes the world.
#[derive(Clone, Debug)]
enum Twist {
    Outside(Outside),
    Cell(i32),
    Cells(i32),
    Stuck(Option<Switch>),
    Sensor(Result<i32, NoData>),
    PackError(i32),
    CurrentValid(bool),
    Answering(bool),
    SendsCells(bool),
    SendsTemperatures(bool),
    Allow(Switch, bool),
    Gap(u64),
    Restart,
    Good,
}

fn outside() -> impl Strategy<Value = Outside> {
    prop_oneof![
        prop::strategy::Just(Outside::Nothing),
        (0..400).prop_map(Outside::Load),
        (0..400).prop_map(Outside::Charger),
        prop::strategy::Just(Outside::Short),
    ]
}

fn switch() -> impl Strategy<Value = Switch> {
    prop::sample::select(Vec::from([Switch::Charge, Switch::Discharge]))
}

fn twist() -> impl Strategy<Value = Twist> {
    prop_oneof![
        4 => outside().prop_map(Twist::Outside),
        2 => (-200..5_000).prop_map(Twist::Cell),
        1 => (2_000..3_800).prop_map(Twist::Cells),
        1 => prop::option::of(switch()).prop_map(Twist::Stuck),
        1 => (-40_000..90_000).prop_map(|raw| Twist::Sensor(Ok(raw))),
        1 => prop::strategy::Just(Twist::Sensor(Err(NoData::SensorOpen))),
        1 => (-1_000..1_000).prop_map(Twist::PackError),
        1 => any::<bool>().prop_map(Twist::CurrentValid),
        1 => any::<bool>().prop_map(Twist::Answering),
        1 => any::<bool>().prop_map(Twist::SendsCells),
        1 => any::<bool>().prop_map(Twist::SendsTemperatures),
        2 => (switch(), any::<bool>()).prop_map(|(switch, allowed)| Twist::Allow(switch, allowed)),
        1 => (0..1_500_u64).prop_map(Twist::Gap),
        1 => prop::strategy::Just(Twist::Restart),
        3 => prop::strategy::Just(Twist::Good),
    ]
}

fn apply(rig: &mut Rig, twist: &Twist) {
    match *twist {
        Twist::Outside(outside) => rig.world.outside = outside,
        Twist::Cell(raw) => rig.world.cell = raw,
        Twist::Cells(raw) => rig.world.cells = raw,
        Twist::Stuck(stuck) => rig.world.stuck = stuck,
        Twist::Sensor(reading) => rig.world.sensor = reading,
        Twist::PackError(raw) => rig.world.pack_error = raw,
        Twist::CurrentValid(valid) => rig.world.current_valid = valid,
        Twist::Answering(answering) => rig.world.answering = answering,
        Twist::SendsCells(sends) => rig.world.sends_cells = sends,
        Twist::SendsTemperatures(sends) => rig.world.sends_temperatures = sends,
        Twist::Allow(switch, allowed) => rig.allow(switch, allowed),
        Twist::Gap(millis) => rig.now += Duration::from_millis(millis),
        Twist::Restart => rig.restart(),
        Twist::Good => rig.change(|world| *world = World::GOOD),
    }
}

proptest! {
    // Permits and blocks: the guard looks after every single input.
    #[test]
    fn no_stream_closes_a_switch_without_a_permit_or_against_a_block_save_by_the_two_exceptions(
        precharge in any::<bool>(),
        story in prop::collection::vec((twist(), 1..150_u64), 1..30)
    ) {
        let mut rig = Rig::new(precharge, false);
        for (twist, ticks) in &story {
            apply(&mut rig, twist);
            for _ in 0..*ticks {
                rig.tick();
                prop_assert!(rig.guard.broken.is_none(), "{:?}", rig.guard.broken);
            }
        }
    }

    #[test]
    fn after_a_gap_in_time_nothing_is_closed_that_rests_on_older_readings(
        outside in outside(), run in 0..300_u64, gap in 500..100_000_u64
    ) {
        let mut rig = Rig::new(false, false);
        rig.run_ms(1_500);
        rig.world.outside = outside;
        rig.run_ms(run * 10);
        rig.now += Duration::from_millis(gap);
        rig.feed(Input::Tick);
        prop_assert_eq!(rig.commanded(), Switches::OPEN);
    }

    #[test]
    fn every_measured_level_trips_at_its_delay_never_before_and_at_most_a_tick_later(
        place in 0..LIMITS.len(), phase in 0..50_u64
    ) {
        let row = &LIMITS[place];
        let (Watch::High(quantity) | Watch::Low(quantity)) = row.watch else { return Ok(()) };
        // What is itself a window or an estimate has its delay counted from within.
        let windowed = matches!(
            quantity,
            Quantity::DriftInAnHour | Quantity::DriftInADay | Quantity::RateOfRise | Quantity::Soc
        );
        if windowed {
            return Ok(());
        }
        let flows = [Flow::Standby, Flow::Charging, Flow::Discharging];
        let raised = flows.into_iter().find_map(|flow| {
            let mut rig = prepare(row.fault, row.level, flow).ok()?;
            rig.run_ms(phase * 10);
            let limit = *rig.config().limit(row.fault, row.level)?;
            set(&mut rig, quantity, limit.threshold, flow, row.fault).ok()?;
            Some((rig, limit))
        });
        let (mut rig, limit) = raised.expect("some flow shows it");
        // The reading is fed as it changes, so the delay counts from here.
        let since = rig.now;
        while !rig.active(row.fault, row.level) {
            prop_assert!(rig.now.since(since) <= limit.delay + TICK, "{row:?} is late");
            rig.tick();
        }
        // The tick that tripped it has moved the time on.
        let took = rig.now.since(since);
        prop_assert!(took > limit.delay && took <= limit.delay + TICK + TICK, "{took:?} {row:?}");
    }

    #[test]
    fn the_order_of_what_happens_at_one_instant_does_not_matter(
        cell in 2_000..4_000_i32, amps in -300..300_i32, port in -6_000..60_000_i32,
        celsius in -30..70_i32, order in prop::strategy::Just([0, 1, 2, 3_usize]).prop_shuffle()
    ) {
        let run = |order: [usize; 4]| {
            let mut bms = Bms::new(Config::lifepo4(16), Instant::START);
            let mut now = Instant::START;
            let cells = |raw| [Ok::<_, NoData>(Voltage::from_millivolts(raw)); 16];
            for step in 0..900_u64 {
                now += TICK;
                // The first second and a half starts the board.
                let (raw, amps, port, celsius) =
                    if step < 150 { (3_300, 0, 0, 25) } else { (cell, amps, port, celsius) };
                let cells = cells(raw);
                let reading = Ok(Sensed::Temperature(Temperature::from_celsius(celsius)));
                let inputs = [
                    Input::Current(CurrentFrame {
                        current: Ok(Current::from_amps(amps)),
                        port: Ok(Voltage::from_millivolts(port)),
                    }),
                    Input::Cells(CellsFrame {
                        cells: &cells,
                        pack: Ok(Voltage::from_millivolts(raw) * 16),
                    }),
                    Input::Temperatures(TemperaturesFrame {
                        cells: [reading; 4],
                        switches: reading,
                        board: reading,
                    }),
                    Input::Tick,
                ];
                for place in order {
                    bms.handle(inputs[place], now);
                    while bms.poll_event().is_some() {}
                }
                // The switches follow within the tick.
                let wanted = bms.wanted().switches;
                bms.handle(Input::Feedback(wanted), now);
                while bms.poll_event().is_some() {}
            }
            let mut faults = bms.snapshot(now).faults.unwrap().to_vec();
            faults.sort_by_key(|active| (active.fault.code(), active.level.code()));
            (bms.wanted().switches, faults)
        };
        prop_assert_eq!(run(order), run([0, 1, 2, 3]));
    }
}

/// Calendar jumps change nothing by construction: no input carries a time of day or a date, and the
/// only time there is comes from a clock that never goes back. An input that is added must be
/// named here.
#[test]
fn no_input_carries_a_calendar_time() {
    let carries_calendar = |input: &Input<'_>| match input {
        Input::Current(_)
        | Input::Cells(_)
        | Input::Temperatures(_)
        | Input::Alert(_)
        | Input::Feedback(_)
        | Input::Wires(_)
        | Input::Board(_)
        | Input::Key(_)
        | Input::HangUp(_)
        | Input::Unchanged
        | Input::Request(_)
        | Input::Write(_)
        | Input::Restore(_)
        | Input::Traffic(_)
        | Input::Believed(_)
        | Input::Tick => false,
    };
    assert!(!carries_calendar(&Input::Tick));
    // And a clock that went back counts as one that stood still.
    let mut rig = Rig::new(false, false);
    rig.run_ms(1_500);
    assert!(rig.both_closed());
    let back = rig.now.before(Duration::from_secs(1));
    rig.bms.handle(Input::Tick, back);
    assert!(rig.both_closed());
}

//! How soon the switches really move: from the physical event in the simulator to the switch, over
//! many seeds and at many moments of the measuring schedule, beside the time budget.

use std::fmt::Write as _;

use cellward_params::record::Switches;
use cellward_params::{Action, Command, Fault, Level, PortId, Request, Role, Switch};
use cellward_sim::{ChipFault, Injection, Setup, Sim, Spot, Story, SwitchFault};
use cellward_units::{Duration, Instant};

/// How many boards each line is measured on.
pub(crate) const SEEDS: u64 = 20;
/// When the event comes, before the shift of the seed.
const EVENT_MS: u64 = 12_000;
/// A board needs this long to start.
const STARTED: Duration = Duration::from_secs(5);

/// One line of the time budget that the simulator can show.
pub(crate) struct Line {
    name: &'static str,
    from: &'static str,
    budget: Duration,
    /// What the world does besides; `T` stands for the moment of the event.
    story: &'static str,
    /// What is made so a good while before the event.
    before: fn(&mut Sim),
    event: fn(&mut Sim),
    done: fn(&Sim) -> bool,
}

/// What a line came to.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    from: &'static str,
    pub(crate) budget: Duration,
    pub(crate) worst: Duration,
    median: Duration,
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn nothing(_: &mut Sim) {}

fn both_open(sim: &Sim) -> bool {
    sim.switches() == Switches::OPEN
}

fn charge_open(sim: &Sim) -> bool {
    !sim.switches().charge
}

fn discharge_open(sim: &Sim) -> bool {
    !sim.switches().discharge
}

fn active(sim: &Sim, fault: Fault, level: Level) -> bool {
    let faults = sim.snapshot().faults.expect("always known");
    faults.iter().any(|active| active.fault == fault && active.level == level)
}

fn over_voltage(sim: &mut Sim) {
    sim.force_cell(6, Some(3.72));
}

fn charger_cannot_be_stopped(sim: &mut Sim) {
    let command = Command::AllowSwitch { switch: Switch::Charge, allowed: false };
    let action = Action::Command(command);
    sim.request(Request { id: 1, port: PortId(0), role: Role::User, action });
}

/// Every line that the simulator can show.
pub(crate) const LINES: &[Line] = &[
    Line {
        name: "short circuit",
        from: "the short; both switches open",
        budget: Duration::from_micros(250),
        story: "",
        before: nothing,
        event: |sim| sim.inject(Injection::ShortCircuit),
        done: both_open,
    },
    Line {
        name: "over-current L3",
        from: "a load of 340 A on a board of 200 A; the discharge switch opens",
        budget: millis(1_100),
        story: "[[at]]\ntime = \"T\"\nload_a = 340\n",
        before: nothing,
        event: nothing,
        done: discharge_open,
    },
    Line {
        name: "cell over-voltage",
        from: "a cell reaches 3.72 V; the charge switch opens",
        budget: millis(1_000),
        story: "",
        before: nothing,
        event: over_voltage,
        done: charge_open,
    },
    Line {
        name: "cell under-voltage",
        from: "a cell falls to 2.40 V; the discharge switch opens",
        budget: millis(2_200),
        story: "",
        before: nothing,
        event: |sim| sim.force_cell(6, Some(2.40)),
        done: discharge_open,
    },
    Line {
        name: "reverse current: diode carries",
        from: "a load of 50 A against an open charge switch; it closes",
        budget: millis(40),
        story: "[[at]]\ntime = \"T\"\nload_a = 50\n",
        before: over_voltage,
        event: nothing,
        done: |sim| sim.switches().charge,
    },
    Line {
        name: "reverse current: charge passes",
        from: "a charger of 50 A in place of that load; the charge switch opens",
        budget: millis(25),
        story: "[[at]]\ntime = \"8s\"\nload_a = 50\n\n[[at]]\ntime = \"T\"\nload_a = 0\n\
                charger = { voltage_v = 58, current_a = 50 }\n",
        before: over_voltage,
        event: nothing,
        done: charge_open,
    },
    Line {
        name: "current through a blocked diode, no permit",
        from: "a load of 50 A while nothing may close newly; the discharge switch opens",
        budget: millis(1_100),
        story: "[[at]]\ntime = \"T\"\nload_a = 50\n",
        before: |sim| {
            over_voltage(sim);
            sim.run_until(sim.now() + Duration::from_secs(4));
            sim.set_chip_fault(Some(ChipFault::StaleTemperatures));
        },
        event: nothing,
        done: discharge_open,
    },
    Line {
        name: "stale current detected",
        from: "the last reading of the current; the alarm",
        budget: millis(60),
        story: "",
        before: nothing,
        event: |sim| sim.set_chip_fault(Some(ChipFault::StaleCurrent)),
        done: |sim| active(sim, Fault::StaleData, Level::Alarm),
    },
    Line {
        name: "stale cells detected",
        from: "the last reading of the cells; the alarm",
        budget: millis(400),
        story: "",
        before: nothing,
        event: |sim| sim.set_chip_fault(Some(ChipFault::StaleCells)),
        done: |sim| active(sim, Fault::StaleData, Level::Alarm),
    },
    Line {
        name: "stale data: both off",
        from: "the last reading of the current; both switches open",
        budget: millis(600),
        story: "",
        before: nothing,
        event: |sim| sim.set_chip_fault(Some(ChipFault::StaleCurrent)),
        done: both_open,
    },
    Line {
        name: "stale data: both off",
        from: "the last reading of the cells; both switches open",
        budget: millis(600),
        story: "",
        before: nothing,
        event: |sim| sim.set_chip_fault(Some(ChipFault::StaleCells)),
        done: both_open,
    },
    Line {
        name: "AFE lost",
        from: "the first damaged answer; both switches open",
        budget: millis(600),
        story: "",
        before: nothing,
        event: |sim| sim.set_chip_fault(Some(ChipFault::Errors)),
        done: both_open,
    },
    Line {
        name: "stuck switch: trip pulse",
        from: "50 A of charge flow on against the command to open; the pulse begins",
        budget: millis(500),
        story: "[[at]]\ntime = \"8s\"\ncharger = { voltage_v = 58, current_a = 50 }\n",
        before: |sim| sim.set_switch_fault(Switch::Charge, Some(SwitchFault::StuckClosed)),
        event: charger_cannot_be_stopped,
        done: |sim| sim.node().wanted().trip,
    },
    Line {
        name: "stuck switch: locked",
        from: "the same; the lock",
        budget: millis(2_500),
        story: "[[at]]\ntime = \"8s\"\ncharger = { voltage_v = 58, current_a = 50 }\n",
        before: |sim| sim.set_switch_fault(Switch::Charge, Some(SwitchFault::StuckClosed)),
        event: charger_cannot_be_stopped,
        done: |sim| sim.snapshot().locked == Ok(true),
    },
    Line {
        name: "temperature",
        from: "a sensor falls to 0 °C; the charge switch opens",
        budget: millis(6_000),
        story: "",
        before: nothing,
        event: |sim| sim.hold_temperature(Spot::Sensor(0), Some(0.0)),
        done: charge_open,
    },
    Line {
        name: "temperature",
        from: "the board reaches 80 °C; both switches open",
        budget: millis(6_000),
        story: "",
        before: nothing,
        event: |sim| sim.hold_temperature(Spot::Board, Some(80.0)),
        done: both_open,
    },
    Line {
        name: "brain frozen: host watchdog",
        from: "the last word of the brain; both switches open (the period of 2 s, and 0.1 ms for the switch)",
        // The period of the watchdog, and what the chip's own switch drivers take.
        budget: Duration::from_micros(2_000_100),
        story: "",
        before: nothing,
        event: |sim| sim.freeze_brain(true),
        done: both_open,
    },
    Line {
        name: "brain frozen: limits of the chip",
        from: "a cell reaches 3.90 V and the brain freezes; the charge switch opens",
        budget: millis(2_000),
        story: "",
        before: nothing,
        event: |sim| {
            sim.force_cell(6, Some(3.90));
            sim.freeze_brain(true);
        },
        done: charge_open,
    },
];

/// One board: how long it took.
fn measure_one(line: &Line, seed: u64) -> Duration {
    // The schedule repeats every half second; every seed meets it at another moment. What is done
    // by hand is done between two ticks, what the story does at any millisecond.
    let by_story = line.story.contains('T');
    let step = if by_story { 137 } else { 130 };
    let at = EVENT_MS + seed * step % 500;
    let time = format!("{}.{:03}s", at / 1_000, at % 1_000);
    let story = Story::parse(&line.story.replace('T', &time)).expect("a good story");
    let setup = Setup { seed, start_soc: 0.6, ..Setup::from(story) };
    let mut sim = Sim::new(setup).expect("a good setup");
    sim.run_until(Instant::START + STARTED);
    (line.before)(&mut sim);
    let event = Instant::START + millis(at);
    sim.run_until(Instant::START + millis(at - at % 10));
    while sim.poll_move().is_some() {}
    assert!(!(line.done)(&sim), "{}: done before the event, seed {seed}", line.name);
    (line.event)(&mut sim);
    while !(line.done)(&sim) {
        sim.tick();
        assert!(sim.now().since(event) < Duration::from_secs(60), "{}: never", line.name);
    }
    // Switches move between two ticks; the last move is the one that was waited for.
    let mut moved = None;
    while let Some((at, switches)) = sim.poll_move() {
        moved = (switches == sim.switches()).then_some(at).or(moved);
    }
    let end = moved.filter(|at| *at >= event).unwrap_or(sim.now()).min(sim.now());
    end.since(event)
}

/// One line on every board.
pub(crate) fn measure(line: &Line) -> Measured {
    let mut times: Vec<Duration> = (0..SEEDS).map(|seed| measure_one(line, seed)).collect();
    times.sort_unstable();
    Measured {
        name: line.name,
        from: line.from,
        budget: line.budget,
        worst: times[times.len() - 1],
        median: times[times.len() / 2],
    }
}

const HEAD: &str = "<!-- Written by `cargo xtask codegen` from the simulator: \
                    crates/sim/examples/reactions.rs. Change the engine, not this page. -->\n\n\
# Reaction times\n\n\
From the physical event in the simulator to the real switch having moved (or, where the table says \
so, to the alarm, the pulse or the lock), worst case and median over 20 boards with different errors \
and noise, each met at another moment of the measuring schedule. The budget is the worst case that \
is allowed; a test fails when one is exceeded.\n\n\
| protection | from; until | budget | worst | median |\n|---|---|--:|--:|--:|\n";

/// Lines of the budget that cannot be shown, with the reason.
const NOT_SHOWN: &str = "\n## Not measured\n\n\
- Any protection of the chip asleep or during an update (3 s), and its watchdog asleep (10 s): this \
brain does not enter those modes yet.\n\
- The processor's own watchdog (1 s): the simulator has no processor that could be reset by it; the \
watchdog of the chip is measured instead.\n";

/// The page.
pub(crate) fn page() -> String {
    let mut page = String::from(HEAD);
    for line in LINES {
        let it = measure(line);
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            it.name,
            it.from,
            written(it.budget),
            written(it.worst),
            written(it.median)
        );
    }
    page.push_str(NOT_SHOWN);
    page
}

fn written(duration: Duration) -> String {
    let micros = duration.as_micros();
    if micros < 1_000 {
        format!("{micros} µs")
    } else {
        format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100)
    }
}

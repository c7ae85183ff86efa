//! Counts what one tick of the engine costs on the firmware's instruction set.
//!
//! Runs on an emulated board (`cargo xtask qemu`): 16 cells, fifteen simulated seconds of 10 ms
//! ticks, cells every 100 ms and temperatures every 500 ms, as on a board. The first five seconds
//! are not counted, because they hold the self-test and the first closing. Every number is printed
//! as `name = number`.
//!
//! What is counted is `handle` for each input of a tick and the draining of events; it includes
//! whatever the engine estimates in that tick, so the figures are an upper bound for a budget that
//! leaves estimation out. The estimator of a string of cells, which runs apart from the engine, is counted
//! by itself; without the feature `estimator` the image leaves it out, which says how much flash it fills.
//! What this image itself is larger by with it, to feed it and to print, is told apart by its symbols.
#![no_std]
#![no_main]

mod counter;
#[cfg(feature = "estimator")]
mod estimator;
mod pack;
#[cfg(feature = "estimator")]
mod replay;

use cellward_core::{Bms, Input};
use cellward_params::Fault;
use cellward_params::record::Switches;
use cellward_units::{Duration, Instant};
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use panic_semihosting as _;

use counter::{Counter, STEP};

/// Ticks in a second.
const TICKS_PER_SECOND: u32 = 100;
/// Ticks before counting starts.
const WARM_UP: u32 = 5 * TICKS_PER_SECOND;
/// Ticks that are counted.
const COUNTED: u32 = 10 * TICKS_PER_SECOND;

/// A sum with its count and its largest member.
#[derive(Default)]
struct Tally {
    sum: i64,
    count: i64,
    worst: i64,
}

impl Tally {
    /// Adds one.
    fn add(&mut self, instructions: i64) {
        self.sum += instructions;
        self.count += 1;
        self.worst = self.worst.max(instructions);
    }

    /// The mean, rounded to the nearest.
    fn mean(&self) -> i64 {
        (self.sum + self.count / 2) / self.count.max(1)
    }
}

#[entry]
fn main() -> ! {
    let ok = match cortex_m::Peripherals::take() {
        Some(peripherals) => measure(&Counter::new(peripherals.SYST)),
        None => false,
    };
    debug::exit(if ok { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    // The emulator has ended by now; a real board would rest here.
    loop {
        cortex_m::asm::wfi();
    }
}

/// Calibrates, measures, prints. Whether the figures can be believed.
fn measure(counter: &Counter) -> bool {
    let (mean_off, worst_off) = calibrate(counter);
    say("resolution", i64::from(STEP));
    say("overhead", i64::from(counter.overhead()));
    say("calibration_mean_error_tenths", mean_off);
    say("calibration_worst_error", worst_off);

    let mut now = Instant::START;
    let mut bms = Bms::new(pack::config(), now);
    step(&mut bms, Input::Restore(&pack::kept()), now);
    let (mut all, mut current_only, mut full) =
        (Tally::default(), Tally::default(), Tally::default());
    let (mut of_cells, mut of_temperatures) = (Tally::default(), Tally::default());
    let mut told = None;
    let mut worst_second = 0;
    let mut second = Tally::default();
    for tick in 0..WARM_UP + COUNTED {
        now += Duration::from_millis(10);
        let (cells, temperatures) = (tick % 10 == 0, tick % 50 == 0);
        // Nothing flows before the switches have closed.
        let conducting = told.is_some_and(|switches: Switches| switches.discharge);
        let readings = pack::Readings::at(tick, conducting);
        let mut instructions =
            counter.count(|| step(&mut bms, Input::Current(readings.current()), now));
        if cells {
            let more = counter.count(|| step(&mut bms, Input::Cells(readings.cells()), now));
            instructions += more;
            if tick >= WARM_UP {
                of_cells.add(more);
            }
        }
        if temperatures {
            let frame = readings.temperatures();
            let more = counter.count(|| step(&mut bms, Input::Temperatures(frame), now));
            instructions += more;
            if tick >= WARM_UP {
                of_temperatures.add(more);
            }
        }
        // A board tells what its switches do whenever that changes, outside of the ticks.
        let wanted = bms.wanted().switches;
        if told != Some(wanted) {
            told = Some(wanted);
            step(&mut bms, Input::Feedback(wanted), now);
        }
        if tick < WARM_UP {
            continue;
        }
        all.add(instructions);
        second.add(instructions);
        match (cells, temperatures) {
            (true, true) => full.add(instructions),
            (false, false) => current_only.add(instructions),
            _ => {}
        }
        if second.count == i64::from(TICKS_PER_SECOND) {
            worst_second = worst_second.max(second.mean());
            second = Tally::default();
        }
    }
    say("ticks", all.count);
    say("mean_tick", all.mean());
    say("mean_of_worst_second", worst_second);
    say("mean_current_only_tick", current_only.mean());
    say("mean_of_cells", of_cells.mean());
    say("mean_of_temperatures", of_temperatures.mean());
    say("mean_full_tick", full.mean());
    say("worst_tick", all.worst);
    say("worst_full_tick", full.worst);
    say("flash_bytes", flash_bytes() as i64);
    #[cfg(feature = "estimator")]
    if !estimator::measure(counter) {
        return false;
    }

    // Figures of an engine that is stuck in a fault would be figures of something else.
    let snapshot = bms.snapshot(now);
    let closed = bms.wanted().switches;
    let healthy = closed.charge && closed.discharge;
    say("switches_closed", i64::from(healthy));
    if !healthy {
        for fault in Fault::ALL {
            if let Ok(list) = &snapshot.faults
                && list.iter().any(|active| active.fault == *fault)
            {
                hprintln!("active: {}", fault.key());
            }
        }
    }
    healthy
}

/// Prints a figure.
#[inline(never)]
fn say(name: &str, value: i64) {
    hprintln!("{} = {}", name, value);
}

/// One input, then every event that came of it.
fn step(bms: &mut Bms, input: Input<'_>, now: Instant) {
    bms.handle(input, now);
    while let Some(event) = bms.poll_event() {
        core::hint::black_box(event);
    }
}

/// Counts loops of known lengths and gives by how many instructions the counts were off: the mean,
/// in tenths, and the worst.
fn calibrate(counter: &Counter) -> (i64, i64) {
    const LOOPS: u32 = 256;
    let mut sum = 0;
    let mut worst = 0;
    for extra in 0..LOOPS {
        // Two instructions a round: subtract and branch.
        let rounds = 5_000 + extra;
        let counted = counter.count(|| {
            // SAFETY: counts its own register down to zero and touches nothing else.
            unsafe {
                core::arch::asm!(
                    "2:",
                    "subs {rounds}, #1",
                    "bne 2b",
                    rounds = inout(reg) rounds => _,
                );
            }
        });
        let off = counted - 2 * i64::from(rounds);
        sum += off;
        worst = worst.max(off.abs());
    }
    (10 * sum / i64::from(LOOPS), worst)
}

/// How much flash the image fills: code, constants and the start values of data.
fn flash_bytes() -> usize {
    unsafe extern "C" {
        static __sidata: u32;
        static __sdata: u32;
        static __edata: u32;
    }
    // Only the addresses mean something; the linker script defines them.
    let (start_values, start, end) = (&raw const __sidata, &raw const __sdata, &raw const __edata);
    start_values.addr() + (end.addr() - start.addr())
}

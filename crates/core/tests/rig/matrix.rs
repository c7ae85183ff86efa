//! The closed-loop matrix: every level of every fault in every flow, then current offered in each
//! direction; what the engine commands is compared with the decision table and written as a page.

use std::fmt::Write as _;

use cellward_params::fault::{FAULTS, Release};
use cellward_params::limit::LIMITS;
use cellward_params::record::Switches;
use cellward_params::{Fault, Flow, Level, Mode, Pattern, Switch};

use super::Rig;
use super::decision::{self, Kept};
use super::raise::{Reason, prepare, raise};
use super::world::Outside;

/// The flows of a board that is awake, as columns.
const FLOWS: [Flow; 4] = [Flow::Standby, Flow::Precharge, Flow::Charging, Flow::Discharging];
/// What is offered after the fault, A: far above the reverse-current threshold.
const OFFERED: i32 = 40;
/// How long it is offered: longer than the reverse rule and a step of the pre-charge take, shorter
/// than any release.
const OFFERED_MS: u64 = 400;

/// What a column came to.
pub(crate) type Cell = Result<[Seen; 2], Reason>;

/// What was commanded, and what the table wants, for one direction of the current.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    commanded: Switches,
    /// Which switch is closed by an exception only.
    against_its_row: Switches,
    wanted: Switches,
}

/// One line of the matrix.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) fault: Fault,
    pub(crate) level: Level,
    cells: [Cell; 4],
    bleeding: &'static str,
    light: Pattern,
    locks: bool,
    /// Everything that is not as the table wants it.
    pub(crate) wrong: Vec<String>,
}

/// What the table wants, with this much offered.
fn wanted(rig: &Rig, flow: Flow, offered: Outside) -> Switches {
    let kept = Switch::ALL.iter().map(|&switch| rig.guard.kept(switch));
    let kept: Vec<Kept> = kept.collect();
    let passes = |switch, direction_free| {
        let place = usize::from(switch == Switch::Discharge);
        let flows = matches!(
            (switch, offered),
            (Switch::Charge, Outside::Load(_)) | (Switch::Discharge, Outside::Charger(_))
        );
        kept[place] == Kept::Free
            || (kept[place] == Kept::Star
                && flows
                && direction_free
                && kept[1 - place] == Kept::Free)
    };
    let trusted = !rig.active(Fault::StaleData, Level::Alarm);
    let mut wanted = Switches {
        charge: passes(Switch::Charge, trusted),
        discharge: passes(Switch::Discharge, trusted),
    };
    if flow == Flow::Precharge && !trusted {
        // Row 32, L1: nothing closes newly.
        wanted = Switches::OPEN;
    }
    wanted
}

/// One line, driven and compared.
pub(crate) fn line(fault: Fault, level: Level) -> Line {
    let mut line = Line {
        fault,
        level,
        cells: FLOWS.map(|_| Err("")),
        bleeding: "–",
        light: Pattern::DARK,
        locks: false,
        wrong: Vec::new(),
    };
    for (place, flow) in FLOWS.into_iter().enumerate() {
        line.cells[place] = column(&mut line, flow);
    }
    line
}

fn column(line: &mut Line, flow: Flow) -> Cell {
    let (fault, level) = (line.fault, line.level);
    let mut rig = prepare(fault, level, flow)?;
    let before = rig.bms.snapshot(rig.now).current;
    let bled = rig.bms.wanted().bleed != 0;
    raise(&mut rig, fault, level, flow)?;
    look(line, &rig, flow, bled, before.is_ok_and(|current| current.as_milliamps() < 28_000));
    let offers = [Outside::Charger(OFFERED), Outside::Load(OFFERED)];
    Ok(offers.map(|offered| {
        let mut rig = rig.clone();
        rig.change(|world| {
            world.outside = offered;
            world.slow_port = false;
        });
        rig.run_ms(OFFERED_MS);
        if flow == Flow::Precharge {
            // The pause after a try, and the next one.
            let pause = rig.now + cellward_units::Duration::from_millis(3_500);
            while rig.now < pause && rig.commanded() != wanted(&rig, flow, offered) {
                rig.tick();
            }
        }
        let wanted = wanted(&rig, flow, offered);
        let seen = Seen {
            commanded: rig.commanded(),
            against_its_row: Switches {
                charge: rig.commanded().charge && rig.guard.kept(Switch::Charge) != Kept::Free,
                discharge: rig.commanded().discharge
                    && rig.guard.kept(Switch::Discharge) != Kept::Free,
            },
            wanted,
        };
        if seen.commanded != wanted {
            line.wrong.push(format!(
                "{fault:?} {level:?} in {flow:?}, {offered:?} offered: {:?}, the table wants \
                 {wanted:?}; active {:?}",
                seen.commanded,
                rig.guard.active()
            ));
        }
        line.wrong.extend(rig.guard.broken.clone());
        seen
    }))
}

/// Looks at balancing, light and lock right after the fault acted.
fn look(line: &mut Line, rig: &Rig, flow: Flow, bled: bool, little: bool) {
    let (fault, level) = (line.fault, line.level);
    let active = rig.guard.active();
    let protections = active.iter().filter(|(fault, level)| {
        decision::opens(*fault, *level) != cellward_params::fault::Blocks::Nothing
    });
    let may_bleed = protections.clone().all(|&(f, l)| decision::decision(f, l).balancing);
    let bleeds = rig.bms.wanted().bleed != 0;
    if !may_bleed {
        line.bleeding = "no";
        if bleeds {
            line.wrong.push(format!("{fault:?} {level:?} in {flow:?}: bleeds; active {active:?}"));
        }
    } else if bleeds && line.bleeding == "–" {
        line.bleeding = "yes";
    } else if bled && !bleeds && flow == Flow::Charging && rig.world.cell > rig.world.cells {
        line.wrong.push(format!("{fault:?} {level:?} in {flow:?}: bleeding stopped"));
    }
    let locks: Vec<Fault> = rig.guard.locks().collect();
    let expected: Vec<Fault> = Fault::ALL
        .iter()
        .copied()
        .filter(|&fault| {
            active.iter().any(|&(f, level)| f == fault && decision::locks(fault, level))
        })
        .collect();
    if locks != expected {
        let text = format!("{fault:?} {level:?} in {flow:?}: locked {locks:?}, not {expected:?}");
        line.wrong.push(text);
    }
    line.locks |= locks.contains(&fault);
    // An over-voltage at a small current says that the charge is complete, and lights nothing.
    let lit: Vec<(Fault, Level)> = active
        .iter()
        .copied()
        .filter(|(fault, level)| {
            let over_voltage = fault.row().release == Release::OverVoltage;
            !(over_voltage && *level == Level::Protection && little)
        })
        .collect();
    let light = if locks.is_empty() { decision::red(&lit) } else { Pattern::SOLID };
    let shown = rig.bms.wanted().lights.red;
    if light != shown {
        let text =
            format!("{fault:?} {level:?} in {flow:?}: red {shown:?}, not {light:?}; {active:?}");
        line.wrong.push(text);
    }
    // What a complete charge or a port that waits shows is not what the row shows.
    let plain = [Pattern::DARK, Pattern::blink(250, 3_750)].contains(&line.light);
    if plain && (flow != Flow::Precharge || line.light == Pattern::DARK) {
        line.light = shown;
    }
}

/// Every line.
pub(crate) fn lines() -> Vec<Line> {
    LIMITS.iter().map(|row| line(row.fault, row.level)).collect()
}

const HEAD: &str = "<!-- Written by `cargo xtask codegen` from the engine itself: \
                    crates/core/examples/matrix.rs. Change the engine, not this page. -->\n\n\
# What each fault does to the switches\n\n\
Every level of every fault that this board watches, raised in every flow of a board that is awake; \
then a charger and a load are offered in turn. What the engine commands is compared with the switch \
decision table, which is written down a second time for this; the test that does so fails when one \
cell differs. Lower levels, and other rows that the same reading trips, act with it. Two symbols stand for the charge and the discharge switch:\n\n\
| symbol | meaning |\n|---|---|\n\
| `●` | closed |\n| `○` | open |\n\
| `◐` | closed against its own row, because current of the other direction would burn its diode |\n\n\
A number in place of the symbols is the reason why this cannot be, from the list below the table. \
Bleeding: whether cells may be bled right after it acted; a dash where nothing would be bled anyway. \
Red: flashes, *alarm* for the single flash every four seconds, *solid* with a lock. An over-voltage \
that comes at less than 0.1 C says that the charge is complete and shows no more than its alarm.\n\n\
| fault | level | row | standby, charger | standby, load | pre-charge, charger | pre-charge, load | \
charging, charger | charging, load | discharging, charger | discharging, load | bleeding | red | \
locks |\n|---|---|--:|---|---|---|---|---|---|---|---|---|---|---|\n";

/// The page.
pub(crate) fn page(lines: &[Line]) -> String {
    let mut page = String::from(HEAD);
    let mut reasons: Vec<Reason> = Vec::new();
    for line in lines {
        let _ = write!(
            page,
            "| `{}` | {} | {} |",
            line.fault.key(),
            line.level.key().to_uppercase(),
            decision::decision(line.fault, line.level).row
        );
        for cell in &line.cells {
            match cell {
                Ok(seen) => {
                    for seen in seen {
                        let _ = write!(page, " {} |", symbols(seen));
                    }
                }
                Err(reason) => {
                    let known = reasons.iter().position(|known| known == reason);
                    let number = known.unwrap_or_else(|| {
                        reasons.push(reason);
                        reasons.len() - 1
                    }) + 1;
                    let _ = write!(page, " {number} | {number} |");
                }
            }
        }
        let locks = if line.locks { "yes" } else { "–" };
        let _ = writeln!(page, " {} | {} | {locks} |", line.bleeding, red(line.light));
    }
    page.push_str("\n## Why a cell cannot be\n\n");
    for (number, reason) in reasons.iter().enumerate() {
        let _ = writeln!(page, "{}. {reason}.", number + 1);
    }
    page.push_str("\n## Faults that are not watched\n\n");
    for row in FAULTS.iter().filter(|row| !row.fault.is_watched()) {
        let _ = writeln!(
            page,
            "- `{}`: reported only; this board looks for no such thing, and decodes it from boards \
             that do.",
            row.fault.key()
        );
    }
    page.push_str("\n## The other modes\n\n");
    for mode in Mode::ALL.iter().filter(|mode| **mode != Mode::Awake) {
        let what = match mode {
            Mode::Sleep => {
                "the brain goes on as awake, so every cell of the table above holds. The sleep in \
                 which the chip guards alone comes with its driver."
            }
            _ => {
                "not entered by this brain yet. Without an awake brain no permit is made, so \
                 nothing closes, whatever the row."
            }
        };
        let _ = writeln!(page, "- `{}`: {what}", mode.key());
    }
    page
}

fn symbols(seen: &Seen) -> String {
    let symbol = |switch| match (seen.commanded.closed(switch), seen.against_its_row.closed(switch))
    {
        (true, true) => "◐",
        (true, false) => "●",
        (false, _) => "○",
    };
    format!("{}{}", symbol(Switch::Charge), symbol(Switch::Discharge))
}

fn red(light: Pattern) -> String {
    if light == Pattern::DARK {
        return "dark".to_owned();
    }
    if light == Pattern::SOLID {
        return "solid".to_owned();
    }
    if light == Pattern::blink(250, 3_750) {
        return "alarm".to_owned();
    }
    light.flashes.to_string()
}

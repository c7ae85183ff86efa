//! How each level of each fault is raised: a board in the right flow, and the readings, flags or
//! parts that make exactly this row act. Where that cannot be, the reason.

use cellward_core::{BoardHealth, ChipAlert, Input, Memory};
use cellward_params::fault::{Flag, Quantity, Watch};
use cellward_params::limit::{LIMITS, place_of};
use cellward_params::{Chemistry, Command, Config, Fault, Flow, Level, Profile, Role, Switch};
use cellward_units::{Duration, NoData, Ratio};

use super::world::{Outside, World};
use super::{HEALTHY, Rig};

/// Current of the flows, A: more than 0.1 C, so that an over-voltage is no complete charge.
const AMPS: i32 = 40;
/// The same where differences between cells are judged: less than 0.1 C.
const FEW_AMPS: i32 = 20;
/// A switch moves, a question is answered, a zero is learnt within this after the delay.
const MARGIN_MS: u64 = 3_000;

/// Why a cell of the matrix cannot occur.
pub(crate) type Reason = &'static str;

const FLOW: Reason = "The flow contradicts the row";
const AT_REST: Reason = "It is only found at rest";
const CURRENT: Reason = "It needs current, which does not flow here";
const CLOSED: Reason = "Both switches must be closed for it to show";
const OPEN: Reason = "Both switches must be open for it to show";
const CHARGED: Reason = "The port is charged already";
const NEVER_CLOSED: Reason = "Nothing has been closed before";
const OFF: Reason = "It is switched off in both profiles: nothing reaches the limit";

/// What a level watches.
fn watch(fault: Fault, level: Level) -> Watch {
    LIMITS[place_of(fault, level).expect("watched")].watch
}

/// A board in a flow, ready for a fault.
pub(crate) fn prepare(fault: Fault, level: Level, flow: Flow) -> Result<Rig, Reason> {
    let factory = matches!(fault, Fault::NotCommissioned | Fault::NotCalibrated);
    let mut rig = if factory {
        Rig::with(Config::from_factory(Profile::Strict, Chemistry::Lfp, 16))
    } else {
        Rig::new(flow == Flow::Precharge, false)
    };
    match fault {
        Fault::NotCommissioned if flow != Flow::Standby => return Err(NEVER_CLOSED),
        Fault::NotCalibrated if flow == Flow::Precharge => return Err(CHARGED),
        Fault::ZeroRefused => rig.world.zero_error = 5_000,
        _ => {}
    }
    // Cells for the balancing to have something to do.
    (rig.world.cells, rig.world.cell) = (3_420, 3_450);
    let judged = watch(fault, level) == Watch::High(Quantity::CellDifference);
    let amps = if judged { FEW_AMPS } else { AMPS };
    if flow == Flow::Precharge {
        rig.world.outside = Outside::Load(amps);
        rig.world.slow_port = true;
        rig.run_ms(800);
        assert!(rig.bms.wanted().precharge, "the port is being charged");
        return Ok(rig);
    }
    rig.run_ms(1_500);
    if fault == Fault::NotCalibrated {
        let chemistry = Chemistry::Lfp;
        let confirm = Command::Commission { chemistry, cells: 16, outside_window: false };
        rig.ask(Role::Installer, confirm).expect("the cells are good");
        rig.run_ms(100);
    }
    match flow {
        Flow::Charging => rig.change(|world| world.outside = Outside::Charger(amps)),
        Flow::Discharging => rig.change(|world| world.outside = Outside::Load(amps)),
        _ => {}
    }
    rig.run_ms(2_600);
    Ok(rig)
}

/// Raises a level; when this returns, it is active, and locked where it locks.
pub(crate) fn raise(rig: &mut Rig, fault: Fault, level: Level, flow: Flow) -> Result<(), Reason> {
    let limit = *rig.config().limit(fault, level).expect("watched");
    match watch(fault, level) {
        Watch::High(quantity) | Watch::Low(quantity) => {
            set(rig, quantity, limit.threshold, flow, fault)?;
        }
        Watch::While(flag) => stand(rig, flag, flow)?,
        Watch::Alert => {
            if flow == Flow::Precharge {
                return Err(OPEN_PATH);
            }
            rig.change(|world| world.outside = Outside::Short);
        }
    }
    let most = limit.delay + Duration::from_millis(MARGIN_MS) + wait_of(fault);
    let end = rig.now + most;
    while !rig.active(fault, level) {
        assert!(rig.now < end, "{fault:?} {level:?} in {flow:?} does not act: {:?}", rig.world);
        rig.tick();
    }
    // The question whether it is to be locked is answered at the next reading of the cells.
    rig.run_ms(150);
    Ok(())
}

const OPEN_PATH: Reason = "The discharge switch is open, so the chip sees no short";

/// What a fault needs before its own delay begins.
const fn wait_of(fault: Fault) -> Duration {
    match fault {
        // Three tries of two seconds with three between them.
        Fault::PrechargeFailed => Duration::from_secs(15),
        _ => Duration::ZERO,
    }
}

/// Brings a quantity exactly to a threshold.
fn set(
    rig: &mut Rig,
    quantity: Quantity,
    threshold: i32,
    flow: Flow,
    fault: Fault,
) -> Result<(), Reason> {
    let amps = (threshold + 999) / 1_000;
    match quantity {
        Quantity::HighestCell | Quantity::LowestCell => rig.change(|world| world.cell = threshold),
        Quantity::Pack => {
            let high = fault == Fault::PackOverVoltage;
            let each = if high { (threshold + 15) / 16 } else { threshold / 16 };
            rig.change(|world| (world.cells, world.cell) = (each, each));
        }
        Quantity::CellDifference => {
            rig.change(|world| (world.cells, world.cell) = (3_540, 3_540 - threshold));
        }
        Quantity::ChargeCurrent if flow == Flow::Charging => {
            rig.change(|world| world.outside = Outside::Charger(amps));
        }
        Quantity::DischargeCurrent if flow == Flow::Discharging => {
            rig.change(|world| world.outside = Outside::Load(amps));
        }
        Quantity::ChargeCurrent | Quantity::DischargeCurrent => return Err(FLOW),
        Quantity::PathDrop if flow == Flow::Precharge => return Err(CLOSED),
        Quantity::PathDrop => rig.change(|world| world.path_drop = threshold),
        Quantity::HottestCell => rig.change(|world| {
            world.sensor = Ok(threshold * 100);
            world.second_sensor = threshold * 100 - 1_000;
        }),
        Quantity::ColdestCell => rig.change(|world| {
            world.sensor = Ok(threshold * 100);
            world.second_sensor = threshold * 100 + 1_000;
        }),
        Quantity::TemperatureDifference => {
            rig.change(|world| world.sensor = Ok(25_000 + threshold * 100));
        }
        // Not replugged: this is a rise.
        Quantity::RateOfRise => rig.world.sensor = Ok(25_000 + threshold * 100),
        Quantity::Switches => rig.change(|world| world.switches = Ok(threshold * 100)),
        Quantity::Board => rig.change(|world| world.board = threshold * 100),
        Quantity::DriftInAnHour | Quantity::DriftInADay if flow != Flow::Standby => {
            return Err(AT_REST);
        }
        Quantity::DriftInAnHour => sink(rig, 3, threshold),
        Quantity::DriftInADay => sink(rig, 8, threshold),
        Quantity::Soc if fault == Fault::HighSoc => return Err(OFF),
        Quantity::Soc => {
            // A step below, because it moves while current flows.
            let soc = Ratio::from_permille(threshold - 1);
            rig.ask(Role::Installer, Command::SetSoc(soc)).expect("in range");
            rig.rest(Duration::from_secs(11));
        }
    }
    Ok(())
}

/// One cell sinks after hours of rest.
fn sink(rig: &mut Rig, hours: u64, millivolts: i32) {
    // Bleeding is no rest, so all are below where it starts.
    rig.change(|world| (world.cells, world.cell) = (3_300, 3_300));
    rig.rest(Duration::from_secs(hours * 3_600));
    rig.change(|world| world.cell -= millivolts);
    rig.rest(Duration::from_secs(1_200));
}

/// Makes a flag stand.
fn stand(rig: &mut Rig, flag: Flag, flow: Flow) -> Result<(), Reason> {
    let flows = matches!(flow, Flow::Charging | Flow::Discharging);
    match flag {
        Flag::SensorMissing => rig.change(|world| world.sensor = Err(NoData::SensorOpen)),
        Flag::SwitchSensorMissing => rig.change(|world| world.switches = Err(NoData::SensorOpen)),
        Flag::OpenWire => rig.change(|world| world.wire_open = true),
        Flag::SumMismatch => rig.change(|world| world.pack_error = 800),
        Flag::ChipSilent => rig.world.answering = false,
        Flag::CurrentInvalid => rig.change(|world| world.current_valid = false),
        Flag::Stale => rig.world.sends_temperatures = false,
        Flag::PermitEnded => rig.world.sends_cells = false,
        Flag::Runaway => {
            rig.change(|world| (world.sensor, world.second_sensor) = (Ok(44_000), 40_000));
            rig.world.sensor = Ok(54_000);
        }
        Flag::ChargeStuck if flow == Flow::Charging => {
            rig.change(|world| world.stuck = Some(Switch::Charge));
            rig.allow(Switch::Charge, false);
        }
        Flag::DischargeStuck if flow == Flow::Discharging => {
            rig.change(|world| world.stuck = Some(Switch::Discharge));
            rig.allow(Switch::Discharge, false);
        }
        Flag::ChargeNotStopped if flow == Flow::Charging => rig.change(|world| {
            world.stuck = Some(Switch::Charge);
            world.cell = 3_700;
        }),
        Flag::ChargeStuck | Flag::DischargeStuck | Flag::ChargeNotStopped => return Err(FLOW),
        Flag::DiodeLoaded if flows => rig.change(|world| world.path_drop = 400),
        Flag::DiodeLoaded => return Err(CURRENT),
        Flag::PrechargeFailed if flow == Flow::Precharge => {}
        Flag::PrechargeFailed => return Err(CHARGED),
        Flag::ReversePolarity if flow == Flow::Precharge => {
            rig.change(|world| world.outside = Outside::Swapped);
        }
        Flag::ReversePolarity => return Err(OPEN),
        Flag::MemoryWorn => rig.set_health(BoardHealth { memory: Memory::OneCopy, ..HEALTHY }),
        Flag::ParametersLost => rig.set_health(BoardHealth { memory: Memory::Lost, ..HEALTHY }),
        Flag::ClockBroken => rig.set_health(BoardHealth { clock: false, ..HEALTHY }),
        Flag::SelfTestFailed => rig.set_health(BoardHealth { self_test: false, ..HEALTHY }),
        Flag::ChipWatchdog => rig.feed(Input::Alert(ChipAlert::Watchdog)),
        Flag::OutsideWindow => rig.change(|world: &mut World| world.cell = 3_900),
        Flag::NotCommissioned | Flag::NotCalibrated | Flag::ZeroRefused => {}
    }
    Ok(())
}

//! How each protection releases: the rules beyond the recovery value.

mod current;
mod person;
mod short;
mod voltage;

use cellward_params::reason::Until;
use cellward_params::record::{Happening, ReleaseReason, Subject};
use cellward_params::{Command, Fault, Level, RecordKind, Refusal, Role, Switch};
use cellward_units::{Current, Duration, Voltage};

use super::bench::{Bench, Hanging};
use crate::{ChipAlert, Input};

const OV: Fault = Fault::CellOverVoltage;
const UV: Fault = Fault::CellUnderVoltage;
const CHARGE: Fault = Fault::ChargeOverCurrent;
const DISCHARGE: Fault = Fault::DischargeOverCurrent;
const SHORT: Fault = Fault::ShortCircuit;
const L2: Level = Level::Protection;

/// Something that changes in the world.
type Change<'a> = &'a dyn Fn(&mut Bench);

/// Why a protection released last.
fn last_release(bench: &Bench, fault: Fault) -> Option<ReleaseReason> {
    let cleared = bench.records().filter(|record| {
        record.kind == RecordKind::ProtectionCleared && record.subject.code() == fault.code()
    });
    cleared.last().and_then(|record| record.release)
}

/// Lets time pass in which nothing changes, as far as the engine cares.
fn pass(bench: &mut Bench, secs: u64) {
    let step = Duration::from_secs(10);
    for _ in 0..secs / 10 {
        bench.now += step;
        bench.feed(Input::Unchanged);
    }
}

const LOAD: Hanging = Hanging { load: true, charger: false };

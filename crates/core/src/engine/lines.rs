//! What happened, as lines of the story.

use cellward_params::record::{Happening, RecordKind, Subject};
use cellward_params::{Fault, Level, Switch};

use crate::input::ChipAlert;
use crate::protect::Told;
use crate::story::Line;
use crate::switch::{Cause, Done};

/// What the chip's alert means.
pub(super) const fn alerted(alert: ChipAlert) -> Option<(Fault, Level)> {
    Some(match alert {
        ChipAlert::ShortCircuit => (Fault::ShortCircuit, Level::Protection),
        ChipAlert::OverVoltage => (Fault::CellOverVoltage, Level::Hard),
        ChipAlert::UnderVoltage => (Fault::CellUnderVoltage, Level::Hard),
        ChipAlert::TooHot(Switch::Charge) => (Fault::ChargeOverTemperature, Level::Hard),
        ChipAlert::TooHot(Switch::Discharge) => (Fault::DischargeOverTemperature, Level::Hard),
        ChipAlert::TooCold(Switch::Charge) => (Fault::ChargeUnderTemperature, Level::Hard),
        ChipAlert::TooCold(Switch::Discharge) => (Fault::DischargeUnderTemperature, Level::Hard),
        ChipAlert::Watchdog => (Fault::ChipWatchdog, Level::Protection),
    })
}

/// What the protection told, as a line.
pub(crate) fn told_line(told: Told) -> Line {
    let fault_line = |kind, active: cellward_params::ActiveFault, lasted| Line {
        subject: Subject::Fault(active.fault, active.level),
        index: active.index,
        value: active.value,
        limit: active.limit,
        lasted,
        ..Line::plain(kind, Happening::Started)
    };
    match told {
        Told::Set(active, lasted) => {
            let alarm = active.level == Level::Alarm;
            let kind = if alarm { RecordKind::AlarmSet } else { RecordKind::ProtectionSet };
            fault_line(kind, active, lasted)
        }
        Told::Cleared(active, lasted, reason) => {
            if active.level == Level::Alarm {
                fault_line(RecordKind::AlarmCleared, active, lasted)
            } else {
                let line = fault_line(RecordKind::ProtectionCleared, active, lasted);
                Line { release: Some(reason), ..line }
            }
        }
        Told::Locked(fault) => Line {
            subject: Subject::Fault(fault, Level::Hard),
            ..Line::plain(RecordKind::Lock, Happening::Started)
        },
        Told::ChargeComplete => Line::plain(RecordKind::Change, Happening::ChargeComplete),
        Told::WiresGood => Line::plain(RecordKind::SelfTest, Happening::WiresGood),
        Told::OverrideEnded(fault) => {
            let code = i32::from(fault.code());
            Line::plain(RecordKind::Lock, Happening::OverrideEnded).with_value(code)
        }
    }
}

/// What the switching stage did, as a line.
pub(super) fn done_line(done: Done) -> Line {
    let plain = |happening| Line::plain(RecordKind::Change, happening);
    match done {
        Done::Moved { switch, closed, cause } => plain(match (cause, closed) {
            (Cause::Decision, true) => Happening::SwitchClosed,
            (Cause::Decision, false) => Happening::SwitchOpened,
            (Cause::Reverse, true) => Happening::ReverseClosed,
            (Cause::Reverse, false) => Happening::ReverseOpened,
        })
        .with_index(switch.code()),
        Done::PrechargeStarted => plain(Happening::PrechargeStarted),
        Done::PortCharged => plain(Happening::PrechargeDone),
        Done::PrechargeAborted | Done::PrechargeFailed => plain(Happening::PrechargeAborted),
        Done::TripPulse => plain(Happening::TripPulse),
    }
}

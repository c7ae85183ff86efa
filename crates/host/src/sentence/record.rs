//! One sentence for people about a record.

use cellward_params::record::{Changes, Happening, ReleaseReason, Subject};
use cellward_params::{Fault, Record, RecordKind, Role, Wake};
use cellward_units::Instant;

use super::{SPACE, fixed, named, numbers};

/// What happened.
#[must_use]
pub fn record(record: &Record) -> String {
    let kind = record.merged.unwrap_or(record.kind);
    let text = match record.subject {
        Subject::Fault(fault, _) => about_fault(record, kind, fault),
        Subject::Happening(happening) => about_happening(record, happening),
    };
    if record.kind == RecordKind::Storm { format!("{text}, {}", repeated(record)) } else { text }
}

fn about_fault(record: &Record, kind: RecordKind, fault: Fault) -> String {
    let name = named(fault, record.index);
    let what = match kind {
        RecordKind::AlarmSet => "alarm",
        RecordKind::AlarmCleared => "alarm over",
        RecordKind::ProtectionSet => "protection",
        RecordKind::ProtectionCleared => "protection released",
        RecordKind::Lock if record.is_unlock() => return unlocked(record, &name),
        RecordKind::Lock => "locked",
        _ => "change",
    };
    match kind {
        // The numbers of a level that went are those of its recovery, not of its limit.
        RecordKind::AlarmCleared | RecordKind::ProtectionCleared => match record.release {
            Some(reason) => format!("{what}: {name}, because {}", released(reason)),
            None => format!("{what}: {name}"),
        },
        _ => format!("{what}: {}", numbers(name, fault, record.value, record.limit)),
    }
}

/// Such as "unlocked by an installer: a cell heats itself (“sensor replaced”)".
fn unlocked(record: &Record, name: &str) -> String {
    let who = record.role.map_or_else(String::new, |role| format!(" by {}", person(role)));
    match record.reason() {
        Some(reason) => format!("unlocked{who}: {name} (“{}”)", reason.as_str()),
        None => format!("unlocked{who}: {name}"),
    }
}

const fn person(role: Role) -> &'static str {
    match role {
        Role::User => "a user",
        Role::Installer => "an installer",
        Role::Factory => "the factory",
    }
}

/// What made a protection release, after "because".
const fn released(reason: ReleaseReason) -> &'static str {
    match reason {
        ReleaseReason::Recovered => "it recovered",
        ReleaseReason::Discharged => "enough was discharged",
        ReleaseReason::Charger => "a charger was there",
        ReleaseReason::LoadRemoved => "the load was removed",
        ReleaseReason::ChargerRemoved => "the charger was removed",
        ReleaseReason::Retry => "the wait for another try was over",
        ReleaseReason::Command => "someone switched it on",
        ReleaseReason::Key => "the key was turned",
        ReleaseReason::Installer => "an installer confirmed it",
        ReleaseReason::LooseTap => "it was a loose tap",
    }
}

/// How often and when a storm happened, such as "12 times between 2.5 s and 11.0 s after the
/// start".
fn repeated(record: &Record) -> String {
    let time = |at: Instant| {
        let millis = i64::try_from(at.as_micros() / 1_000).unwrap_or(i64::MAX);
        format!("{}{SPACE}s", fixed(millis, 3, 1))
    };
    let last = time(record.at);
    match record.count {
        1 => format!("once more {last} after the start"),
        count => {
            let first = time(record.first_at());
            format!("{count} times between {first} and {last} after the start")
        }
    }
}

fn about_happening(record: &Record, happening: Happening) -> String {
    let switch = match record.index {
        Some(0) => "charge switch",
        Some(1) => "discharge switch",
        _ => "switch",
    };
    let text = match happening {
        Happening::Started => "the board started",
        Happening::SwitchOpened => return format!("{switch} opened"),
        Happening::SwitchClosed => return format!("{switch} closed"),
        Happening::UserOff => return format!("{switch} switched off by a person or a host"),
        Happening::UserOn => return format!("{switch} switched on by a person or a host"),
        Happening::ReverseClosed => {
            return format!("{switch} closed because current flows the other way");
        }
        Happening::ReverseOpened => {
            return format!("{switch} opened again, no current flows the other way");
        }
        Happening::OpenedUntold => {
            return format!("{switch} opened although it was told to be closed");
        }
        Happening::ClosedUntold => {
            return format!("{switch} closed although it was told to be open");
        }
        Happening::OverrideStarted => {
            return format!("an installer's override{} began", overridden(record));
        }
        Happening::OverrideEnded => return format!("the override{} ended", overridden(record)),
        Happening::WiringChanged => return wiring(record),
        Happening::ParametersWritten => return written(record),
        Happening::ZeroLearnt => "zero of the current channel learnt",
        Happening::ZeroRefused => "zero of the current channel refused, it is too large",
        Happening::KeyOn => "the key was turned on",
        Happening::KeyOff => "the key was turned off",
        Happening::PrechargeStarted => "pre-charge of the port began",
        Happening::PrechargeDone => "the port is charged",
        Happening::PrechargeAborted => "a try of the pre-charge was given up",
        Happening::TripPulse => "the trip output gave a pulse",
        Happening::ChargeComplete => "the charge is complete",
        Happening::Commissioned => "the pack was commissioned",
        Happening::OutsideWindow => "a cell outside of the window for new cells was accepted",
        Happening::WiresGood => "the sampling wires were tested good",
        Happening::Full => "the pack is full",
        Happening::Empty => "a cell is empty",
        Happening::FellAsleep => "the board fell asleep",
        Happening::Woke => return woke(record),
        Happening::SocSet => "state of charge set by a person or a host",
        Happening::LoggedIn => return at_port("the owner's password was given", record),
        Happening::PasswordWrong => return at_port("a wrong password was given", record),
        Happening::PasswordSet => return at_port("the owner's password was set", record),
        Happening::PasswordRemoved => {
            return at_port("the owner's password was taken away", record);
        }
    };
    text.to_owned()
}

/// The port stands in the index, counted from 0.
fn at_port(what: &str, record: &Record) -> String {
    let port = record
        .index
        .map_or_else(String::new, |port| format!(" at port {}", port.saturating_add(1)));
    let count = match record.value {
        Some(count @ 2..) => format!(", the {count}. in a row"),
        _ => String::new(),
    };
    format!("{what}{port}{count}")
}

/// Such as " of “cell voltages too different”": the fault stands in the value by its code.
fn overridden(record: &Record) -> String {
    let code = record.value.and_then(|value| u16::try_from(value).ok());
    code.and_then(Fault::from_code)
        .map_or_else(String::new, |fault| format!(" of “{}”", named(fault, None)))
}

/// Such as "the board woke: a load drew current".
fn woke(record: &Record) -> String {
    let code = record.value.and_then(|value| u8::try_from(value).ok());
    let why = match code.and_then(Wake::from_code) {
        None => return "the board woke".to_owned(),
        Some(Wake::PowerOn) => "it was powered",
        Some(Wake::Key) => "the key was turned",
        Some(Wake::Charger) => "a charger is there",
        Some(Wake::Uart) => "a byte came in on a UART",
        Some(Wake::Rs485) => "it was spoken to on RS485 or Modbus TCP",
        Some(Wake::Load) => "a load draws current",
        Some(Wake::Protection) => "an alarm or a protection came or went",
        Some(Wake::RisingCell) => "a cell rises",
        Some(Wake::Command) => "the page or a story asked for something",
    };
    format!("the board woke: {why}")
}

fn wiring(record: &Record) -> String {
    match (record.limit, record.value) {
        (Some(before), Some(now)) => {
            format!("the number of live taps changed from {before} to {now}")
        }
        _ => "the number of live taps changed".to_owned(),
    }
}

fn written(record: &Record) -> String {
    let who = record.role.map_or_else(String::new, |role| format!(" by {}", person(role)));
    match record.changes().map(Changes::total) {
        None => format!("parameters were written{who}"),
        Some(1) => format!("a parameter was written{who}"),
        Some(total) => format!("{total} parameters were written{who}"),
    }
}

#[cfg(test)]
mod tests {
    use cellward_params::Level;
    use cellward_units::Duration;

    use super::*;

    fn said(kind: RecordKind, subject: Subject, change: impl FnOnce(&mut Record)) -> String {
        let mut it = Record::new(1, Instant::from_micros(11_049_999), kind, subject);
        change(&mut it);
        record(&it).replace(SPACE, " ")
    }

    const OVER: Subject = Subject::Fault(Fault::CellOverVoltage, Level::Protection);

    fn happened(happening: Happening, change: impl FnOnce(&mut Record)) -> String {
        said(RecordKind::Change, Subject::Happening(happening), change)
    }

    #[test]
    fn a_storm_says_how_often_and_between_which_times() {
        let storm = |count| {
            said(RecordKind::Storm, OVER, |it| {
                it.merged = Some(RecordKind::ProtectionSet);
                it.index = Some(6);
                it.count = count;
                it.lasted = Duration::from_millis(8_500);
            })
        };
        assert_eq!(
            storm(12),
            "protection: cell 7 voltage too high, 12 times between 2.5 s and 11.0 s after the start"
        );
        assert_eq!(
            storm(1),
            "protection: cell 7 voltage too high, once more 11.0 s after the start"
        );
        let switch = said(RecordKind::Storm, Subject::Happening(Happening::SwitchOpened), |it| {
            it.merged = Some(RecordKind::Change);
            it.index = Some(0);
            it.count = 2;
        });
        assert!(switch.starts_with("charge switch opened, 2 times between 11.0 s"), "{switch}");
    }

    #[test]
    fn a_release_says_because_of_what() {
        let load = said(RecordKind::ProtectionCleared, OVER, |it| {
            it.release = Some(ReleaseReason::LoadRemoved);
            it.value = Some(3_300);
        });
        assert_eq!(
            load,
            "protection released: cell voltage too high, because the load was removed"
        );
        let mut all: Vec<_> = ReleaseReason::ALL.iter().map(|&reason| released(reason)).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), ReleaseReason::ALL.len(), "each reason has its own words");
    }

    #[test]
    fn a_lock_names_its_fault_and_an_unlock_who_and_why() {
        let lock = Subject::Fault(Fault::ChargeStuckClosed, Level::Hard);
        assert_eq!(said(RecordKind::Lock, lock, |_| ()), "locked: charge switch does not open");
        let unlock = said(RecordKind::Lock, lock, |it| {
            it.release = Some(ReleaseReason::Installer);
            it.role = Some(Role::Installer);
            let reason = cellward_params::ShortText::new("switches replaced");
            it.circumstances = it.circumstances.with_reason(reason);
        });
        assert_eq!(
            unlock,
            "unlocked by an installer: charge switch does not open (“switches replaced”)"
        );
    }

    #[test]
    fn writes_overrides_taps_and_untold_moves_are_told_in_words() {
        let changes = |total| Changes::new(cellward_params::PortId(0), total, &[]);
        let write = |total| {
            happened(Happening::ParametersWritten, |it| {
                it.role = Some(Role::Factory);
                it.circumstances = it.circumstances.with_changes(changes(total));
            })
        };
        assert_eq!(write(1), "a parameter was written by the factory");
        assert_eq!(write(5), "5 parameters were written by the factory");
        let difference = Fault::CellDifference;
        let began = happened(Happening::OverrideStarted, |it| {
            it.value = Some(difference.code().into());
        });
        let label = difference.row().label;
        assert_eq!(began, format!("an installer's override of “{label}” began"));
        let taps = happened(Happening::WiringChanged, |it| {
            (it.limit, it.value) = (Some(16), Some(15));
        });
        assert_eq!(taps, "the number of live taps changed from 16 to 15");
        let moved = happened(Happening::OpenedUntold, |it| it.index = Some(1));
        assert_eq!(moved, "discharge switch opened although it was told to be closed");
    }
}

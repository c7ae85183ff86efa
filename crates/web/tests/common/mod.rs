//! A board that stands still and a control that remembers what was pressed.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several test programs, none of which uses all of it"
)]

use std::sync::{Arc, Mutex};

use cellward_host::source::{Local, LocalFeed};
use cellward_params::record::{Happening, Subject};
use cellward_params::{Record, RecordKind, Snapshot};
use cellward_units::{Current, Duration, Instant, NoData, Ratio, Voltage};
use cellward_web::{AppState, Button, Control, ControlError, ControlState};

/// Offers one button, and another that is always refused.
#[derive(Default)]
pub struct Desk {
    pub pressed: Mutex<Vec<String>>,
}

impl Control for Desk {
    fn state(&self) -> ControlState {
        ControlState {
            time_scale: 60.0,
            skipping: false,
            clock_s: 30_600.0,
            story: "solar day".to_owned(),
            buttons: vec![Button {
                key: "short_circuit".to_owned(),
                label: "Short circuit".to_owned(),
                help: "Shorts the terminals for a moment.".to_owned(),
                active: self.pressed.lock().unwrap().len() % 2 == 1,
            }],
        }
    }

    fn press(&self, key: &str) -> Result<(), ControlError> {
        match key {
            "short_circuit" => {
                self.pressed.lock().unwrap().push(key.to_owned());
                Ok(())
            }
            "busy" => Err(ControlError::Refused("the pack is still tripped".to_owned())),
            _ => Err(ControlError::Unknown),
        }
    }
}

/// Four cells, one of which has a broken wire.
pub fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::absent(NoData::NotFitted);
    snapshot.soc = Ok(Ratio::from_permille(888));
    snapshot.pack_voltage = Ok(Voltage::from_millivolts(13_240));
    snapshot.current = Ok(Current::from_milliamps(-12_300));
    snapshot.uptime = Ok(Duration::from_secs(600));
    snapshot.cell_count = Ok(4);
    for cell in 0..4 {
        snapshot.cell_voltage[cell] = Ok(Voltage::from_millivolts(3_310));
    }
    snapshot.cell_voltage[2] = Err(NoData::WireOpen);
    snapshot
}

/// A state with one sample in it, its control, and the board's end of the source.
pub fn state() -> (AppState, Arc<Desk>, LocalFeed) {
    let (local, mut feed) = Local::new();
    feed.publish(snapshot());
    let desk = Arc::new(Desk::default());
    let state = AppState::new(Arc::new(local)).with_control(Arc::clone(&desk) as Arc<dyn Control>);
    (state, desk, feed)
}

/// The charge switch closed, and nothing else is known.
pub fn record(sequence: u32) -> Record {
    let subject = Subject::Happening(Happening::SwitchClosed);
    let at = Instant::from_micros(u64::from(sequence) * 1_000_000);
    Record { index: Some(0), ..Record::new(sequence, at, RecordKind::Change, subject) }
}

//! Watches the source: the latest sample, the last hours, the last records, and silence.
//!
//! Time comes as ticks, so that nothing here reads a clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use cellward_host::history::History;
use cellward_host::json::{self, Object};
use cellward_host::source::Sample;
use cellward_params::{Record, Snapshot};
use cellward_units::{Duration, Instant, NoData};
use serde_json::{Value as Json, json};
use tokio::sync::{broadcast, watch};

use crate::control::Control;

/// Wall time between two ticks, which is also how often pages get live values: 4 a second.
pub(crate) const TICK: std::time::Duration = std::time::Duration::from_millis(250);

/// After so many ticks without a new sample, what was last known no longer counts as known: 3 s,
/// twice the age limit of the slowest reading (temperatures, 1.5 s).
const SILENT_TICKS: u64 = 12;

/// How many records are kept for pages that open later.
const KEPT_RECORDS: usize = 400;

/// How many records a slow page may fall behind before it has to ask for the list again.
const RECORDS_ON_THE_WAY: usize = 64;

/// What the service knows, shared by every request.
#[derive(Debug)]
pub(crate) struct Feed {
    known: Mutex<Known>,
    live: watch::Sender<Arc<str>>,
    records: broadcast::Sender<Arc<str>>,
}

#[derive(Debug)]
struct Known {
    sample: Arc<Sample>,
    history: History,
    /// Oldest first, with their sequence number.
    records: VecDeque<Object>,
    last_record: u32,
    ticks: u64,
    /// The tick at which the latest sample came.
    heard_at: u64,
}

impl Known {
    fn quiet_ticks(&self) -> u64 {
        self.ticks.saturating_sub(self.heard_at)
    }

    /// The snapshot as it may be shown: after a silence nothing is known any more.
    fn shown(&self) -> Object {
        if self.sample.sequence > 0 && self.quiet_ticks() >= SILENT_TICKS {
            json::snapshot(&Snapshot::absent(NoData::Stale))
        } else {
            json::snapshot(&self.sample.snapshot)
        }
    }
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self {
            known: Mutex::new(Known {
                sample: Arc::new(Sample::empty()),
                history: History::default(),
                records: VecDeque::new(),
                last_record: 0,
                ticks: 0,
                heard_at: 0,
            }),
            live: watch::Sender::new(Arc::from("")),
            records: broadcast::Sender::new(RECORDS_ON_THE_WAY),
        }
    }

    /// Takes a new sample in. The empty one before the first sample is nothing new.
    pub(crate) fn take(&self, sample: Arc<Sample>) {
        let mut known = self.lock();
        if sample.sequence == 0 || sample.sequence == known.sample.sequence {
            return;
        }
        known.heard_at = known.ticks;
        // A board that does not tell its time gets ours: ticks since the service started.
        let wall = Duration::from_micros(
            u64::try_from(TICK.as_micros()).unwrap_or(u64::MAX).saturating_mul(known.ticks),
        );
        let at = Instant::START + sample.snapshot.uptime.unwrap_or(wall);
        known.history.push(at, &sample.snapshot);
        self.take_records(&mut known, &sample.records);
        known.sample = sample;
    }

    /// Keeps and passes on the records that are new.
    fn take_records(&self, known: &mut Known, records: &[Record]) {
        let newest = records.last().map_or(0, |record| record.sequence);
        if newest < known.last_record && !records.is_empty() {
            // Sequence numbers never go back unless the board has started anew.
            known.last_record = 0;
        }
        for record in records.iter().filter(|record| record.sequence > known.last_record) {
            let line = json::record(record);
            if let Ok(text) = serde_json::to_string(&line) {
                // Nobody watching is no failure.
                let _ = self.records.send(Arc::from(text));
            }
            if known.records.len() >= KEPT_RECORDS {
                known.records.pop_front();
            }
            known.records.push_back(line);
        }
        known.last_record = known.last_record.max(newest);
    }

    /// One step of wall time: counts silence and, if anybody watches, sends the live values.
    pub(crate) fn tick(&self, control: Option<&dyn Control>) {
        {
            let mut known = self.lock();
            known.ticks = known.ticks.saturating_add(1);
        }
        if self.live.receiver_count() > 0 {
            self.live.send_replace(self.live_message(control));
        }
    }

    /// What a page needs to show the present: snapshot, control and how long it has been quiet.
    pub(crate) fn live_message(&self, control: Option<&dyn Control>) -> Arc<str> {
        let (snapshot, quiet) = {
            let known = self.lock();
            (known.shown(), known.quiet_ticks())
        };
        let message = json!({
            "snapshot": snapshot,
            "control": control_json(control),
            "quiet_ms": u128::from(quiet) * TICK.as_millis(),
        });
        Arc::from(message.to_string())
    }

    pub(crate) fn snapshot(&self) -> Object {
        self.lock().shown()
    }

    pub(crate) fn history(&self, after: Option<Duration>) -> Object {
        self.lock().history.columns(after)
    }

    /// The kept records, newest first.
    pub(crate) fn records(&self) -> Json {
        self.lock().records.iter().rev().cloned().map(Json::Object).collect()
    }

    pub(crate) fn watch_live(&self) -> watch::Receiver<Arc<str>> {
        self.live.subscribe()
    }

    pub(crate) fn watch_records(&self) -> broadcast::Receiver<Arc<str>> {
        self.records.subscribe()
    }

    /// A panic elsewhere cannot leave this half-written, so a poisoned lock is still good.
    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of the control, or `null` where there is none or it has no JSON form.
pub(crate) fn control_json(control: Option<&dyn Control>) -> Json {
    control.and_then(|control| serde_json::to_value(control.state()).ok()).unwrap_or(Json::Null)
}

#[cfg(test)]
mod tests {
    use cellward_params::RecordKind;
    use cellward_params::record::{Happening, Subject};
    use cellward_units::{Ratio, Voltage};

    use super::*;

    fn record(sequence: u32) -> Record {
        let subject = Subject::Happening(Happening::SwitchClosed);
        let at = Instant::from_micros(u64::from(sequence) * 1_000_000);
        Record { index: Some(0), ..Record::new(sequence, at, RecordKind::Change, subject) }
    }

    fn sample(sequence: u64, records: &[u32]) -> Arc<Sample> {
        let mut snapshot = Snapshot::absent(NoData::NotYet);
        snapshot.soc = Ok(Ratio::from_permille(500));
        snapshot.pack_voltage = Ok(Voltage::from_millivolts(52_800));
        snapshot.uptime = Ok(Duration::from_secs(sequence * 30));
        let mut sample = Sample::new(snapshot, sequence);
        sample.records = records.iter().map(|&number| record(number)).collect();
        Arc::new(sample)
    }

    fn sequences(feed: &Feed) -> Vec<u64> {
        let records = feed.records();
        let list = records.as_array().unwrap();
        list.iter().map(|line| line["sequence"].as_u64().unwrap()).collect()
    }

    #[test]
    fn after_three_seconds_of_silence_nothing_is_known_any_more() {
        let feed = Feed::new();
        feed.take(sample(1, &[]));
        for _ in 0..SILENT_TICKS - 1 {
            feed.tick(None);
        }
        assert_eq!(feed.snapshot()["soc_percent"], 50.0);
        feed.tick(None);
        assert_eq!(feed.snapshot()["soc_percent"], Json::Null);
        assert_eq!(feed.snapshot()["absent"]["soc_percent"], "stale");
        feed.take(sample(2, &[]));
        assert_eq!(feed.snapshot()["soc_percent"], 50.0);
    }

    #[test]
    fn the_same_sample_again_does_not_break_the_silence() {
        let feed = Feed::new();
        feed.take(sample(1, &[]));
        for _ in 0..SILENT_TICKS {
            feed.tick(None);
        }
        feed.take(sample(1, &[]));
        assert_eq!(feed.snapshot()["absent"]["soc_percent"], "stale");
    }

    #[test]
    fn before_the_first_sample_nothing_has_been_measured_yet() {
        let feed = Feed::new();
        feed.take(Arc::new(Sample::empty()));
        assert_eq!(feed.snapshot()["absent"]["soc_percent"], "not_yet");
        assert_eq!(feed.history(None)["at_s"], json!([]));
    }

    #[test]
    fn a_record_is_kept_once_however_often_it_is_carried() {
        let feed = Feed::new();
        let mut watcher = feed.watch_records();
        feed.take(sample(1, &[1, 2]));
        feed.take(sample(2, &[1, 2, 3]));
        feed.take(sample(3, &[]));
        feed.take(sample(4, &[1, 2, 3]));
        assert_eq!(sequences(&feed), [3, 2, 1]);
        let first: Json = serde_json::from_str(&watcher.try_recv().unwrap()).unwrap();
        assert_eq!(first["text"], "charge switch closed");
        assert_eq!(watcher.len(), 2);
    }

    #[test]
    fn records_of_a_board_that_started_anew_are_new() {
        let feed = Feed::new();
        feed.take(sample(1, &[7, 8]));
        feed.take(sample(2, &[1]));
        assert_eq!(sequences(&feed), [1, 8, 7]);
    }

    #[test]
    fn the_oldest_records_are_forgotten_first() {
        let feed = Feed::new();
        let many: Vec<u32> = (1..=u32::try_from(KEPT_RECORDS).unwrap() + 1).collect();
        feed.take(sample(1, &many));
        let kept = sequences(&feed);
        assert_eq!((kept.len(), kept[KEPT_RECORDS - 1]), (KEPT_RECORDS, 2));
    }

    #[test]
    fn live_values_are_made_only_while_somebody_watches() {
        let feed = Feed::new();
        feed.take(sample(1, &[]));
        feed.tick(None);
        assert_eq!(&**feed.live.borrow(), "");
        let mut watcher = feed.watch_live();
        feed.tick(None);
        let message: Json = serde_json::from_str(&watcher.borrow_and_update()).unwrap();
        assert_eq!(message["snapshot"]["soc_percent"], 50.0);
        assert_eq!(message["quiet_ms"], 500);
        assert_eq!(message["control"], Json::Null);
    }

    #[test]
    fn a_board_without_a_clock_gets_ours_in_the_history() {
        let feed = Feed::new();
        for _ in 0..8 {
            feed.tick(None);
        }
        let mut silent = (*sample(1, &[])).clone();
        silent.snapshot.uptime = Err(NoData::NotCarried);
        feed.take(Arc::new(silent));
        assert_eq!(feed.history(None)["at_s"], json!([2]));
    }
}

//! A sign of life for whoever waits at a terminal.

use std::io::IsTerminal as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Nobody minds to wait so long.
const SHORT: Duration = Duration::from_secs(2);
/// How often the sign moves.
const TICK: Duration = Duration::from_millis(120);

/// Shows a sign of life on a terminal until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// From the second second on says what is being waited for, where standard error is a terminal.
pub(crate) fn after_a_while(words: &'static str) -> Waiting {
    if !std::io::stderr().is_terminal() {
        return Waiting { end: None, thread: None };
    }
    let (end, ended) = channel::<()>();
    let thread = std::thread::spawn(move || {
        if ended.recv_timeout(SHORT) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
        let bar = ProgressBar::new_spinner()
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
            .with_message(words);
        while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            bar.tick();
        }
        bar.finish_and_clear();
    });
    Waiting { end: Some(end), thread: Some(thread) }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been told already.
            let _ = thread.join();
        }
    }
}

//! The thread in which the simulated battery lives: it alone touches the simulation.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cellward_host::LocalFeed;
use cellward_params::{PortId, Request, Role};
use cellward_sim::{Framing, Injection, Sim, Way};
use cellward_units::Duration as Span;
use cellward_web::{Button, ControlState};

use super::clock::Wall;
use super::director::{Director, Pace};
use super::wires::Outlets;

/// How often the simulation catches up with the wall clock.
const STEP: Duration = Duration::from_millis(20);
/// How long computing may take out of one step.
const BUDGET: Duration = Duration::from_millis(15);
/// How often readers get a new sample.
const PUBLISH: Duration = Duration::from_millis(200);
/// Virtual time between samples while time is skipped, so that the plot has no hole.
const PUBLISH_SKIPPING: Span = Span::from_secs(30);
/// Requests from the page come in on a port that no wire has.
const PAGE_PORT: PortId = PortId(u8::MAX);

/// What others ask of the world.
#[derive(Debug)]
pub(crate) enum Message {
    /// Bytes have arrived on a port.
    Bytes {
        /// Which port.
        port: PortId,
        /// What arrived.
        bytes: Vec<u8>,
    },
    /// A program has come to a port that another one may have left in the middle of a frame.
    Opened {
        /// Which port.
        port: PortId,
        /// What it carries.
        framing: Framing,
    },
    /// A fault button was pressed.
    Press(Injection),
    /// The skip button was pressed.
    Skip,
}

/// What the page shows about the demonstration, shared with whoever asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown(Arc<Mutex<ControlState>>);

impl Shown {
    pub(crate) fn get(&self) -> ControlState {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: ControlState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// The world.
pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) start_hour: f64,
    pub(crate) director: Director,
    pub(crate) story: String,
    pub(crate) feed: LocalFeed,
    pub(crate) outlets: Outlets,
    pub(crate) inbox: Receiver<Message>,
    pub(crate) shown: Shown,
    pub(crate) wall: Wall,
    pub(crate) stop: Arc<AtomicBool>,
}

impl World {
    /// Lives through `span` before anybody looks, so that the plot has a past.
    pub(crate) fn live_through(&mut self, span: Span) {
        let end = self.sim.now() + span;
        while self.sim.now() < end {
            let next = end.min(self.sim.now() + PUBLISH_SKIPPING);
            self.sim.run_jumping(next);
            self.take_records();
            self.publish();
            // Readers of samples see the latest one: give them the moment to take it.
            std::thread::yield_now();
            super::clock::wait(Duration::from_micros(300));
        }
    }

    /// Runs until told to stop.
    pub(crate) fn run(mut self) {
        let mut wall_base = self.wall.elapsed();
        let mut virtual_base = self.sim.now();
        let mut pace = self.director.pace();
        let mut next_publish = Duration::ZERO;
        let mut next_step = wall_base;
        while !self.stop.load(Ordering::Relaxed) {
            self.take_messages(next_step);
            self.pass_line_time();
            next_step = self.wall.elapsed() + STEP;

            let wanted = self.director.pace();
            if wanted != pace {
                (pace, wall_base, virtual_base) = (wanted, self.wall.elapsed(), self.sim.now());
            }
            let caught_up = match pace {
                Pace::FlatOut => {
                    self.run_flat_out();
                    true
                }
                Pace::Scaled(scale) => {
                    let elapsed = self.wall.elapsed().saturating_sub(wall_base);
                    self.run_scaled(virtual_base + scaled(elapsed, scale))
                }
            };
            if !caught_up {
                // The machine is too slow for this scale: time lags instead of piling up.
                (wall_base, virtual_base) = (self.wall.elapsed(), self.sim.now());
            }
            if self.wall.elapsed() >= next_publish {
                next_publish = self.wall.elapsed() + PUBLISH;
                self.publish();
            }
            if pace == Pace::FlatOut {
                next_step = self.wall.elapsed();
            }
        }
    }

    /// Takes messages until it is time for the next step.
    fn take_messages(&mut self, until: Duration) {
        loop {
            let left = until.saturating_sub(self.wall.elapsed());
            match self.inbox.recv_timeout(left) {
                Ok(Message::Bytes { port, bytes }) => self.receive(port, &bytes),
                Ok(Message::Opened { port, framing }) => self.sim.node_mut().fit(port, framing),
                Ok(Message::Press(injection)) => self.director.press(injection, &mut self.sim),
                Ok(Message::Skip) => self.director.skip(&self.sim),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    super::clock::wait(left);
                    break;
                }
            }
            if left.is_zero() {
                break;
            }
        }
        while let Some(action) = self.feed.next_action() {
            let request = Request { id: 0, port: PAGE_PORT, role: Role::User, action };
            self.sim.request(request);
        }
    }

    /// Hands bytes to the board and its answer to the wire.
    fn receive(&mut self, port: PortId, bytes: &[u8]) {
        self.sim.node_mut().receive(port, bytes, self.wall.line_now());
        self.answer(port);
    }

    /// Lets time pass on the wires.
    fn pass_line_time(&mut self) {
        let line_now = self.wall.line_now();
        if self.sim.node().line_deadline().is_some_and(|at| at <= line_now) {
            self.sim.node_mut().pass_line_time(line_now);
            for way in Way::ALL {
                way.ports().for_each(|port| self.answer(PortId(port)));
            }
        }
    }

    /// Hands what the board has to say on a port to its wire.
    fn answer(&mut self, port: PortId) {
        let mut answer = Vec::new();
        let mut buffer = [0; 256];
        loop {
            let count = self.sim.node_mut().transmit(port, &mut buffer);
            if count == 0 {
                break;
            }
            answer.extend_from_slice(&buffer[..count]);
        }
        if !answer.is_empty() {
            self.outlets.send(port, answer);
        }
    }

    /// Runs up to `target`; whether it got there within its budget.
    fn run_scaled(&mut self, target: cellward_units::Instant) -> bool {
        let start = self.wall.elapsed();
        while self.sim.now() < target {
            let next = target.min(self.sim.now() + Span::from_secs(1));
            self.sim.run_until(next);
            self.direct();
            if self.wall.elapsed().saturating_sub(start) > BUDGET {
                return false;
            }
        }
        true
    }

    /// Runs as fast as it can for one budget, or until the director wants another pace.
    fn run_flat_out(&mut self) {
        let start = self.wall.elapsed();
        let mut next_sample = self.sim.now() + PUBLISH_SKIPPING;
        while self.director.pace() == Pace::FlatOut
            && self.wall.elapsed().saturating_sub(start) < BUDGET
        {
            self.sim.run_jumping(self.sim.now() + Span::from_millis(200));
            self.direct();
            if self.sim.now() >= next_sample {
                next_sample = self.sim.now() + PUBLISH_SKIPPING;
                self.publish();
            }
        }
    }

    fn direct(&mut self) {
        let recorded = self.take_records();
        self.director.step(&mut self.sim, recorded);
    }

    /// Passes records on; whether there were any.
    fn take_records(&mut self) -> bool {
        let mut any = false;
        while let Some(record) = self.sim.poll_record() {
            self.feed.record(record);
            any = true;
        }
        any
    }

    fn publish(&mut self) {
        self.feed.publish(self.sim.snapshot());
        self.shown.set(self.control_state());
    }

    fn control_state(&self) -> ControlState {
        let active: Vec<_> = self.sim.active().collect();
        let mut buttons: Vec<_> = Injection::ALL
            .into_iter()
            .map(|injection| Button {
                key: injection.key().to_owned(),
                label: injection.label().to_owned(),
                help: injection.help().to_owned(),
                active: active.contains(&injection),
            })
            .collect();
        let skipping = self.director.pace() == Pace::FlatOut;
        buttons.push(Button {
            key: "skip".to_owned(),
            label: "Skip ahead".to_owned(),
            help: "Runs on as fast as it can to the next thing that the board records.".to_owned(),
            active: skipping,
        });
        ControlState {
            time_scale: self.director.shown_scale(),
            skipping,
            clock_s: self.start_hour * 3_600.0
                + self.sim.now().since(cellward_units::Instant::START).to_secs_f64(),
            story: self.story.clone(),
            buttons,
        }
    }
}

/// Wall time at a scale, as virtual time.
fn scaled(elapsed: Duration, scale: f64) -> Span {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the scale was checked to be positive and the product is far below 2^63"
    )]
    Span::from_micros((elapsed.as_secs_f64() * scale * 1e6) as u64)
}

//! Everything around the brain: pack, heat, wiring, chip, load, charger and sun, in virtual time.
//!
//! The path of a number is always the same: a `Truth` in floats, a sensor model with the errors of
//! the manual, and an `Input` of the board. Nothing that protects or estimates can see a truth.
//!
//! Deterministic: the same [`Setup`] gives the same bits on every machine. All model maths goes
//! through `libm`, chance is a function of (seed, channel, tick), and there is no clock, no thread
//! and no I/O in here.
//!
//! How to read on: `step` is what one cell does and `cells` is many of them in series, and why
//! jumping costs no truth; `plant` is the pack with its two switches, `port` and `web` solve what
//! flows between it and the devices, `wiring`, `sensor` and `chip` stand between plant and board,
//! and [`Sim`] is the clockwork. What can be broken by hand is in its methods, listed in
//! `sim/bench.rs`. Without a board there are [`Fleet`], many packs side by side, and [`Run`], one
//! pack at its duty for months.
#![forbid(unsafe_code)]

mod answer;
mod breaker;
mod cells;
mod chemistry;
mod chip;
mod curve;
mod duty;
mod fleet;
mod house;
mod injection;
mod noise;
mod ntc;
mod plant;
mod port;
mod run;
mod scenario;
mod sensor;
mod setup;
mod sim;
mod step;
mod story;
mod surroundings;
mod thermal;
mod ways;
mod web;
mod wiring;

pub use cellward_link::Framing;
pub use chip::ChipFault;
pub use duty::{Duty, Schedule, Wish};
pub use fleet::{Fleet, FleetSetup, Moment};
pub use injection::Injection;
pub use plant::{SwitchFault, Truth};
pub use run::{Run, RunSetup, Second};
pub use scenario::{Broken, Event, Outcome, Scenario, Told};
pub use sensor::{CurrentError, ProbeFault};
pub use setup::{Setup, SetupError, StartCells};
pub use sim::{Sim, TICK};
pub use story::{PackWords, Settings, Story, StoryError};
pub use surroundings::{Capacitor, Charger};
pub use thermal::Spot;
pub use ways::{PORTS, Way};
pub use wiring::{Float, Order, Wire};

//! From truth to what the board is told: errors of the manual, constant within a run, plus noise
//! and the steps of the converter.
//!
//! Bounds, all errors together: cells ±10 mV, current ±3 % of full scale, temperatures ±2 °C
//! (K-series manual, requirements ), P- against B- ±20 mV. Each constant error is
//! drawn evenly within its share of the bound, so that a run may well sit near the edge.

use cellward_units::{Current, NoData, Temperature, Voltage};

use crate::cells::{PerCell, channel};
use crate::noise::Stream;
use crate::ntc;
use crate::thermal::PLACES;

/// Offset of a cell channel, V.
const CELL_OFFSET: f64 = 5.5e-3;
/// Gain error of a cell channel; 2.25 mV at 4.5 V.
const CELL_GAIN: f64 = 0.5e-3;
/// Noise of a cell channel, V at most; 0.58 mV standard deviation.
const CELL_NOISE: f64 = 2.0e-3;
/// Step of the cell converter, V. With it the bound is 5.5 + 2.25 + 2 + 0.1 = 9.85 mV.
const CELL_STEP: f64 = 0.2e-3;

/// Gain error of the current channel.
const CURRENT_GAIN: f64 = 0.020;
/// Offset of the current channel, of full scale.
const CURRENT_OFFSET: f64 = 0.009;
/// Noise of the current channel, of full scale at most. Sum: 2 + 0.9 + 0.05 = 2.95 %.
const CURRENT_NOISE: f64 = 0.0005;
/// The converter of the current channel ends at this multiple of full scale. A *guess*; it lies
/// beyond every over-current limit.
const CURRENT_END: f64 = 1.25;
/// Steps of the current converter from nothing to full scale.
const CURRENT_STEPS: f64 = 32_768.0;

/// Offset of a temperature channel, K.
const TEMPERATURE_OFFSET: f64 = 1.7;
/// Noise of a temperature channel, K at most.
const TEMPERATURE_NOISE: f64 = 0.2;
/// Step of a temperature reading, K.
const TEMPERATURE_STEP: f64 = 0.1;

/// Offset of the channel between P- and B-, V.
const PORT_OFFSET: f64 = 14e-3;
/// Noise of that channel, V at most.
const PORT_NOISE: f64 = 4e-3;
/// Step of that channel, V.
const PORT_STEP: f64 = 1e-3;

/// Gain error of the pack channel. A *guess*: ±0.15 %, so that cells and pack agree within 1 %.
const PACK_GAIN: f64 = 1.5e-3;
/// Offset of the pack channel, V.
const PACK_OFFSET: f64 = 20e-3;
/// Noise of the pack channel, V at most.
const PACK_NOISE: f64 = 5e-3;
/// Step of the pack channel, V.
const PACK_STEP: f64 = 2e-3;

/// What an unplugged thermistor reads as, in Ω. A *guess*: the end of the converter's range, far
/// beyond −45 °C.
const OPEN_OHMS: f64 = 10e6;
/// What a shorted thermistor reads as, in Ω. A *guess*: its wires.
const SHORT_OHMS: f64 = 2.0;

/// What is wrong with a temperature probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProbeFault {
    /// Unplugged or broken: no resistance is measured.
    Open,
    /// Its wires touch.
    Short,
}

/// What is wrong with the current channel beyond its own errors.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CurrentError {
    /// Factor on what it reads; 1 is right.
    pub gain: f64,
    /// Added to what it reads, in A; positive reads as charging.
    pub offset_a: f64,
    /// What it reads whatever flows, in A.
    pub stuck_a: Option<f64>,
    /// Below this, either way, it reads nothing, in A; 0 has no dead band.
    pub dead_band_a: f64,
}

impl Default for CurrentError {
    /// Nothing.
    fn default() -> Self {
        Self { gain: 1.0, offset_a: 0.0, stuck_a: None, dead_band_a: 0.0 }
    }
}

/// One channel with its constant errors.
#[derive(Clone, Copy, Debug)]
struct Channel {
    gain: f64,
    offset: f64,
    noise: f64,
    step: f64,
    stream: Stream,
}

/// Constant errors, drawn one after the other.
struct Errors {
    stream: Stream,
    count: u64,
    ideal: bool,
}

impl Errors {
    fn draw(&mut self, bound: f64) -> f64 {
        self.count += 1;
        if self.ideal { 0.0 } else { bound * self.stream.signed(self.count) }
    }

    fn channel(
        &mut self,
        gain: f64,
        offset: f64,
        noise: f64,
        step: f64,
        stream: Stream,
    ) -> Channel {
        Channel {
            gain: 1.0 + self.draw(gain),
            offset: self.draw(offset),
            noise: if self.ideal { 0.0 } else { noise },
            step: if self.ideal { 0.0 } else { step },
            stream,
        }
    }
}

impl Channel {
    fn read(&self, truth: f64, count: u64) -> f64 {
        let mut value = truth * self.gain + self.offset;
        if self.noise > 0.0 {
            value += self.noise * self.stream.bell(count);
        }
        if self.step > 0.0 {
            value = self.step * libm::rint(value / self.step);
        }
        value
    }
}

/// All channels of the board.
#[derive(Clone, Debug)]
pub(crate) struct Sensors {
    cells: Vec<Channel>,
    pack: Channel,
    current: Channel,
    port: Channel,
    temperatures: [Channel; PLACES],
    current_end: f64,
    /// What else is wrong with the current.
    pub(crate) current_error: CurrentError,
    probes: [Option<ProbeFault>; PLACES],
    /// Beta of the part at each place, in K.
    betas: [f64; PLACES],
}

impl Sensors {
    /// The sensors of one run. `ideal` ones have no error, no noise and no steps but those of
    /// the units.
    pub(crate) fn new(count: usize, full_scale: f64, seed: u64, ideal: bool) -> Self {
        let mut errors = Errors { stream: Stream::new(seed, channel::ERRORS), count: 0, ideal };
        let stream = |channel| Stream::new(seed, channel);
        Self {
            current: errors.channel(
                CURRENT_GAIN,
                CURRENT_OFFSET * full_scale,
                CURRENT_NOISE * full_scale,
                full_scale / CURRENT_STEPS,
                stream(channel::CURRENT),
            ),
            port: errors.channel(0.0, PORT_OFFSET, PORT_NOISE, PORT_STEP, stream(channel::PORT)),
            pack: errors.channel(
                PACK_GAIN,
                PACK_OFFSET,
                PACK_NOISE,
                PACK_STEP,
                stream(channel::PACK),
            ),
            temperatures: core::array::from_fn(|sensor| {
                let number = u32::try_from(sensor).unwrap_or(0);
                errors.channel(
                    0.0,
                    TEMPERATURE_OFFSET,
                    TEMPERATURE_NOISE,
                    TEMPERATURE_STEP,
                    stream(channel::TEMPERATURE + number),
                )
            }),
            cells: (0..count)
                .zip(channel::CELL..)
                .map(|(_, number)| {
                    errors.channel(CELL_GAIN, CELL_OFFSET, CELL_NOISE, CELL_STEP, stream(number))
                })
                .collect(),
            current_end: CURRENT_END * full_scale,
            current_error: CurrentError::default(),
            probes: [None; PLACES],
            betas: [ntc::BETA; PLACES],
        }
    }

    /// The constant gain error of the current channel in this run; 0.01 reads 1 % too much. It is
    /// what a calibration in the factory finds and stores.
    pub(crate) const fn current_gain_error(&self) -> f64 {
        self.current.gain - 1.0
    }

    /// The board has learnt the zero of its current channel: what is left of the offset is the
    /// same share of `within`, in A, as it was of its bound.
    pub(crate) fn learn_zero(&mut self, within: f64) {
        let bound = CURRENT_OFFSET * self.current_end / CURRENT_END;
        self.current.offset *= within / bound;
    }

    /// Breaks the probe of a place (cell sensor 0 to 3, switches 4) or mends it.
    pub(crate) const fn set_probe(&mut self, place: usize, fault: Option<ProbeFault>) {
        self.probes[place] = fault;
    }

    /// Fits a part of another Beta in K at a place.
    pub(crate) const fn set_beta(&mut self, place: usize, beta: f64) {
        self.betas[place] = beta;
    }

    /// Resistance of the probe at a place in Ω; `truth` in °C.
    pub(crate) fn probe(&self, place: usize, truth: f64, count: u64) -> u32 {
        let ohms = match self.probes[place] {
            Some(ProbeFault::Open) => OPEN_OHMS,
            Some(ProbeFault::Short) => SHORT_OHMS,
            None => ntc::ohms(self.temperatures[place].read(truth, count), self.betas[place]),
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float cast saturates, and no resistance is negative"
        )]
        let whole = libm::rint(ohms) as u32;
        whole
    }

    /// What whoever expects [`ntc::BETA`] makes of a resistance in Ω; the chip does.
    pub(crate) fn understood(ohms: u32) -> Result<Temperature, NoData> {
        let ohms = f64::from(ohms);
        if ohms >= OPEN_OHMS {
            Err(NoData::SensorOpen)
        } else if ohms <= SHORT_OHMS {
            Err(NoData::SensorShort)
        } else {
            Temperature::from_celsius_f64(ntc::celsius(ohms, ntc::BETA)).ok_or(NoData::Implausible)
        }
    }

    /// Each cell, in order; `truth` in V.
    pub(crate) fn cells(&self, truth: &PerCell, count: u64) -> impl Iterator<Item = Voltage> {
        self.cells
            .iter()
            .zip(truth)
            .map(move |(channel, &volts)| voltage(channel.read(volts, count)))
    }

    /// B- to B+; `truth` in V.
    pub(crate) fn pack(&self, truth: f64, count: u64) -> Voltage {
        voltage(self.pack.read(truth, count))
    }

    /// Current; `truth` in A, positive charges.
    pub(crate) fn current(&self, truth: f64, count: u64) -> Current {
        let error = self.current_error;
        let amps = match error.stuck_a {
            Some(amps) => amps,
            None => self.current.read(truth, count) * error.gain + error.offset_a,
        };
        let amps = if amps.abs() < error.dead_band_a { 0.0 } else { amps };
        let held = amps.clamp(-self.current_end, self.current_end);
        Current::from_amps_f64(held).unwrap_or(Current::ZERO)
    }

    /// P- against B-; `truth` in V.
    pub(crate) fn port(&self, truth: f64, count: u64) -> Voltage {
        voltage(self.port.read(truth, count))
    }

    /// A cell sensor (0 to 3), the switches (4) or the board (5); `truth` in °C.
    pub(crate) fn temperature(&self, sensor: usize, truth: f64, count: u64) -> Temperature {
        let celsius = self.temperatures[sensor].read(truth, count);
        Temperature::from_celsius_f64(celsius).unwrap_or_default()
    }
}

/// Volts as a quantity; simulated volts are far inside of its range.
fn voltage(volts: f64) -> Voltage {
    Voltage::from_volts_f64(volts).unwrap_or(Voltage::ZERO)
}

#[cfg(test)]
mod tests;

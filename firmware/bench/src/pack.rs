//! Readings of a healthy 16-cell pack under a changing load, the same on every run.

use cellward_core::{CellsFrame, CurrentFrame, Persist, Sensed, TemperaturesFrame};
use cellward_params::parameter::ParamId;
use cellward_params::{Config, MAX_SENSORS};
use cellward_units::{Current, NoData, Ratio, Temperature, Voltage};

/// Cells in series.
const CELLS: usize = 16;

/// Parameter `rated_capacity`, in mAh.
const RATED_CAPACITY: ParamId = ParamId(6);

/// A 280 Ah pack with the default limits.
pub fn config() -> Config {
    let mut config = Config::lifepo4(CELLS as u8);
    if config.set(RATED_CAPACITY, 280_000).is_err() {
        panic!("the table no longer takes 280 Ah");
    }
    config.restore_limits();
    config
}

/// What the pack remembers: half full, so that charge is counted from the first tick.
pub fn kept() -> Persist {
    Persist { soc: Some(Ratio::from_permille(500)), soc_calibrated: true, ..Persist::blank() }
}

/// Everything that is measured at one tick.
pub struct Readings {
    current: Current,
    cells: [Result<Voltage, NoData>; CELLS],
    pack: Voltage,
    temperature: Temperature,
    ohms: u32,
}

impl Readings {
    /// The readings at a tick, counted in 10 ms; `conducting` says whether a load is fed.
    ///
    /// Every reading moves a little with every tick, so that nothing is saved by a comparison
    /// that finds no change; none of them leaves what a healthy pack shows.
    pub fn at(tick: u32, conducting: bool) -> Self {
        let wobble = (tick * 7 % 13) as i32;
        let load = if conducting { -20_000 } else { 0 };
        let current = Current::from_milliamps(load - 50 * wobble);
        let mut cells = [Err(NoData::NotYet); CELLS];
        let mut pack = Voltage::from_millivolts(0);
        for (place, cell) in cells.iter_mut().enumerate() {
            let spread = (place as i32 * 5 + wobble) % 11;
            let voltage = Voltage::from_millivolts(3_290 + spread);
            *cell = Ok(voltage);
            pack += voltage;
        }
        Self {
            current,
            cells,
            pack,
            temperature: Temperature::from_millicelsius(25_000 + 10 * wobble),
            // Near 25 °C a hundredth of a degree is 4 Ω; the forward curve costs no ticks.
            ohms: (10_000 - 4 * wobble) as u32,
        }
    }

    /// The fast channel.
    pub fn current(&self) -> CurrentFrame {
        CurrentFrame { current: Ok(self.current), port: Ok(Voltage::from_millivolts(0)) }
    }

    /// All cells and the pack.
    pub fn cells(&self) -> CellsFrame<'_> {
        CellsFrame { cells: &self.cells, pack: Ok(self.pack) }
    }

    /// All temperatures, as the resistances of five sensors and the chip's own temperature.
    pub fn temperatures(&self) -> TemperaturesFrame {
        let ntc = Ok(Sensed::Ntc { ohms: self.ohms });
        TemperaturesFrame {
            cells: [ntc; MAX_SENSORS],
            switches: ntc,
            board: Ok(Sensed::Temperature(self.temperature)),
        }
    }
}

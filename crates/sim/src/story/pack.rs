//! What a story says about the pack and the place.

use cellward_params::{Chemistry, Profile};
use serde::Deserialize;

use super::settings::Settings;
use super::words::{Amount, Celsius, ChemistryWord, Count, Hour, Percent, ProfileWord, checked};
use crate::setup::StartCells;

/// What a story says about the pack; what it leaves open comes from the caller.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PackWords {
    /// Cells in series.
    pub cells: Option<u8>,
    /// Chemistry of the cells.
    pub chemistry: Option<Chemistry>,
    /// Built-in profile that the limits come from.
    pub profile: Option<Profile>,
    /// Fitted cell-temperature sensors.
    pub sensors: Option<u8>,
    /// Resistance of the pre-charge path in Ω; 0 is a board without one.
    pub precharge_ohm: Option<f64>,
    /// Rated capacity in Ah.
    pub capacity_ah: Option<f64>,
    /// Rated current of the board in A.
    pub rated_current_a: Option<f64>,
    /// State of charge at the start; 1.0 is full.
    pub start_soc: Option<f64>,
    /// How each cell starts, where the story says so.
    pub start_cells: Option<StartCells>,
    /// Years at 25 °C that the cells have behind them.
    pub age_years: Option<f64>,
    /// Full cycles that they have behind them.
    pub age_cycles: Option<f64>,
    /// Hour of the day at the start, 0 to 24.
    pub start_hour: Option<f64>,
    /// Seed of all chance.
    pub seed: Option<u64>,
    /// Whether the sensors have no errors.
    pub ideal_sensors: Option<bool>,
    /// Whether the board comes from the factory and has never been in service.
    pub factory: Option<bool>,
    /// Whether a calibration of the current channel is stored.
    pub calibrated: Option<bool>,
    /// Parameters that differ from the defaults of the profile.
    pub settings: Settings,
}

checked! {
    /// A voltage of one cell in mV.
    Millivolts(f64) from f64: |volts| super::words::within(volts, 0.0, 5_000.0);
    /// A number of cell-temperature sensors.
    SensorCount(u8) from u8: |sensors| match sensors {
        1..=4 => Ok(sensors),
        _ => Err(format!("{sensors} sensors are refused: 1 to 4 are possible")),
    };
}

/// `[pack]` as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PackText {
    cells: Option<Count>,
    chemistry: Option<ChemistryWord>,
    profile: Option<ProfileWord>,
    sensors: Option<SensorCount>,
    precharge_ohm: Option<Amount>,
    capacity_ah: Option<Amount>,
    rated_current_a: Option<Amount>,
    start_soc_percent: Option<Percent>,
    start_cells_percent: Option<Vec<Percent>>,
    start_cells_mv: Option<Vec<Millivolts>>,
    age_years: Option<Amount>,
    age_cycles: Option<Amount>,
    start_hour: Option<Hour>,
    seed: Option<u64>,
    ideal_sensors: Option<bool>,
    factory: Option<bool>,
    calibrated: Option<bool>,
}

impl PackText {
    /// What the words mean.
    pub(super) fn meaning(self, settings: Settings) -> PackWords {
        let shares = self
            .start_cells_percent
            .map(|cells| StartCells::Shares(cells.iter().map(|share| share.0).collect()));
        let volts = self
            .start_cells_mv
            .map(|cells| StartCells::Volts(cells.iter().map(|mv| mv.0 / 1e3).collect()));
        PackWords {
            cells: self.cells.map(|word| word.0),
            chemistry: self.chemistry.map(|word| word.0),
            profile: self.profile.map(|word| word.0),
            sensors: self.sensors.map(|word| word.0),
            precharge_ohm: self.precharge_ohm.map(|word| word.0),
            capacity_ah: self.capacity_ah.map(|word| word.0),
            rated_current_a: self.rated_current_a.map(|word| word.0),
            start_soc: self.start_soc_percent.map(|word| word.0),
            start_cells: shares.or(volts),
            age_years: self.age_years.map(|word| word.0),
            age_cycles: self.age_cycles.map(|word| word.0),
            start_hour: self.start_hour.map(|word| word.0),
            seed: self.seed,
            ideal_sensors: self.ideal_sensors,
            factory: self.factory,
            calibrated: self.calibrated,
            settings,
        }
    }
}

/// `[place]` as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PlaceText {
    pub(super) solar: bool,
    pub(super) household: bool,
    pub(super) ambient_c: Option<Celsius>,
}

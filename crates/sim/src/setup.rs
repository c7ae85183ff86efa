//! What is simulated: the pack, the board and the story.

use cellward_core::Persist;
use cellward_params::{Chemistry, Config, ConfigError, ParamId, Parameter, Profile};
use cellward_units::{Charge, Ratio};

use crate::cells::channel;
use crate::noise::Stream;
use crate::{Settings, Story};

/// Everything a simulation starts from.
///
/// ```
/// let setup = cellward_sim::Setup { cells: 8, seed: 7, ..Default::default() };
/// assert!(setup.config().is_ok());
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// Cells in series, 3 to 24.
    pub cells: u8,
    /// Chemistry of the cells.
    pub chemistry: Chemistry,
    /// Built-in profile that the limits come from.
    pub profile: Profile,
    /// Fitted cell-temperature sensors, 1 to 4.
    pub sensors: u8,
    /// Rated capacity in Ah, above 0.
    pub capacity_ah: f64,
    /// Rated current of the board in A, 30 to 500.
    pub rated_current_a: f64,
    /// Seed of all chance; the same seed gives the same bits.
    pub seed: u64,
    /// Mean state of charge at the start, 0 to 1.
    pub start_soc: f64,
    /// How each cell starts; `None` spreads them around [`Self::start_soc`] as real packs do.
    pub start_cells: Option<StartCells>,
    /// Years at 25 °C that the cells have behind them, 0 to 50.
    pub age_years: f64,
    /// Full cycles that they have behind them, 0 to 100,000.
    pub age_cycles: f64,
    /// Hour of the day at the start, 0 to 24.
    pub start_hour: f64,
    /// Whether the sensors have neither errors nor noise.
    pub ideal_sensors: bool,
    /// Resistance of the pre-charge path in Ω, up to 1000, if one is fitted.
    pub precharge_ohms: Option<f64>,
    /// Whether the board has been in service before: it then starts with what it would have
    /// kept, its charge known to within 3 points. Otherwise it starts as from the factory, and
    /// closes no switch before it is commissioned.
    pub in_service: bool,
    /// Whether a calibration of the current channel is stored.
    pub calibrated: bool,
    /// Parameters that differ from the defaults of the profile.
    pub settings: Settings,
    /// What the world around the pack does.
    pub story: Story,
}

impl Default for Setup {
    /// 16 LFP cells of 280 Ah on a 200 A board, at 35 % at seven in the morning of a clear day.
    fn default() -> Self {
        Self {
            cells: 16,
            chemistry: Chemistry::Lfp,
            profile: Profile::Strict,
            sensors: 2,
            capacity_ah: 280.0,
            rated_current_a: 200.0,
            seed: 1,
            start_soc: 0.35,
            start_cells: None,
            age_years: 0.0,
            age_cycles: 0.0,
            start_hour: 7.0,
            ideal_sensors: false,
            precharge_ohms: None,
            in_service: true,
            calibrated: true,
            settings: Settings::default(),
            story: Story::solar_day(),
        }
    }
}

/// How each cell starts, from B- up; as many as there are cells.
#[derive(Clone, PartialEq, Debug)]
pub enum StartCells {
    /// States of charge; 1.0 is full.
    Shares(Vec<f64>),
    /// Rest voltages in V. A voltage that no rest reaches gives the nearest one that some does.
    Volts(Vec<f64>),
}

impl StartCells {
    /// How many cells are named.
    fn count(&self) -> usize {
        match self {
            Self::Shares(cells) | Self::Volts(cells) => cells.len(),
        }
    }
}

/// Why a setup cannot be simulated.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The number of cells is out of range.
    #[error("{0} cells are refused: 3 to 24 are possible")]
    Cells(u8),
    /// The cells that start in a way of their own are not as many as the pack has.
    #[error("{named} cells are told how they start, but the pack has {cells}")]
    StartCells {
        /// Cells that were named.
        named: usize,
        /// Cells in series.
        cells: u8,
    },
    /// A parameter is told twice.
    #[error("{0} is told by the pack: leave it out of the parameters")]
    ToldByPack(&'static str),
    /// A number makes no sense.
    #[error("{name} of {value} is refused: it must lie between {low} and {high}")]
    OutOfRange {
        /// Which number.
        name: &'static str,
        /// The value that was refused.
        value: f64,
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// The board does not take the number.
    #[error("the board refuses it: {0}")]
    Config(#[from] ConfigError),
}

impl From<Story> for Setup {
    /// The default setup with everything that the story says about the pack.
    fn from(story: Story) -> Self {
        let usual = Self::default();
        let pack = story.pack.clone();
        Self {
            cells: pack.cells.unwrap_or(usual.cells),
            chemistry: pack.chemistry.unwrap_or(usual.chemistry),
            profile: pack.profile.unwrap_or(usual.profile),
            sensors: pack.sensors.unwrap_or(usual.sensors),
            capacity_ah: pack.capacity_ah.unwrap_or(usual.capacity_ah),
            rated_current_a: pack.rated_current_a.unwrap_or(usual.rated_current_a),
            seed: pack.seed.unwrap_or(usual.seed),
            start_soc: pack.start_soc.unwrap_or(usual.start_soc),
            start_cells: pack.start_cells,
            age_years: pack.age_years.unwrap_or(usual.age_years),
            age_cycles: pack.age_cycles.unwrap_or(usual.age_cycles),
            start_hour: pack.start_hour.unwrap_or(usual.start_hour),
            ideal_sensors: pack.ideal_sensors.unwrap_or(usual.ideal_sensors),
            precharge_ohms: match pack.precharge_ohm {
                Some(ohms) => (ohms > 0.0).then_some(ohms),
                None => usual.precharge_ohms,
            },
            in_service: pack.factory.map_or(usual.in_service, |factory| !factory),
            calibrated: pack.calibrated.unwrap_or(usual.calibrated),
            settings: pack.settings,
            story,
        }
    }
}

impl Setup {
    /// What a board that has been in service for a season would have kept.
    ///
    /// The error of its charge is what counting leaves after a few days since the last full
    /// charge (*guess*: within 3 points, even); with ideal sensors there is none.
    pub(crate) fn memory(&self) -> Option<Persist> {
        /// Days in service, at most of a pack's charge out and in again on each.
        const DAYS: f64 = 120.0;
        /// Share of the capacity that moves in a day.
        const DAILY: f64 = 0.7;
        if !self.in_service {
            return None;
        }
        let wrong = if self.ideal_sensors {
            0.0
        } else {
            0.03 * Stream::new(self.seed, channel::MEMORY).signed(0)
        };
        let moved = Charge::from_amp_hours_f64(self.capacity_ah * DAYS * DAILY)?;
        Some(Persist {
            soc: Some(Ratio::from_f64(self.start_soc + wrong)?.clamped()),
            soc_calibrated: true,
            charged_total: moved,
            discharged_total: moved,
            ..Persist::blank()
        })
    }

    /// The board's configuration: the profile, the pack's capacity and sensors, and then the
    /// settings, of which limits come last, so that they stay as they were told.
    ///
    /// # Errors
    ///
    /// Refuses numbers that make no sense or that the board does not take.
    pub fn config(&self) -> Result<Config, SetupError> {
        if !(3..=24).contains(&self.cells) {
            return Err(SetupError::Cells(self.cells));
        }
        within("start_soc", self.start_soc, 0.0, 1.0)?;
        within("start_hour", self.start_hour, 0.0, 24.0)?;
        within("age_years", self.age_years, 0.0, 50.0)?;
        within("age_cycles", self.age_cycles, 0.0, 1e5)?;
        let capacity = within("capacity_ah", self.capacity_ah, 0.1, 6_553.5)?;
        let rated = within("rated_current_a", self.rated_current_a, 30.0, 500.0)?;
        if let Some(start) = &self.start_cells
            && start.count() != usize::from(self.cells)
        {
            return Err(SetupError::StartCells { named: start.count(), cells: self.cells });
        }
        let mut config = Config::new(self.profile, self.chemistry, self.cells);
        config.set(RATED_CURRENT, thousandths(rated))?;
        config.set(RATED_CAPACITY, thousandths(capacity))?;
        config.set(SENSORS, i32::from(self.sensors))?;
        if let Some(ohms) = self.precharge_ohms {
            config.set(PRECHARGE, thousandths(within("precharge_ohms", ohms, 0.1, 1_000.0)?))?;
        }
        let is_limit = |(id, _): &&(ParamId, i32)| id.as_limit().is_some();
        for &(id, raw) in self.settings.0.iter().filter(|setting| !is_limit(setting)) {
            match Parameter::find(id) {
                Some(row) if TOLD_BY_PACK.contains(&row.key) => {
                    return Err(SetupError::ToldByPack(row.key));
                }
                _ => config.set(id, raw)?,
            }
        }
        config.restore_limits();
        config.set_commissioned(self.in_service);
        for &(id, raw) in self.settings.0.iter().filter(is_limit) {
            config.set(id, raw)?;
        }
        Ok(config)
    }
}

/// Parameters that plant and board must agree on: the words of the pack tell them.
const TOLD_BY_PACK: [&str; 5] = ["cells", "sensors", "chemistry", "profile", "rated_current"];

/// Parameter row: fitted cell-temperature sensors.
const SENSORS: ParamId = ParamId(2);
/// Parameter row: rated current of the board, mA.
const RATED_CURRENT: ParamId = ParamId(5);
/// Parameter row: rated capacity, mAh.
const RATED_CAPACITY: ParamId = ParamId(6);

/// Parameter row: resistor of the pre-charge path, mΩ.
const PRECHARGE: ParamId = ParamId(33);

pub(crate) fn within(
    name: &'static str,
    value: f64,
    low: f64,
    high: f64,
) -> Result<f64, SetupError> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(SetupError::OutOfRange { name, value, low, high })
    }
}

/// A checked number in thousandths, as parameters count amps and ampere-hours.
#[expect(clippy::cast_possible_truncation, reason = "both numbers were held below 6,600 before")]
fn thousandths(value: f64) -> i32 {
    libm::rint(value * 1e3) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellward_params::{Fault, Level};
    use cellward_units::Current;

    #[test]
    fn the_default_board_knows_its_pack() {
        let config = Setup::default().config().unwrap();
        assert_eq!(config.cells(), 16);
        assert_eq!(config.sensors(), 2);
        assert_eq!(config.one_c(), Current::from_amps(280));
        assert_eq!(config.charge_limit(), Current::from_amps(100));
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused_with_their_bounds() {
        let refuse = |setup: Setup| setup.config().unwrap_err().to_string();
        assert!(refuse(Setup { cells: 25, ..Setup::default() }).contains("3 to 24"));
        assert!(
            refuse(Setup { capacity_ah: f64::NAN, ..Setup::default() }).contains("capacity_ah")
        );
        assert!(refuse(Setup { start_soc: 1.01, ..Setup::default() }).contains("start_soc"));
        assert!(refuse(Setup { age_years: 50.1, ..Setup::default() }).contains("age_years"));
        assert!(refuse(Setup { age_cycles: -1.0, ..Setup::default() }).contains("age_cycles"));
    }

    #[test]
    fn settings_are_in_force_and_limits_follow_the_system_parameters_first() {
        let text = "[parameters]\nrated_capacity = 100_000\nshort_circuit_current = 900_000\n\
                    cell_over_voltage.l2.threshold = 3600\n";
        let config = Setup::from(Story::parse(text).unwrap()).config().unwrap();
        assert_eq!(config.one_c(), Current::from_amps(100));
        let limit = |fault| *config.limit(fault, Level::Protection).unwrap();
        assert_eq!(limit(Fault::CellOverVoltage).threshold, 3_600);
        assert_eq!(limit(Fault::ChargeOverCurrent).threshold, 57_500);
    }

    #[test]
    fn what_the_pack_tells_is_refused_as_a_parameter() {
        let told = |text: &str| Setup::from(Story::parse(text).unwrap()).config().unwrap_err();
        assert_eq!(told("[parameters]\ncells = 8\n"), SetupError::ToldByPack("cells"));
    }

    #[test]
    fn cells_that_start_in_their_own_way_must_be_as_many_as_the_pack_has() {
        let text = "[pack]\ncells = 4\nstart_cells_mv = [3300, 3300, 3300]\n";
        let error = Setup::from(Story::parse(text).unwrap()).config().unwrap_err();
        assert_eq!(error, SetupError::StartCells { named: 3, cells: 4 });
    }

    #[test]
    fn a_story_sets_what_it_names_and_leaves_the_rest() {
        let setup = Setup::from(Story::parse("[pack]\ncells = 4\n").unwrap());
        assert_eq!(setup.cells, 4);
        assert!((setup.capacity_ah - 280.0).abs() < 1e-12);
    }
}

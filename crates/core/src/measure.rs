//! Stage one: what is known now, how old it is, and the scalars that rows compare.
//!
//! Owns the last reading of everything with the time it was last *valid*: a frame that says "no
//! value" does not make a reading younger. Refuses to know thresholds, except the plausibility of
//! its own channels.

use cellward_params::fault::Quantity;
use cellward_params::{Config, MAX_CELLS, MAX_SENSORS};
use cellward_units::{Current, Duration, Instant, NoData, Temperature, Voltage};

use crate::input::{CellsFrame, CurrentFrame, TemperaturesFrame};
use crate::protect::Fresh;

/// Age limits awake: beyond these a reading is stale. Production table, §7.
pub(crate) const CURRENT_AGE: Duration = Duration::from_millis(50);
/// See [`CURRENT_AGE`].
pub(crate) const CELLS_AGE: Duration = Duration::from_millis(300);
/// See [`CURRENT_AGE`].
pub(crate) const TEMPERATURES_AGE: Duration = Duration::from_millis(1_500);
/// Temperatures older than this count as missing sensors. State machine, §2.
const TEMPERATURES_LOST: Duration = Duration::from_secs(10);

/// An extreme and where it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct At<T> {
    pub(crate) index: u8,
    pub(crate) value: T,
}

/// The last readings.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    started: Instant,
    cell_count: usize,
    sensor_count: usize,

    /// Current as the chip gave it, before the zero is taken off.
    raw_current: Result<Current, NoData>,
    zero: Current,
    port: Result<Voltage, NoData>,
    current_valid: Option<Instant>,
    current_answered: Option<Instant>,

    cells: [Result<Voltage, NoData>; MAX_CELLS],
    pack: Result<Voltage, NoData>,
    cells_valid: Option<Instant>,
    cells_answered: Option<Instant>,
    sum: Option<Voltage>,
    highest: Option<At<Voltage>>,
    lowest: Option<At<Voltage>>,

    temperatures: [Result<Temperature, NoData>; MAX_SENSORS],
    switch_temperature: Result<Temperature, NoData>,
    board_temperature: Result<Temperature, NoData>,
    temperatures_valid: Option<Instant>,
    temperatures_answered: Option<Instant>,
    hottest: Option<At<Temperature>>,
    coldest: Option<At<Temperature>>,
    temperatures_whole: bool,

    short_circuit: bool,
}

impl Measure {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        Self {
            started: now,
            cell_count: config.cells(),
            sensor_count: config.sensors(),
            raw_current: Err(NoData::NotYet),
            zero: Current::ZERO,
            port: Err(NoData::NotYet),
            current_valid: None,
            current_answered: None,
            cells: [Err(NoData::NotYet); MAX_CELLS],
            pack: Err(NoData::NotYet),
            cells_valid: None,
            cells_answered: None,
            sum: None,
            highest: None,
            lowest: None,
            temperatures: [Err(NoData::NotYet); MAX_SENSORS],
            switch_temperature: Err(NoData::NotYet),
            board_temperature: Err(NoData::NotYet),
            temperatures_valid: None,
            temperatures_answered: None,
            hottest: None,
            coldest: None,
            temperatures_whole: false,
            short_circuit: false,
        }
    }

    /// Takes a reading of the fast channel.
    pub(crate) fn take_current(&mut self, frame: &CurrentFrame, now: Instant) {
        self.raw_current = frame.current;
        self.port = frame.port;
        if answered(&frame.current) {
            self.current_answered = Some(now);
        }
        if frame.current.is_ok() {
            self.current_valid = Some(now);
        }
    }

    /// Takes a reading of every cell.
    pub(crate) fn take_cells(&mut self, frame: &CellsFrame<'_>, now: Instant) {
        let mut sum = Some(Voltage::ZERO);
        let mut highest: Option<At<Voltage>> = None;
        let mut lowest: Option<At<Voltage>> = None;
        let mut given = frame.cells.iter().copied();
        for (index, slot) in (0_u8..).zip(self.cells.iter_mut().take(self.cell_count)) {
            *slot = given.next().unwrap_or(Err(NoData::NoAnswer));
            let Ok(value) = *slot else {
                sum = None;
                continue;
            };
            sum = sum.map(|sum| sum + value);
            if highest.is_none_or(|best| value > best.value) {
                highest = Some(At { index, value });
            }
            if lowest.is_none_or(|best| value < best.value) {
                lowest = Some(At { index, value });
            }
        }
        (self.sum, self.highest, self.lowest) = (sum, highest, lowest);
        self.pack = frame.pack;
        if self.cells().all(|cell| told(&cell)) && told(&frame.pack) {
            self.cells_answered = Some(now);
        }
        if sum.is_some() && frame.pack.is_ok() {
            self.cells_valid = Some(now);
        }
    }

    /// Takes a reading of every temperature.
    pub(crate) fn take_temperatures(&mut self, frame: &TemperaturesFrame, now: Instant) {
        self.temperatures = frame.cells;
        self.switch_temperature = frame.switches;
        self.board_temperature = frame.board;
        let mut hottest: Option<At<Temperature>> = None;
        let mut coldest: Option<At<Temperature>> = None;
        let mut complete = true;
        for (index, reading) in (0_u8..).zip(frame.cells.iter().take(self.sensor_count)) {
            let Ok(value) = *reading else {
                complete = false;
                continue;
            };
            if hottest.is_none_or(|best| value > best.value) {
                hottest = Some(At { index, value });
            }
            if coldest.is_none_or(|best| value < best.value) {
                coldest = Some(At { index, value });
            }
        }
        (self.hottest, self.coldest) = (hottest, coldest);
        if self.temperatures().all(|reading| answered(&reading)) {
            self.temperatures_answered = Some(now);
        }
        self.temperatures_whole = complete;
        if complete {
            self.temperatures_valid = Some(now);
        }
    }

    /// Every reading that was fresh at `before` is as fresh now: see `Input::Unchanged`. What had
    /// no value or no answer then has none now.
    pub(crate) fn take_unchanged(&mut self, before: Instant, now: Instant) {
        let current_answered = answered(&self.raw_current);
        let cells_answered = self.cells().all(|cell| told(&cell)) && told(&self.pack);
        let temperatures_answered = self.temperatures().all(|reading| answered(&reading));
        let cells_whole = self.sum.is_some() && self.pack.is_ok();
        for (at, limit, holds) in [
            (&mut self.current_valid, CURRENT_AGE, self.raw_current.is_ok()),
            (&mut self.cells_valid, CELLS_AGE, cells_whole),
            (&mut self.temperatures_valid, TEMPERATURES_AGE, self.temperatures_whole),
            (&mut self.current_answered, CURRENT_AGE, current_answered),
            (&mut self.cells_answered, CELLS_AGE, cells_answered),
            (&mut self.temperatures_answered, TEMPERATURES_AGE, temperatures_answered),
        ] {
            if holds && at.is_some_and(|at| before.since(at) <= limit) {
                *at = Some(now);
            }
        }
    }

    /// Which sets of readings are within their age limits.
    pub(crate) fn fresh(&self, now: Instant) -> Fresh {
        Fresh {
            current: self.current_age(now) <= CURRENT_AGE,
            cells: self.cells_age(now) <= CELLS_AGE,
            temperatures: self.temperatures_age(now) <= TEMPERATURES_AGE,
        }
    }

    /// Takes another number of cells or sensors: what was read of the old ones counts no more.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        if config.cells() != self.cell_count {
            self.cell_count = config.cells();
            self.cells = [Err(NoData::NotYet); MAX_CELLS];
            (self.sum, self.highest, self.lowest) = (None, None, None);
            self.cells_valid = None;
        }
        if config.sensors() != self.sensor_count {
            self.sensor_count = config.sensors();
            self.temperatures = [Err(NoData::NotYet); MAX_SENSORS];
            (self.hottest, self.coldest) = (None, None);
            self.temperatures_whole = false;
            self.temperatures_valid = None;
        }
    }

    /// The chip saw a short circuit; or the load that made it is gone.
    pub(crate) const fn set_short_circuit(&mut self, present: bool) {
        self.short_circuit = present;
    }

    /// What the current channel shows when nothing flows.
    pub(crate) const fn set_zero(&mut self, zero: Current) {
        self.zero = zero;
    }

    /// Current before the zero is taken off, for the zero to be learnt from.
    pub(crate) const fn raw_current(&self) -> Result<Current, NoData> {
        self.raw_current
    }

    /// Current, zero taken off; positive charges. Fails once it is stale.
    pub(crate) fn current(&self, now: Instant) -> Result<Current, NoData> {
        let current = self.latest_current()?;
        if self.current_age(now) > CURRENT_AGE { Err(NoData::Stale) } else { Ok(current) }
    }

    /// The same without looking at its age, for the moment it arrives.
    pub(crate) fn latest_current(&self) -> Result<Current, NoData> {
        self.raw_current.map(|raw| raw - self.zero)
    }

    /// P- against B-.
    pub(crate) const fn port(&self) -> Result<Voltage, NoData> {
        self.port
    }

    /// Each cell of the pack.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Result<Voltage, NoData>> {
        self.cells.iter().take(self.cell_count).copied()
    }

    /// Whether the chip says that a sampling wire of this cell is open.
    pub(crate) fn on_open_wire(&self, cell: u8) -> bool {
        self.cells.get(usize::from(cell)) == Some(&Err(NoData::WireOpen))
    }

    /// Each fitted cell sensor.
    pub(crate) fn temperatures(&self) -> impl Iterator<Item = Result<Temperature, NoData>> {
        self.temperatures.iter().take(self.sensor_count).copied()
    }

    pub(crate) const fn pack(&self) -> Result<Voltage, NoData> {
        self.pack
    }

    pub(crate) const fn sum(&self) -> Option<Voltage> {
        self.sum
    }

    pub(crate) const fn highest(&self) -> Option<At<Voltage>> {
        self.highest
    }

    pub(crate) const fn lowest(&self) -> Option<At<Voltage>> {
        self.lowest
    }

    pub(crate) const fn hottest(&self) -> Option<At<Temperature>> {
        self.hottest
    }

    pub(crate) const fn coldest(&self) -> Option<At<Temperature>> {
        self.coldest
    }

    pub(crate) const fn switch_temperature(&self) -> Result<Temperature, NoData> {
        self.switch_temperature
    }

    pub(crate) const fn board_temperature(&self) -> Result<Temperature, NoData> {
        self.board_temperature
    }

    /// Whether current, cells and pack have been valid at least once.
    pub(crate) const fn complete(&self) -> bool {
        self.current_valid.is_some()
            && self.cells_valid.is_some()
            && self.temperatures_valid.is_some()
    }

    /// When the older of the last valid current and cell readings was taken.
    pub(crate) fn oldest_valid(&self) -> Option<Instant> {
        Some(self.current_valid?.min(self.cells_valid?))
    }

    /// How long the current channel has not answered, counted from start before it first does. A
    /// sensor that answers "broken" has answered: that is another row than staleness.
    pub(crate) fn current_age(&self, now: Instant) -> Duration {
        now.since(self.current_answered.unwrap_or(self.started))
    }

    /// The same for the set of cells and pack.
    pub(crate) fn cells_age(&self, now: Instant) -> Duration {
        now.since(self.cells_answered.unwrap_or(self.started))
    }

    /// The same for the set of temperatures.
    pub(crate) fn temperatures_age(&self, now: Instant) -> Duration {
        now.since(self.temperatures_answered.unwrap_or(self.started))
    }

    /// Whether temperatures are fresh enough to close a switch.
    pub(crate) fn temperatures_fresh(&self, now: Instant) -> bool {
        self.temperatures_valid.is_some_and(|at| now.since(at) <= TEMPERATURES_AGE)
    }

    /// The next moment at which a reading passes an age limit, if nothing arrives.
    pub(crate) fn age_deadline(&self, now: Instant) -> Option<Instant> {
        let started = Some(self.started);
        let current = self.current_answered.or(started)?;
        let cells = self.cells_answered.or(started)?;
        let temperatures = self.temperatures_answered.or(started)?;
        let oldest = self.oldest_valid().or(started)?;
        let just_beyond = Duration::from_micros(1);
        [
            current + CURRENT_AGE + just_beyond,
            cells + CELLS_AGE + just_beyond,
            temperatures + TEMPERATURES_AGE + just_beyond,
            temperatures + TEMPERATURES_LOST + just_beyond,
            oldest + crate::protect::PERMIT_LIFE,
            current.min(cells) + crate::protect::PERMIT_LIFE,
        ]
        .into_iter()
        .filter(|&deadline| deadline > now)
        .min()
    }

    /// The scalar that rows compare, in the inner resolution of its quantity; `None` while it
    /// cannot be told.
    pub(crate) fn quantity(&self, quantity: Quantity, now: Instant) -> Option<i32> {
        match quantity {
            Quantity::HighestCell => Some(self.highest?.value.as_microvolts()),
            Quantity::LowestCell => Some(self.lowest?.value.as_microvolts()),
            Quantity::Pack => Some(self.pack.ok()?.as_microvolts()),
            Quantity::ChargeCurrent => Some(self.latest_current().ok()?.as_ten_microamps()),
            Quantity::DischargeCurrent => Some((-self.latest_current().ok()?).as_ten_microamps()),
            Quantity::HottestCell => Some(self.hottest?.value.as_millicelsius()),
            Quantity::ColdestCell => Some(self.coldest?.value.as_millicelsius()),
            Quantity::Switches => Some(self.switch_temperature.ok()?.as_millicelsius()),
            Quantity::Board => Some(self.board_temperature.ok()?.as_millicelsius()),
            Quantity::SensorMissing => self.sensor_missing(now),
            Quantity::OpenWire => {
                let open = Err(NoData::WireOpen);
                Some(i32::from(self.pack == open || self.cells().any(|cell| cell == open)))
            }
            Quantity::SumMismatch => Some(i32::from(self.sum_mismatch()?)),
            Quantity::Staleness => Some(self.staleness(now)),
            Quantity::ChipSilence => Some(i32::from(self.chip_silent(now))),
            Quantity::CurrentInvalid => {
                Some(i32::from(matches!(self.raw_current, Err(reason) if !is_silence(reason))))
            }
            Quantity::ShortCircuit => Some(i32::from(self.short_circuit)),
        }
    }

    /// Whether a quantity rests on every reading of its set.
    pub(crate) const fn is_whole(&self, quantity: Quantity) -> bool {
        match quantity {
            Quantity::HighestCell | Quantity::LowestCell => self.sum.is_some(),
            Quantity::HottestCell | Quantity::ColdestCell => self.temperatures_whole,
            _ => true,
        }
    }

    /// Whether the readings behind a quantity are beyond their age limit.
    pub(crate) fn is_stale(&self, quantity: Quantity, now: Instant) -> bool {
        match quantity {
            Quantity::ChargeCurrent | Quantity::DischargeCurrent | Quantity::CurrentInvalid => {
                self.current_age(now) > CURRENT_AGE
            }
            Quantity::HighestCell
            | Quantity::LowestCell
            | Quantity::Pack
            | Quantity::OpenWire
            | Quantity::SumMismatch => self.cells_age(now) > CELLS_AGE,
            Quantity::HottestCell
            | Quantity::ColdestCell
            | Quantity::Switches
            | Quantity::Board => self.temperatures_age(now) > TEMPERATURES_AGE,
            Quantity::SensorMissing
            | Quantity::Staleness
            | Quantity::ChipSilence
            | Quantity::ShortCircuit => false,
        }
    }

    /// Which cell or sensor a quantity comes from.
    pub(crate) fn source_of(&self, quantity: Quantity) -> Option<u8> {
        match quantity {
            Quantity::HighestCell => Some(self.highest?.index),
            Quantity::LowestCell => Some(self.lowest?.index),
            Quantity::HottestCell => Some(self.hottest?.index),
            Quantity::ColdestCell => Some(self.coldest?.index),
            Quantity::SensorMissing => place(self.temperatures(), |reading| reading.is_err()),
            Quantity::OpenWire => place(self.cells(), |cell| cell == Err(NoData::WireOpen)),
            _ => None,
        }
    }

    /// A fitted sensor without a value, or all of them too old. Unknown before the first frame.
    fn sensor_missing(&self, now: Instant) -> Option<i32> {
        let lost = self.temperatures_age(now) > TEMPERATURES_LOST;
        let unplugged = self.temperatures().any(|t| t.is_err_and(|reason| !is_silence(reason)));
        let unknown = self.temperatures().any(|t| t == Err(NoData::NotYet));
        if unknown && !lost {
            return None;
        }
        Some(i32::from(lost || unplugged))
    }

    /// Cells and pack disagree by more than 1 % of the pack and more than 0.3 V. Production table
    /// §2. Not judged while a cell or the pack has no value.
    fn sum_mismatch(&self) -> Option<bool> {
        let pack = self.pack.ok()?;
        let apart = (self.sum? - pack).abs();
        let hundredth = Voltage::from_microvolts(pack.abs().as_microvolts() / 100);
        Some(apart > hundredth && apart > Voltage::from_millivolts(300))
    }

    /// 0 fresh, 1 beyond an age limit, 2 beyond the permit.
    fn staleness(&self, now: Instant) -> i32 {
        let (current, cells) = (self.current_age(now), self.cells_age(now));
        if current.max(cells) >= crate::protect::PERMIT_LIFE {
            return 2;
        }
        let stale = current > CURRENT_AGE
            || cells > CELLS_AGE
            || self.temperatures_age(now) > TEMPERATURES_AGE;
        i32::from(stale)
    }

    /// The chip says nothing at all, or nothing that survives its check.
    fn chip_silent(&self, now: Instant) -> bool {
        let errors =
            self.raw_current == Err(NoData::ChipError) || self.pack == Err(NoData::ChipError);
        errors || (self.current_age(now) > CURRENT_AGE && self.cells_age(now) > CELLS_AGE)
    }
}

/// Whether a reason means that the chip did not answer, rather than that a sensor is broken.
const fn is_silence(reason: NoData) -> bool {
    matches!(reason, NoData::NotYet | NoData::ChipError | NoData::NoAnswer | NoData::Stale)
}

/// Whether a reading is an answer, if only that its sensor is broken.
fn answered<T>(reading: &Result<T, NoData>) -> bool {
    !matches!(reading, Err(reason) if is_silence(*reason))
}

/// The same for a cell or the pack, where only an open wire has a row of its own: any other reason
/// for no value is silence, so that it is told as stale data.
fn told(reading: &Result<Voltage, NoData>) -> bool {
    matches!(reading, Ok(_) | Err(NoData::WireOpen))
}

/// The place of the first reading that matches.
fn place<T>(readings: impl Iterator<Item = T>, matches: impl Fn(T) -> bool) -> Option<u8> {
    (0_u8..).zip(readings).find_map(|(index, reading)| matches(reading).then_some(index))
}

//! Stage one: what is known now, how old it is, and the scalars that rows compare.
//!
//! Owns the last reading of everything with the time it was last *valid*: a frame that says "no
//! value" does not make a reading younger. Refuses to know thresholds, except the plausibility of
//! its own channels.

use cellward_params::fault::{Flag, Quantity, Watch};
use cellward_params::{Config, MAX_CELLS, MAX_SENSORS, Profile};
use cellward_units::{Current, Duration, Instant, NoData, Ratio, Temperature, Voltage};

use crate::drift::Drift;
use crate::flags::Flags;
use crate::input::{CellsFrame, CurrentFrame, Sensed, TemperaturesFrame};
use crate::ntc::{NtcCurve, NtcPoint, NtcTable};
use crate::protect::Fresh;
use crate::runaway::Runaway;
use crate::wiring;

/// Age limits awake: beyond these a reading is stale. Production table, §7.
pub(crate) const CURRENT_AGE: Duration = Duration::from_millis(50);
/// See [`CURRENT_AGE`].
pub(crate) const CELLS_AGE: Duration = Duration::from_millis(300);
/// See [`CURRENT_AGE`].
pub(crate) const TEMPERATURES_AGE: Duration = Duration::from_millis(1_500);
/// What is added to the drop over the path when next to nothing flows: there 0.30 V shows what
/// 0.40 V shows under current. Requirement R-020.
const SMALL_CURRENT_EXTRA: Voltage = Voltage::from_millivolts(100);
/// From here on a cell counts as connected. *Guess*: below it no cell of a pack in service reads,
/// and it only counts taps.
const LIVE_CELL: Voltage = Voltage::from_millivolts(500);
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

    runaway: Runaway,
    drift: Drift,

    /// Whether the cells and the pack agree; `None` while one of them has no value.
    sum_mismatch: Option<bool>,
    /// Whether a cell reads beyond what is plausible.
    implausible: bool,
    /// The lowest tap that the readings show to be in the wrong place, and for how many readings.
    bad_tap: Option<(u8, u8)>,
    /// The lowest tap that the chip says is open.
    open_tap: Option<u8>,
    /// Voltage over both switches while both are closed.
    path_drop: Option<Voltage>,
    /// Cells that carry a voltage.
    live_cells: Option<u8>,
    /// State of charge as last estimated; for alarms only.
    soc: Option<Ratio>,
    /// The cell that lay outside of the window for new cells at the first start.
    outside_window: Option<u8>,

    calibration: Calibration,
}

/// What the configuration says about the channels.
#[derive(Clone, Debug)]
struct Calibration {
    /// Added to the gain of the current channel, of the cells and of the pack.
    current: Ratio,
    cells: Ratio,
    pack: Ratio,
    ntc: NtcTable,
    plausible: (Voltage, Voltage),
    /// Differences between cells are judged only below this current; at any without one.
    quiet_current: Option<Current>,
    /// Below this current the path between the switches is judged more strictly.
    small_current: Current,
}

impl Calibration {
    fn new(config: &Config) -> Self {
        let system = config.system();
        let strict = config.profile() == Profile::Strict;
        let share = |permille| Ratio::from_permille(permille);
        Self {
            current: Ratio::from_ppm(system.current_gain),
            cells: Ratio::from_ppm(system.cell_gain),
            pack: Ratio::from_ppm(system.pack_gain),
            ntc: NtcTable::new(&curve(config)),
            plausible: (
                Voltage::from_millivolts(system.plausible_low),
                Voltage::from_millivolts(system.plausible_high),
            ),
            quiet_current: strict.then(|| config.one_c().scaled_by(share(100))),
            small_current: config.rated_current().scaled_by(share(20)),
        }
    }
}

/// The curve of the temperature sensors: three points if they make sense, else the Beta.
fn curve(config: &Config) -> NtcCurve {
    let system = config.system();
    let point = |decicelsius, ohms| {
        Some(NtcPoint {
            decicelsius: i16::try_from(decicelsius).ok()?,
            ohms: u32::try_from(ohms).ok()?,
        })
    };
    let points = || {
        NtcCurve::three_points([
            point(system.ntc_cold, system.ntc_cold_ohms)?,
            point(system.ntc_middle, system.ntc_middle_ohms)?,
            point(system.ntc_hot, system.ntc_hot_ohms)?,
        ])
    };
    let beta = u32::try_from(system.ntc_beta).unwrap_or(0);
    let by_points = if system.ntc_cold_ohms > 0 { points() } else { None };
    by_points.unwrap_or_else(|| NtcCurve::nearest_beta(beta))
}

/// A reading with its channel's correction.
fn corrected(voltage: Voltage, gain: Ratio) -> Voltage {
    if gain == Ratio::ZERO { voltage } else { voltage + voltage.scaled_by(gain) }
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
            runaway: Runaway::new(),
            drift: Drift::new(),
            sum_mismatch: None,
            implausible: false,
            bad_tap: None,
            open_tap: None,
            path_drop: None,
            live_cells: None,
            soc: None,
            outside_window: None,
            calibration: Calibration::new(config),
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
        let gain = self.calibration.cells;
        let mut open = false;
        let mut sum = Some(Voltage::ZERO);
        let mut highest: Option<At<Voltage>> = None;
        let mut lowest: Option<At<Voltage>> = None;
        let mut given = frame.cells.iter().copied();
        let live = frame.cells.iter().filter(|cell| cell.is_ok_and(|cell| cell >= LIVE_CELL));
        self.live_cells = u8::try_from(live.count()).ok();
        for (index, slot) in (0_u8..).zip(self.cells.iter_mut().take(self.cell_count)) {
            *slot = given.next().unwrap_or(Err(NoData::NoAnswer));
            let Ok(raw) = *slot else {
                open |= *slot == Err(NoData::WireOpen);
                sum = None;
                continue;
            };
            let value = corrected(raw, gain);
            *slot = Ok(value);
            sum = sum.map(|sum| sum + value);
            if highest.is_none_or(|best| value > best.value) {
                highest = Some(At { index, value });
            }
            if lowest.is_none_or(|best| value < best.value) {
                lowest = Some(At { index, value });
            }
        }
        (self.sum, self.highest, self.lowest) = (sum, highest, lowest);
        self.pack = frame.pack.map(|pack| corrected(pack, self.calibration.pack));
        self.sum_mismatch = self.mismatch();
        self.look_at_wiring(open);
        if self.cells().all(|cell| told(&cell)) && told(&frame.pack) {
            self.cells_answered = Some(now);
        }
        if sum.is_some() && frame.pack.is_ok() {
            self.cells_valid = Some(now);
        }
    }

    /// What the cells say about the taps.
    fn look_at_wiring(&mut self, open: bool) {
        let (low, high) = self.calibration.plausible;
        self.implausible = self.lowest.is_some_and(|at| at.value < low)
            || self.highest.is_some_and(|at| at.value > high);
        let cells = self.cells.get(..self.cell_count).unwrap_or(&[]);
        self.open_tap = if open { wiring::open_tap(cells) } else { None };
        // Every harness in the wrong order makes some cell read what no cell can.
        let bad = if self.implausible {
            wiring::swapped_tap(cells).or_else(|| wiring::shifted_tap(cells, self.pack))
        } else {
            None
        };
        self.bad_tap = bad.map(|tap| match self.bad_tap {
            Some((before, times)) if before == tap => (tap, times.saturating_add(1)),
            _ => (tap, 1),
        });
    }

    /// Takes a reading of every temperature.
    pub(crate) fn take_temperatures(&mut self, frame: &TemperaturesFrame, now: Instant) {
        let ntc = &self.calibration.ntc;
        let read = |sensed: &Result<Sensed, NoData>| match *sensed {
            Ok(Sensed::Temperature(temperature)) => Ok(temperature),
            Ok(Sensed::Ntc { ohms }) => ntc.temperature(ohms),
            Err(reason) => Err(reason),
        };
        let fitted = frame.cells.iter().take(self.sensor_count);
        for (slot, sensed) in self.temperatures.iter_mut().zip(fitted) {
            *slot = read(sensed);
        }
        self.switch_temperature = read(&frame.switches);
        self.board_temperature = read(&frame.board);
        let readings = self.temperatures.get(..self.sensor_count).unwrap_or(&[]);
        self.runaway.take(readings, now);
        let mut hottest: Option<At<Temperature>> = None;
        let mut coldest: Option<At<Temperature>> = None;
        let mut complete = true;
        for (index, reading) in (0_u8..).zip(readings) {
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

    /// Once a minute: looks whether a cell sinks while the pack rests.
    pub(crate) fn look_for_drift(&mut self, resting: bool, now: Instant) {
        let cells = self.cells.iter().take(self.cell_count).copied();
        self.drift.take(cells, resting, now);
    }

    /// Somebody took note of a cell that sinks: it is watched from the beginning.
    pub(crate) fn forget_drift(&mut self) {
        self.drift = Drift::new();
    }

    /// Takes another calibration, and another number of cells or sensors: what was read of the old
    /// ones counts no more.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        self.calibration = Calibration::new(config);
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

    /// What lies over both switches while both are closed; `None` otherwise.
    pub(crate) const fn set_path_drop(&mut self, drop: Option<Voltage>) {
        self.path_drop = drop;
    }

    /// What lies over both switches while both are closed.
    pub(crate) const fn path_drop(&self) -> Option<Voltage> {
        self.path_drop
    }

    /// The cell that lies outside of the window for new cells, if one does.
    pub(crate) const fn set_outside_window(&mut self, cell: Option<u8>) {
        self.outside_window = cell;
    }

    /// The first cell outside of a window, counted from 0.
    pub(crate) fn outside(&self, low: Voltage, high: Voltage) -> Option<u8> {
        place(self.cells(), |cell| cell.is_ok_and(|cell| cell < low || cell > high))
    }

    /// Taps that carry a voltage above the one below, as many as the chip sees, whatever is
    /// configured; `None` while nothing has been read.
    pub(crate) const fn live_cells(&self) -> Option<u8> {
        self.live_cells
    }

    /// The state of charge as last estimated. Only alarms look at it.
    pub(crate) const fn set_soc(&mut self, soc: Option<Ratio>) {
        self.soc = soc;
    }

    /// The lowest tap that two readings in a row have shown to be in the wrong place.
    pub(crate) fn bad_tap(&self) -> Option<u8> {
        self.bad_tap.and_then(|(tap, times)| (times >= 2).then_some(tap))
    }

    /// Whether a cell reads beyond what is plausible.
    pub(crate) const fn implausible(&self) -> bool {
        self.implausible
    }

    /// Whether next to nothing flows, as far as the path between the switches is judged.
    pub(crate) fn is_small_current(&self) -> bool {
        self.latest_current().is_ok_and(|current| current.abs() < self.calibration.small_current)
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
        let gain = self.calibration.current;
        self.raw_current.map(|raw| {
            let current = raw - self.zero;
            if gain == Ratio::ZERO { current } else { current + current.scaled_by(gain) }
        })
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

    /// The scalar that levels compare, in the inner resolution of its quantity; `None` while it
    /// cannot be told.
    pub(crate) fn quantity(&self, quantity: Quantity) -> Option<i32> {
        match quantity {
            Quantity::HighestCell => Some(self.highest?.value.as_microvolts()),
            Quantity::LowestCell => Some(self.lowest?.value.as_microvolts()),
            Quantity::Pack => Some(self.pack.ok()?.as_microvolts()),
            Quantity::CellDifference => self.cell_difference(),
            Quantity::ChargeCurrent => Some(self.latest_current().ok()?.as_ten_microamps()),
            Quantity::DischargeCurrent => Some((-self.latest_current().ok()?).as_ten_microamps()),
            Quantity::PathDrop => {
                // With next to no current a tenth of a volt less already shows a diode.
                let drop = self.path_drop?;
                let extra =
                    if self.is_small_current() { SMALL_CURRENT_EXTRA } else { Voltage::ZERO };
                Some((drop + extra).as_microvolts())
            }
            Quantity::HottestCell => Some(self.hottest?.value.as_millicelsius()),
            Quantity::ColdestCell => Some(self.coldest?.value.as_millicelsius()),
            Quantity::TemperatureDifference => {
                let (hot, cold) = (self.hottest?.value, self.coldest?.value);
                Some((hot - cold).as_millikelvin())
            }
            // Tenths of a kelvin to mK.
            Quantity::RateOfRise => Some(self.runaway.rate()?.0.saturating_mul(100)),
            Quantity::Switches => Some(self.switch_temperature.ok()?.as_millicelsius()),
            Quantity::Board => Some(self.board_temperature.ok()?.as_millicelsius()),
            Quantity::DriftInAnHour => Some(self.drift.hour()?.0.saturating_mul(1_000)),
            Quantity::DriftInADay => Some(self.drift.day()?.0.saturating_mul(1_000)),
            Quantity::Soc => Some(self.soc?.as_ppm()),
        }
    }

    /// Highest minus lowest cell, while little enough flows that it says something about charge
    /// and not about resistance.
    fn cell_difference(&self) -> Option<i32> {
        if let Some(limit) = self.calibration.quiet_current
            && self.latest_current().is_ok_and(|current| current.abs() >= limit)
        {
            return None;
        }
        Some((self.highest?.value - self.lowest?.value).as_microvolts())
    }

    /// What the readings say about every flag that they can say something about.
    pub(crate) fn flags(&self, now: Instant) -> Flags {
        let mut flags = Flags::default();
        flags.put_if_known(Flag::SensorMissing, self.sensor_missing(now));
        flags.put(Flag::SwitchSensorMissing, self.switch_sensor_missing());
        flags.put(
            Flag::OpenWire,
            self.open_tap.is_some()
                || self.pack == Err(NoData::WireOpen)
                || self.bad_tap().is_some(),
        );
        flags.put_if_known(Flag::SumMismatch, self.sum_mismatch);
        flags.put(Flag::ChipSilent, self.chip_silent(now));
        let invalid = matches!(self.raw_current, Err(reason) if !is_silence(reason));
        flags.put(Flag::CurrentInvalid, invalid);
        let (current, cells) = (self.current_age(now), self.cells_age(now));
        let stale = current > CURRENT_AGE
            || cells > CELLS_AGE
            || self.temperatures_age(now) > TEMPERATURES_AGE;
        flags.put(Flag::Stale, stale);
        flags.put(Flag::PermitEnded, current.max(cells) >= crate::protect::PERMIT_LIFE);
        flags.put(Flag::Runaway, self.runaway.hot_runaway().is_some());
        flags
    }

    /// Whether a quantity rests on every reading of its set.
    pub(crate) const fn is_whole(&self, quantity: Quantity) -> bool {
        match quantity {
            Quantity::HighestCell | Quantity::LowestCell | Quantity::CellDifference => {
                self.sum.is_some()
            }
            Quantity::HottestCell | Quantity::ColdestCell | Quantity::TemperatureDifference => {
                self.temperatures_whole
            }
            _ => true,
        }
    }

    /// Whether the readings behind what a level watches are beyond their age limit.
    pub(crate) fn is_stale(&self, watch: Watch, now: Instant) -> bool {
        let current = || self.current_age(now) > CURRENT_AGE;
        let cells = || self.cells_age(now) > CELLS_AGE;
        let temperatures = || self.temperatures_age(now) > TEMPERATURES_AGE;
        match watch {
            Watch::High(quantity) | Watch::Low(quantity) => match quantity {
                Quantity::ChargeCurrent | Quantity::DischargeCurrent | Quantity::PathDrop => {
                    current()
                }
                Quantity::HighestCell
                | Quantity::LowestCell
                | Quantity::Pack
                | Quantity::CellDifference
                | Quantity::DriftInAnHour
                | Quantity::DriftInADay => cells(),
                Quantity::HottestCell
                | Quantity::ColdestCell
                | Quantity::TemperatureDifference
                | Quantity::RateOfRise
                | Quantity::Switches
                | Quantity::Board => temperatures(),
                Quantity::Soc => false,
            },
            Watch::While(flag) => match flag {
                Flag::CurrentInvalid => current(),
                Flag::OpenWire | Flag::SumMismatch => cells(),
                Flag::SwitchSensorMissing | Flag::Runaway => temperatures(),
                _ => false,
            },
            Watch::Alert => false,
        }
    }

    /// Which cell or sensor a quantity comes from.
    pub(crate) fn source_of(&self, quantity: Quantity) -> Option<u8> {
        match quantity {
            Quantity::HighestCell => Some(self.highest?.index),
            Quantity::LowestCell => Some(self.lowest?.index),
            Quantity::HottestCell => Some(self.hottest?.index),
            Quantity::ColdestCell => Some(self.coldest?.index),
            Quantity::RateOfRise => Some(self.runaway.rate()?.1),
            Quantity::DriftInAnHour => Some(self.drift.hour()?.1),
            Quantity::DriftInADay => Some(self.drift.day()?.1),
            _ => None,
        }
    }

    /// Which sensor or tap a flag comes from.
    pub(crate) fn place_of(&self, flag: Flag) -> Option<u8> {
        match flag {
            Flag::SensorMissing => place(self.temperatures(), |reading| reading.is_err()),
            Flag::OpenWire => self.open_tap.or_else(|| self.bad_tap()),
            Flag::Runaway => self.runaway.hot_runaway(),
            Flag::OutsideWindow => self.outside_window,
            _ => None,
        }
    }

    /// The switch sensor is fitted and answers without a value.
    fn switch_sensor_missing(&self) -> bool {
        self.switch_temperature
            .is_err_and(|reason| !is_silence(reason) && reason != NoData::NotFitted)
    }

    /// A fitted sensor without a value, or all of them too old. Unknown before the first frame.
    fn sensor_missing(&self, now: Instant) -> Option<bool> {
        let lost = self.temperatures_age(now) > TEMPERATURES_LOST;
        let unplugged = self.temperatures().any(|t| t.is_err_and(|reason| !is_silence(reason)));
        let unknown = self.temperatures().any(|t| t == Err(NoData::NotYet));
        if unknown && !lost {
            return None;
        }
        Some(lost || unplugged)
    }

    /// Cells and pack disagree by more than 1 % of the pack and more than 0.3 V. Production table
    /// §2. Not judged while a cell or the pack has no value.
    fn mismatch(&self) -> Option<bool> {
        let pack = self.pack.ok()?;
        let apart = (self.sum? - pack).abs();
        let hundredth = Voltage::from_microvolts(pack.abs().as_microvolts() / 100);
        Some(apart > hundredth && apart > Voltage::from_millivolts(300))
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

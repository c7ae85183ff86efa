//! Stage two: the fault table run as data, one small state machine per level.
//!
//! Owns what is tripped and since when, and mints the permit to close a switch. Refuses to know
//! estimation, storage, ports and bytes.

mod level;
mod permit;
mod release;

use cellward_params::fault::{Blocks, FaultRow, Quantity, Watch};
use cellward_params::limit::{Base, LIMIT_COUNT, LIMITS, LimitRow, least_hysteresis};
use cellward_params::reason::Until;
use cellward_params::{ActiveFault, Config, Fault, Level, Limit, Switch};
use cellward_units::{Duration, Instant};

pub(crate) use level::Edge;
use level::{Standing, State, Thresholds};
pub(crate) use permit::PERMIT_LIFE;
pub use permit::Permit;
use release::Story;

use crate::measure::Measure;
use crate::port::Port;

/// Which readings are new, so that only rows that watch them are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fresh {
    pub(crate) current: bool,
    pub(crate) cells: bool,
    pub(crate) temperatures: bool,
}

/// Which set of readings a quantity comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Group {
    Current,
    Cells,
    Temperatures,
    /// Ages and alerts, which change without a reading.
    Always,
}

impl Group {
    const fn of(quantity: Quantity) -> Self {
        match quantity {
            Quantity::ChargeCurrent | Quantity::DischargeCurrent | Quantity::CurrentInvalid => {
                Self::Current
            }
            Quantity::HighestCell
            | Quantity::LowestCell
            | Quantity::Pack
            | Quantity::OpenWire
            | Quantity::SumMismatch => Self::Cells,
            Quantity::HottestCell
            | Quantity::ColdestCell
            | Quantity::Switches
            | Quantity::Board => Self::Temperatures,
            Quantity::SensorMissing
            | Quantity::Staleness
            | Quantity::ChipSilence
            | Quantity::ShortCircuit => Self::Always,
        }
    }

    /// Whether rows of this group are to be compared now.
    const fn is_fresh(self, fresh: Fresh) -> bool {
        match self {
            Self::Current => fresh.current,
            Self::Cells => fresh.cells,
            Self::Temperatures => fresh.temperatures,
            Self::Always => true,
        }
    }
}

/// How strongly a switch is blocked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Block {
    /// Nothing blocks it.
    #[default]
    No,
    /// Rows of its own direction block it: the reverse-current rule applies.
    Direction,
    /// A row that opens both blocks it: no exception.
    Full,
}

/// One level of one fault, compiled from the tables into the resolution of its quantity.
#[derive(Clone, Copy, Debug)]
struct Guard {
    row: &'static FaultRow,
    limit_row: &'static LimitRow,
    quantity: Quantity,
    group: Group,
    thresholds: Thresholds,
    release_delay: Duration,
    /// Threshold and recovery as stored, for people.
    shown: (i32, i32),
    state: State,
    story: Story,
    /// What started its delay, raw in the unit of the limit, and where.
    started_by: (Option<i32>, Option<u8>),
    /// What tripped it, likewise.
    tripped_by: (Option<i32>, Option<u8>),
}

/// Something that set or cleared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) active: ActiveFault,
    pub(crate) edge: Edge,
}

/// The protection stage.
#[derive(Clone, Debug)]
pub(crate) struct Protect {
    guards: [Guard; LIMIT_COUNT],
    blocks: [Block; 2],
    balancing_blocked: bool,
    /// The earliest instant at which some delay ends.
    due: Option<Instant>,
}

impl Protect {
    pub(crate) fn new(config: &Config) -> Self {
        let mut limits = config.limits();
        let guards = core::array::from_fn(|place| match limits.next() {
            Some((row, limit)) => Guard::new(config, row, limit),
            // Both arrays have LIMIT_COUNT entries; a repeated row would only guard twice.
            None => Guard::repeated(config, place),
        });
        Self { guards, blocks: [Block::No; 2], balancing_blocked: false, due: None }
    }

    /// Takes new limits. What is tripped stays tripped and recovers by the new ones.
    pub(crate) fn reconfigure(&mut self, config: &Config) {
        for (guard, (row, limit)) in self.guards.iter_mut().zip(config.limits()) {
            let compiled = Guard::new(config, row, limit);
            *guard = Guard {
                state: guard.state,
                story: guard.story,
                started_by: guard.started_by,
                tripped_by: guard.tripped_by,
                ..compiled
            };
        }
    }

    /// Compares what is fresh, lets time pass, and tells every change.
    pub(crate) fn step(
        &mut self,
        measure: &Measure,
        fresh: Fresh,
        port: &Port,
        now: Instant,
        mut tell: impl FnMut(Change),
    ) {
        let mut changed = false;
        let mut next_due: Option<Instant> = None;
        // Levels of one fault stand side by side and watch the same quantity.
        let mut looked_at: Option<(Quantity, Option<i32>)> = None;
        for guard in &mut self.guards {
            if guard.group.is_fresh(fresh) {
                let value = match looked_at {
                    Some((quantity, value)) if quantity == guard.quantity => value,
                    _ => measure.quantity(guard.quantity, now),
                };
                looked_at = Some((guard.quantity, value));
                guard.compare(value, measure, now);
            }
            if matches!(guard.state, State::Clear) {
                continue;
            }
            if let Some(change) = guard.advance(measure, port, now) {
                changed = true;
                tell(change);
            }
            next_due = [next_due, guard.deadline()].into_iter().flatten().min();
        }
        self.due = next_due;
        if changed {
            self.sum_up();
        }
    }

    /// The chip acted by itself: the level is tripped, whatever the readings say. If it was
    /// tripped already, everything that its release waits for starts again.
    pub(crate) fn force(
        &mut self,
        fault: Fault,
        level: Level,
        measure: &Measure,
        now: Instant,
        mut tell: impl FnMut(Change),
    ) {
        for guard in &mut self.guards {
            let row = guard.limit_row;
            if row.fault != fault || row.level != level {
                continue;
            }
            let again = guard.state.active();
            guard.state = State::Active { tripped: now, recovering: None };
            if again {
                guard.story.tripped(now);
                continue;
            }
            guard.note_trip(measure, now);
            tell(Change { active: guard.as_active(), edge: Edge::Set(Duration::ZERO) });
        }
        self.sum_up();
    }

    /// How strongly `switch` is blocked.
    pub(crate) const fn block(&self, switch: Switch) -> Block {
        let [charge, discharge] = self.blocks;
        match switch {
            Switch::Charge => charge,
            Switch::Discharge => discharge,
        }
    }

    /// Whether cells may be bled as far as faults are concerned.
    pub(crate) const fn balancing_allowed(&self) -> bool {
        !self.balancing_blocked
    }

    /// The permit to close, if the measurements carry one: complete, fresh, and not in self-test.
    pub(crate) fn permit(&self, measure: &Measure, now: Instant) -> Option<Permit> {
        if !measure.complete() {
            return None;
        }
        Permit::mint(measure.oldest_valid()?, measure.temperatures_fresh(now), now)
    }

    /// Every active level, most serious first.
    pub(crate) fn active(&self) -> impl Iterator<Item = ActiveFault> {
        let hard = self.active_at(Level::Hard);
        let protection = self.active_at(Level::Protection);
        hard.chain(protection).chain(self.active_at(Level::Alarm))
    }

    fn active_at(&self, level: Level) -> impl Iterator<Item = ActiveFault> {
        self.guards
            .iter()
            .filter(move |guard| guard.limit_row.level == level && guard.state.active())
            .map(Guard::as_active)
    }

    /// What blocks `switch`, most serious first: the fault, the way out, and when it would
    /// release as things stand.
    pub(crate) fn reasons(
        &self,
        switch: Switch,
    ) -> impl Iterator<Item = (ActiveFault, Until, Option<Instant>)> {
        [Level::Hard, Level::Protection].into_iter().flat_map(move |level| {
            self.guards.iter().filter_map(move |guard| {
                let blocking = guard.limit_row.level == level
                    && guard.state.active()
                    && guard.blocks().includes(switch);
                blocking.then(|| (guard.as_active(), guard.until(), guard.release_at()))
            })
        })
    }

    /// Whether a level is active.
    pub(crate) fn is_active(&self, fault: Fault, level: Level) -> bool {
        self.guards.iter().any(|guard| {
            guard.limit_row.fault == fault && guard.limit_row.level == level && guard.state.active()
        })
    }

    /// A person or host asked for `switch`: relief for what keeps it open and waits for one.
    pub(crate) fn relieve(&mut self, switch: Switch) {
        let active = self.guards.iter_mut().filter(|guard| guard.state.active());
        for guard in active.filter(|guard| guard.blocks().includes(switch)) {
            guard.story.relieve();
        }
    }

    /// When `step` must be called next for a delay to end on time.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Whether every comparison would come out the same for `other` as for `measure`.
    pub(crate) fn same_standings(&self, measure: &Measure, other: &Measure, now: Instant) -> bool {
        self.guards.iter().all(|guard| {
            let standing = |m: &Measure| guard.thresholds.standing(m.quantity(guard.quantity, now));
            standing(measure) == standing(other)
                && measure.is_whole(guard.quantity) == other.is_whole(guard.quantity)
        })
    }

    /// Recomputes what all active rows together block.
    fn sum_up(&mut self) {
        let mut blocks = [Block::No; 2];
        let mut balancing_blocked = false;
        for guard in self.guards.iter().filter(|guard| guard.state.active()) {
            let strength = match guard.blocks() {
                Blocks::Nothing => continue,
                Blocks::Both => Block::Full,
                Blocks::Charge | Blocks::Discharge => Block::Direction,
            };
            balancing_blocked |= !guard.row.balancing;
            for (&switch, block) in Switch::ALL.iter().zip(&mut blocks) {
                if guard.blocks().includes(switch) {
                    *block = strength.max(*block);
                }
            }
        }
        self.blocks = blocks;
        self.balancing_blocked = balancing_blocked;
    }
}

impl Guard {
    fn new(config: &Config, limit_row: &'static LimitRow, limit: &Limit) -> Self {
        let row = limit_row.fault.row();
        let (high, quantity) = match row.watch {
            Watch::High(quantity) => (true, quantity),
            Watch::Low(quantity) => (false, quantity),
            // No row with limits is only reported (tested in the table's crate).
            Watch::Reported => (true, Quantity::ShortCircuit),
        };
        let cells = i32::try_from(config.cells()).unwrap_or(i32::MAX);
        let apart = least_hysteresis(limit_row.base, config.chemistry(), cells);
        // A stored pair that is too close (a real board shipped one reversed) works with the
        // least hysteresis; the stored number is still what is shown.
        let recovery = if high {
            limit.recovery.min(limit.threshold.saturating_sub(apart))
        } else {
            limit.recovery.max(limit.threshold.saturating_add(apart))
        };
        let scale = inner_steps(limit_row.base);
        Self {
            row,
            limit_row,
            quantity,
            group: Group::of(quantity),
            thresholds: Thresholds {
                high,
                trip: limit.threshold.saturating_mul(scale),
                recover: recovery.saturating_mul(scale),
                delay: limit.delay,
            },
            release_delay: limit.release_delay,
            shown: (limit.threshold, recovery),
            state: State::Clear,
            story: Story::default(),
            started_by: (None, None),
            tripped_by: (None, None),
        }
    }

    /// Only for a place that has no limit of its own, which does not exist.
    fn repeated(config: &Config, place: usize) -> Self {
        let row = LIMITS.get(place % LIMIT_COUNT).unwrap_or(&FIRST_LIMIT);
        let limit = Limit {
            threshold: 1,
            recovery: 1,
            delay: Duration::ZERO,
            release_delay: Duration::ZERO,
        };
        Self::new(config, row, &limit)
    }

    /// What this level opens.
    fn blocks(&self) -> Blocks {
        let [alarm, protection, hard] = self.row.blocks;
        match self.limit_row.level {
            Level::Alarm => alarm,
            Level::Protection => protection,
            Level::Hard => hard,
        }
    }

    /// Compares the latest value of its quantity.
    fn compare(&mut self, value: Option<i32>, measure: &Measure, now: Instant) {
        let standing = self.thresholds.standing(value);
        if matches!(self.state, State::Clear) && standing != Standing::Beyond {
            // The way nearly every comparison goes.
            return;
        }
        // An extreme of only some of the readings may be beyond, but says nothing good: the
        // missing one may be the bad one.
        let good = standing != Standing::Beyond;
        let proven = !good || measure.is_whole(self.quantity);
        let starts = matches!(self.state, State::Clear);
        self.state.compare(if proven { standing } else { Standing::Unknown }, now);
        if starts {
            self.started_by = self.seen(measure, now);
        }
        let of_a_cell = matches!(self.quantity, Quantity::HighestCell | Quantity::LowestCell);
        let on_open_wire = self.started_by.1.is_some_and(|cell| measure.on_open_wire(cell));
        if of_a_cell && on_open_wire && matches!(self.state, State::Pending { .. }) {
            // What started the delay was the floating wire, not the cell.
            self.state = State::Clear;
        }
    }

    /// Lets time pass.
    fn advance(&mut self, measure: &Measure, port: &Port, now: Instant) -> Option<Change> {
        if self.state.active() {
            self.story.observe(port, now);
        }
        if let State::Active { tripped, recovering: Some(_) } = self.state
            && measure.is_stale(self.quantity, now)
        {
            // Silence proves nothing good.
            self.state = State::Active { tripped, recovering: None };
        }
        let release_at = self.release_at();
        let edge = self.state.advance(&self.thresholds, release_at, now)?;
        let active = match edge {
            Edge::Set(_) => {
                self.note_trip(measure, now);
                self.as_active()
            }
            Edge::Cleared(_) => {
                let active = self.as_active();
                self.story.released(now);
                active
            }
        };
        Some(Change { active, edge })
    }

    /// Remembers what tripped it and where.
    fn note_trip(&mut self, measure: &Measure, now: Instant) {
        let standing = self.thresholds.standing(measure.quantity(self.quantity, now));
        // A value that went missing before the delay ended is told as it was when it began.
        self.tripped_by =
            if standing == Standing::Beyond { self.seen(measure, now) } else { self.started_by };
        self.story.tripped(now);
    }

    /// The value now, raw in the unit of the limit, and where.
    fn seen(&self, measure: &Measure, now: Instant) -> (Option<i32>, Option<u8>) {
        let value = measure.quantity(self.quantity, now);
        let raw = value.and_then(|value| value.checked_div(inner_steps(self.limit_row.base)));
        (raw, measure.source_of(self.quantity))
    }

    /// From when on it may release, as things stand.
    fn release_at(&self) -> Option<Instant> {
        let State::Active { tripped, recovering: Some(recovering) } = self.state else {
            return None;
        };
        // Alarms open nothing, so the plain recovery is enough for them.
        let rule = match self.limit_row.level {
            Level::Alarm => cellward_params::fault::Release::Recovery,
            Level::Protection | Level::Hard => self.row.release,
        };
        self.story.release_at(rule, tripped, recovering, self.release_delay)
    }

    /// When it must be looked at next.
    fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Pending { since } => Some(since + self.thresholds.delay),
            State::Active { .. } => self.release_at(),
            State::Clear => None,
        }
    }

    /// What must happen for it to release.
    fn until(&self) -> Until {
        let value = (self.limit_row.base != Base::State).then_some(self.shown.1);
        self.story.until(self.row.release, value)
    }

    fn as_active(&self) -> ActiveFault {
        let measured = self.limit_row.base != Base::State;
        let (value, index) = self.tripped_by;
        ActiveFault {
            fault: self.limit_row.fault,
            level: self.limit_row.level,
            index,
            value: value.filter(|_| measured),
            limit: measured.then_some(self.shown.0),
        }
    }
}

/// How many inner steps of the quantity one raw step of a limit is.
const fn inner_steps(base: Base) -> i32 {
    match base {
        // mV to µV.
        Base::Cell | Base::PackDown | Base::PackUp => 1_000,
        // mA to 10 µA, and 0.1 °C to m°C.
        Base::RatedCurrent | Base::ChargeLimit | Base::Temperature => 100,
        Base::State => 1,
    }
}

/// The first limit, for the lookup that cannot miss.
const FIRST_LIMIT: LimitRow = match LIMITS.first() {
    Some(row) => *row,
    None => unreachable!(),
};

//! From snapshots with their times to what the estimator looks at.

use cellward_lab::{SPEAKS_FOR, Sample};
use cellward_params::Snapshot;
use cellward_params::point::Shape;
use cellward_units::{Current, Duration, Temperature, Voltage};

/// Nobody knows how long a board was off that started anew, so that nothing of what was believed
/// before is left.
const OFF: Duration = Duration::from_secs(86_400);

/// What a snapshot must hold to be looked at.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Complete {
    /// Every cell, from the negative end.
    cells: Vec<Voltage>,
    /// Positive charges.
    current: Current,
    /// The mean of all sensors that have a value. The estimator looks at the mean of the cells, whose
    /// resistance goes with their mean temperature; by the coldest sensor they would seem to have less
    /// of it than they do, and to give more power.
    temperature: Temperature,
}

impl Complete {
    /// `None` where a cell, the current or every temperature is absent.
    pub(super) fn of(snapshot: &Snapshot) -> Option<Self> {
        let cells = snapshot.cell_voltage.get(..snapshot.count(Shape::Cells))?;
        let cells: Vec<Voltage> = cells.iter().copied().collect::<Result<_, _>>().ok()?;
        let sensors = snapshot.temperature.iter().take(snapshot.count(Shape::Sensors));
        let millis: Vec<i64> =
            sensors.flatten().map(|sensor| i64::from(sensor.as_millicelsius())).collect();
        let mean = millis.iter().sum::<i64>().checked_div(i64::try_from(millis.len()).ok()?)?;
        (!cells.is_empty()).then_some(Self {
            cells,
            current: snapshot.current.ok()?,
            temperature: Temperature::from_millicelsius(i32::try_from(mean).ok()?),
        })
    }
}

/// Samples on their way to the estimator.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Samples {
    /// Those that are complete.
    pub(super) samples: Vec<Sample>,
    /// When the last of them was, on the clock of the file.
    last: Option<Duration>,
    /// Whether that clock began anew since.
    restarted: bool,
    /// How many were not complete.
    pub(super) left_out: usize,
}

impl From<Vec<Sample>> for Samples {
    fn from(samples: Vec<Sample>) -> Self {
        Self { samples, ..Self::default() }
    }
}

impl Samples {
    /// Takes in what was seen at a time on the clock of the file. What was seen at the same time as
    /// the last is no sample, for no time went by.
    ///
    /// # Errors
    ///
    /// When time runs back.
    pub(super) fn take(&mut self, at: Duration, seen: Option<Complete>) -> Result<(), String> {
        let count = self.samples.first().map(|first| first.cells.len());
        let fits = |seen: &Complete| count.is_none_or(|count| count == seen.cells.len());
        let Some(seen) = seen.filter(fits) else {
            self.left_out += 1;
            return Ok(());
        };
        let (lasted, passed) = match self.last {
            None => (Duration::ZERO, Duration::ZERO),
            Some(_) if self.restarted => (OFF, Duration::ZERO),
            Some(last) if at == last => return Ok(()),
            Some(last) => {
                let passed = at.as_micros().checked_sub(last.as_micros()).ok_or_else(|| {
                    let seconds = [last, at].map(Duration::to_secs_f64);
                    format!("time runs back from {} s to {} s", seconds[0], seconds[1])
                })?;
                (Duration::from_micros(passed), Duration::from_micros(passed))
            }
        };
        let before = self.samples.last().map_or(Duration::ZERO, |sample| sample.at);
        let Complete { cells, current, temperature } = seen;
        self.samples.push(Sample { at: before + passed, lasted, cells, current, temperature });
        (self.last, self.restarted) = (Some(at), false);
        Ok(())
    }

    /// The clock of the file begins anew: the board was off, nobody knows for how long.
    pub(super) fn restart(&mut self) {
        self.restarted = true;
    }
}

/// How much there is of them, in words.
pub(super) fn words(samples: &[Sample]) -> String {
    let cells = samples.first().map_or(0, |sample| sample.cells.len());
    let span = samples.last().map_or(Duration::ZERO, |sample| sample.at);
    let plural = if cells == 1 { "" } else { "s" };
    let mut text =
        format!("{} readings of {cells} cell{plural} over {}", samples.len(), span_words(span));
    let gaps: Vec<Duration> =
        samples.iter().map(|sample| sample.lasted).filter(|lasted| *lasted > SPEAKS_FOR).collect();
    if let Some(longest) = gaps.iter().max() {
        let long = match *longest {
            OFF => "the board was off".to_owned(),
            longest if gaps.len() == 1 => span_words(longest),
            longest => format!("the longest {}", span_words(longest)),
        };
        let plural = if gaps.len() == 1 { "" } else { "s" };
        text += &format!(
            ", with {} gap{plural} of more than a minute ({long}) in which nothing is known",
            gaps.len()
        );
    }
    text
}

/// A span of time for people.
pub(super) fn span_words(span: Duration) -> String {
    let seconds = span.to_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.0} s")
    } else if seconds < 3_600.0 {
        format!("{:.1} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}

//! The uniform face of a point: what a map, a JSON writer or a page sees.

use cellward_units::{
    Charge, Current, Duration, Energy, NoData, Power, Ratio, Resistance, Temperature, Voltage,
};

use crate::state::{ChargeDoubt, PathVerdict};
use crate::{Chemistry, Fault, Flow, Level, Lights, Mode, OffReasons, ShortText, Unit};

/// The value of a point, or of one element of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'a> {
    /// A number in the unit of the row, counting `10^-decimals` of it.
    Number(Result<i64, NoData>),
    /// Yes or no.
    Flag(Result<bool, NoData>),
    /// One word of a closed vocabulary, by its key.
    Word(Result<&'static str, NoData>),
    /// A free text.
    Text(Result<&'a str, NoData>),
    /// The active faults.
    Faults(Result<&'a FaultList, NoData>),
    /// Why a switch is open.
    Reasons(Result<&'a OffReasons, NoData>),
    /// Both lights.
    Lights(Result<&'a Lights, NoData>),
}

/// What kind of value a point, or each element of it, has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// [`Value::Number`].
    Number,
    /// [`Value::Flag`].
    Flag,
    /// [`Value::Word`], with the stable numbers of its words.
    Word(&'static [(u8, &'static str)]),
    /// [`Value::Text`].
    Text,
    /// [`Value::Faults`].
    Faults,
    /// [`Value::Reasons`].
    Reasons,
    /// [`Value::Lights`].
    Lights,
}

/// A level of a fault that is active now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActiveFault {
    /// Which fault.
    pub fault: Fault,
    /// Which level of it.
    pub level: Level,
    /// Cell, sensor or switch, counted from 0, where the fault has one.
    pub index: Option<u8>,
    /// The value that tripped, raw in the unit of the limit; absent where only a bit was reported.
    pub value: Option<i32>,
    /// The threshold in force, raw in the unit of the limit; absent where only a bit was reported.
    pub limit: Option<i32>,
}

/// Most levels that can be active at once: every line of the table of limits has a place.
pub const MOST_FAULTS: usize = 80;

/// The active faults, most serious first.
pub type FaultList = heapless::Vec<ActiveFault, MOST_FAULTS>;

/// What every field type of a snapshot can do.
pub(crate) trait PointValue {
    /// What kind of value it is.
    const KIND: Kind;
    /// The value that says only why there is none.
    fn absent(reason: NoData) -> Self;
    /// Element `index`, or `None` past the end; a scalar has only element 0.
    fn element(&self, index: usize, unit: Unit) -> Option<Value<'_>>;
    /// Replaces element `index`: the inverse of [`element`](Self::element). What the type cannot
    /// hold becomes [`NoData::Implausible`]; a value of another kind changes nothing and gives
    /// `false`.
    fn put(&mut self, index: usize, unit: Unit, value: Value<'_>) -> bool;
}

/// Makes a `Result` of a plain type a point value.
macro_rules! point_value {
    ($($type:ty => |$value:ident, $unit:ident| $make:expr,
       $kind:ident $(of $words:expr,)? ($raw:ident) => $take:expr;)*) => {$(
        impl PointValue for Result<$type, NoData> {
            const KIND: Kind = Kind::$kind $(($words))?;

            fn absent(reason: NoData) -> Self {
                Err(reason)
            }

            fn element(&self, index: usize, $unit: Unit) -> Option<Value<'_>> {
                if index > 0 {
                    return None;
                }
                let $value = self.as_ref().map_err(|&reason| reason);
                Some($make)
            }

            fn put(&mut self, index: usize, $unit: Unit, value: Value<'_>) -> bool {
                let Value::$kind(reading) = value else {
                    return false;
                };
                if index > 0 {
                    return false;
                }
                *self = reading.and_then(|$raw| $take.ok_or(NoData::Implausible));
                true
            }
        }
    )*};
}

point_value! {
    Voltage => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_millivolts()))),
        Number(raw) => millivolts(raw);
    Current => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_milliamps()))),
        Number(raw) => narrow(raw).map(Current::from_milliamps);
    Power => |value, _unit| Value::Number(value.map(|v| v.as_milliwatts())),
        Number(raw) => Some(Power::from_milliwatts(raw));
    Charge => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_milliamp_hours()))),
        Number(raw) => narrow(raw).map(Charge::from_milliamp_hours);
    Energy => |value, _unit| Value::Number(value.map(|v| v.as_milliwatt_hours())),
        Number(raw) => raw.checked_mul(3_600_000).map(Energy::from_microjoules);
    Resistance => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_microohms()))),
        Number(raw) => u32::try_from(raw).ok().map(Resistance::from_microohms);
    Ratio => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_ppm() / 100))),
        Number(raw) => scaled(raw).map(Ratio::from_ppm);
    Temperature => |value, _unit| Value::Number(value.map(|v| i64::from(tenths(*v)))),
        Number(raw) => scaled(raw).map(Temperature::from_millicelsius);
    Duration => |value, unit| Value::Number(value.map(|v| {
        let whole = if unit == Unit::Millisecond { v.as_millis() } else { v.as_secs() };
        i64::try_from(whole).unwrap_or(i64::MAX)
    })),
        Number(raw) => u64::try_from(raw).ok().map(|whole| match unit {
            Unit::Millisecond => Duration::from_millis(whole),
            _ => Duration::from_secs(whole),
        });
    u32 => |value, _unit| Value::Number(value.map(|v| i64::from(*v))),
        Number(raw) => u32::try_from(raw).ok();
    bool => |value, _unit| Value::Flag(value.copied()),
        Flag(raw) => Some(raw);
    Mode => |value, _unit| Value::Word(value.map(|v| v.key())),
        Word of Mode::WORDS, (raw) => Mode::ALL.iter().copied().find(|v| v.key() == raw);
    Flow => |value, _unit| Value::Word(value.map(|v| v.key())),
        Word of Flow::WORDS, (raw) => Flow::ALL.iter().copied().find(|v| v.key() == raw);
    PathVerdict => |value, _unit| Value::Word(value.map(|v| v.key())),
        Word of PathVerdict::WORDS, (raw) => PathVerdict::ALL.iter().copied().find(|v| v.key() == raw);
    ChargeDoubt => |value, _unit| Value::Word(value.map(|v| v.key())),
        Word of ChargeDoubt::WORDS, (raw) => ChargeDoubt::ALL.iter().copied().find(|v| v.key() == raw);
    Chemistry => |value, _unit| Value::Word(value.map(|v| v.key())),
        Word of Chemistry::WORDS, (raw) => Chemistry::ALL.iter().copied().find(|v| v.key() == raw);
    ShortText => |value, _unit| Value::Text(value.map(|v| v.as_str())),
        Text(raw) => Some(ShortText::new(raw));
    FaultList => |value, _unit| Value::Faults(value),
        Faults(raw) => Some(raw.clone());
    OffReasons => |value, _unit| Value::Reasons(value),
        Reasons(raw) => Some(raw.clone());
    Lights => |value, _unit| Value::Lights(value),
        Lights(raw) => Some(*raw);
}

impl<T, const N: usize> PointValue for [T; N]
where
    T: PointValue,
{
    const KIND: Kind = T::KIND;

    fn absent(reason: NoData) -> Self {
        core::array::from_fn(|_| T::absent(reason))
    }

    fn element(&self, index: usize, unit: Unit) -> Option<Value<'_>> {
        self.get(index)?.element(0, unit)
    }

    fn put(&mut self, index: usize, unit: Unit, value: Value<'_>) -> bool {
        self.get_mut(index).is_some_and(|slot| slot.put(0, unit, value))
    }
}

fn narrow(raw: i64) -> Option<i32> {
    i32::try_from(raw).ok()
}

/// Hundredths of a percent as ppm, or tenths of a degree as thousandths.
fn scaled(raw: i64) -> Option<i32> {
    narrow(raw.checked_mul(100)?)
}

/// Past 2,147 V the quantity would stop at its end, which nobody meant.
fn millivolts(raw: i64) -> Option<Voltage> {
    let raw = narrow(raw)?;
    Some(Voltage::from_millivolts(raw)).filter(|voltage| voltage.as_millivolts() == raw)
}

/// A temperature in tenths of a degree, rounded half away from zero.
fn tenths(temperature: Temperature) -> i32 {
    let raw = temperature.as_millicelsius();
    raw.saturating_add(if raw < 0 { -50 } else { 50 }) / 100
}

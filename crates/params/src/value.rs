//! The uniform face of a point: what a map, a JSON writer or a page sees.

use cellward_units::{Charge, Current, Duration, NoData, Power, Ratio, Temperature, Voltage};

use crate::state::PathVerdict;
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
    /// The value that says only why there is none.
    fn absent(reason: NoData) -> Self;
    /// Element `index`, or `None` past the end; a scalar has only element 0.
    fn element(&self, index: usize, unit: Unit) -> Option<Value<'_>>;
}

/// Makes a `Result` of a plain type a point value.
macro_rules! point_value {
    ($($type:ty => |$value:ident, $unit:ident| $make:expr;)*) => {$(
        impl PointValue for Result<$type, NoData> {
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
        }
    )*};
}

point_value! {
    Voltage => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_millivolts())));
    Current => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_milliamps())));
    Power => |value, _unit| Value::Number(value.map(|v| v.as_milliwatts()));
    Charge => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_milliamp_hours())));
    Ratio => |value, _unit| Value::Number(value.map(|v| i64::from(v.as_ppm() / 100)));
    Temperature => |value, _unit| Value::Number(value.map(|v| i64::from(tenths(*v))));
    Duration => |value, unit| Value::Number(value.map(|v| {
        let whole = if unit == Unit::Millisecond { v.as_millis() } else { v.as_secs() };
        i64::try_from(whole).unwrap_or(i64::MAX)
    }));
    u32 => |value, _unit| Value::Number(value.map(|v| i64::from(*v)));
    bool => |value, _unit| Value::Flag(value.copied());
    Mode => |value, _unit| Value::Word(value.map(|v| v.key()));
    Flow => |value, _unit| Value::Word(value.map(|v| v.key()));
    PathVerdict => |value, _unit| Value::Word(value.map(|v| v.key()));
    Chemistry => |value, _unit| Value::Word(value.map(|v| v.key()));
    ShortText => |value, _unit| Value::Text(value.map(|v| v.as_str()));
    FaultList => |value, _unit| Value::Faults(value);
    OffReasons => |value, _unit| Value::Reasons(value);
    Lights => |value, _unit| Value::Lights(value);
}

impl<T, const N: usize> PointValue for [T; N]
where
    T: PointValue,
{
    fn absent(reason: NoData) -> Self {
        core::array::from_fn(|_| T::absent(reason))
    }

    fn element(&self, index: usize, unit: Unit) -> Option<Value<'_>> {
        self.get(index)?.element(0, unit)
    }
}

/// A temperature in tenths of a degree, rounded half away from zero.
fn tenths(temperature: Temperature) -> i32 {
    let raw = temperature.as_millicelsius();
    raw.saturating_add(if raw < 0 { -50 } else { 50 }) / 100
}

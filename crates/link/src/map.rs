//! What the fields and registers of all dialects mean, and the arithmetic between raw numbers and
//! points, parameters and wishes.
//!
//! A dialect's own table says *where* a number stands and pairs it with a [`Meaning`]; everything
//! else follows from the tables of `params`.

use cellward_params::parameter::Field as LimitField;
use cellward_params::{Chemistry, Config, Fault, Flow, Level, ParamId, Point, Snapshot, Value};
use cellward_units::NoData;

/// What a field or register of a dialect means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// A number: `(raw + bias) * scale` in the raw unit of the point.
    Number {
        /// The point.
        point: Point,
        /// Element of a list point, 0 for a scalar.
        index: u8,
        /// Added to the raw number.
        bias: i32,
        /// Multiplies the sum.
        scale: i32,
    },
    /// 0 no, 1 yes; anything else is implausible.
    Flag {
        /// The point.
        point: Point,
    },
    /// Which way charge moves: 0 stationary, 1 charging, 2 discharging.
    Flow,
    /// Kind of cells: 0 LFP, 1 ternary, 2 LTO.
    Chemistry,
    /// Part of a point that several bytes or frames make up; code does it.
    Part {
        /// The point.
        point: Point,
    },
    /// A setting: `(raw + bias) * scale` in the raw unit of the parameter.
    Setting {
        /// The parameter.
        parameter: ParamId,
        /// Added to the raw number.
        bias: i32,
        /// Multiplies the sum.
        scale: i32,
    },
    /// A current limit whose direction its own sign tells: above 30000 discharge, below charge.
    CurrentLimit {
        /// Which level.
        level: Level,
    },
    /// Not mapped, and why.
    Unmapped(&'static str),
}

/// What a board sends when the point has no value; the wire has no word for that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absent {
    /// It stays silent on the whole command: nothing is made up.
    Silent,
    /// It sends this number, which says nothing wrong: a charger not seen, a reserved zero.
    Sends(u32),
    /// It sends this number, which no real value can be; a reader takes it as absent. Real boards
    /// mark absent values so on their newer protocols (B).
    Marked(u32),
}

impl Meaning {
    /// A threshold of the fault table, `(raw + bias) * scale` in the unit of the limit.
    #[must_use]
    pub const fn limit(
        fault: Fault,
        level: Level,
        field: LimitField,
        bias: i32,
        scale: i32,
    ) -> Self {
        Self::Setting { parameter: ParamId::of_limit(fault, level, field), bias, scale }
    }

    /// The raw number that tells this, at most `most`; `None` where there is nothing to tell.
    /// What does not fit is stopped at the ends, one short of a marker for "absent".
    #[must_use]
    pub fn tell(
        &self,
        absent: Absent,
        most: u32,
        snapshot: &Snapshot,
        config: &Config,
    ) -> Option<u32> {
        let most = match absent {
            Absent::Marked(marker) if marker == most => most.saturating_sub(1),
            _ => most,
        };
        let known = match *self {
            Self::Number { point, index, bias, scale } => {
                match snapshot.value(point, usize::from(index)) {
                    Some(Value::Number(Ok(value))) => Some(counted(value, bias, scale, most)),
                    _ => None,
                }
            }
            Self::Flag { point } => match snapshot.value(point, 0) {
                Some(Value::Flag(Ok(yes))) => Some(u32::from(yes)),
                _ => None,
            },
            Self::Flow => snapshot.flow.ok().map(|flow| match flow {
                Flow::Standby | Flow::Precharge => 0,
                Flow::Charging => 1,
                Flow::Discharging => 2,
            }),
            Self::Chemistry => snapshot.chemistry.ok().map(|chemistry| chemistry.code().into()),
            Self::Setting { parameter, bias, scale } => {
                config.raw(parameter).map(|raw| counted(raw.into(), bias, scale, most))
            }
            Self::CurrentLimit { .. } | Self::Part { .. } | Self::Unmapped(_) => None,
        };
        known.or(match absent {
            Absent::Silent => None,
            Absent::Sends(number) | Absent::Marked(number) => Some(number),
        })
    }

    /// Writes what a raw number says into a snapshot. Settings and parts say nothing there.
    pub fn learn(&self, absent: Absent, raw: u32, snapshot: &mut Snapshot) {
        match *self {
            Self::Number { point, index, bias, scale } => {
                let value = if absent == Absent::Marked(raw) {
                    Err(NoData::Unknown)
                } else {
                    Ok(value(raw, bias, scale))
                };
                snapshot.put(point, usize::from(index), Value::Number(value));
            }
            Self::Flag { point } => {
                let value = match raw {
                    _ if absent == Absent::Marked(raw) => Err(NoData::Unknown),
                    0 => Ok(false),
                    1 => Ok(true),
                    _ => Err(NoData::Implausible),
                };
                snapshot.put(point, 0, Value::Flag(value));
            }
            Self::Flow => {
                snapshot.flow = match raw {
                    0 => Ok(Flow::Standby),
                    1 => Ok(Flow::Charging),
                    2 => Ok(Flow::Discharging),
                    _ => Err(NoData::Implausible),
                };
            }
            Self::Chemistry => {
                let code = u8::try_from(raw).unwrap_or(u8::MAX);
                snapshot.chemistry = Chemistry::from_code(code).ok_or(NoData::Implausible);
            }
            Self::Part { .. }
            | Self::Setting { .. }
            | Self::CurrentLimit { .. }
            | Self::Unmapped(_) => {}
        }
    }

    /// The parameter that a raw number sets, with its raw value in the unit of its row.
    #[must_use]
    pub fn setting(&self, raw: u32) -> Option<(ParamId, i32)> {
        match *self {
            Self::Setting { parameter, bias, scale } => {
                Some((parameter, i32::try_from(value(raw, bias, scale)).ok()?))
            }
            _ => None,
        }
    }

    /// The point that this is or is a part of.
    #[must_use]
    pub const fn point(&self) -> Option<Point> {
        match *self {
            Self::Number { point, .. } | Self::Flag { point } | Self::Part { point } => Some(point),
            Self::Flow => Some(Point::ChargeFlow),
            Self::Chemistry => Some(Point::CellChemistry),
            Self::Setting { .. } | Self::CurrentLimit { .. } | Self::Unmapped(_) => None,
        }
    }
}

/// `(raw + bias) * scale`.
pub(crate) fn value(raw: u32, bias: i32, scale: i32) -> i64 {
    i64::from(raw).saturating_add(i64::from(bias)).saturating_mul(i64::from(scale))
}

/// `value / scale - bias`, rounded half away from zero and stopped at 0 and `most`.
pub(crate) fn counted(value: i64, bias: i32, scale: i32, most: u32) -> u32 {
    let size = i64::from(scale).saturating_abs().max(1);
    let half = size / 2;
    let nudged = if value < 0 { value.saturating_sub(half) } else { value.saturating_add(half) };
    let quotient = nudged.checked_div(size).unwrap_or(0);
    let signed = if scale < 0 { quotient.saturating_neg() } else { quotient };
    let number = signed.saturating_sub(i64::from(bias));
    u32::try_from(number.clamp(0, i64::from(most))).unwrap_or(most)
}

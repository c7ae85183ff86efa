//! What the fields and registers of all dialects mean, and the arithmetic between raw numbers and
//! points, parameters and wishes.
//!
//! A dialect's own table says *where* a number stands and pairs it with a [`Meaning`]; everything
//! else follows from the tables of `params`.

use core::fmt;

use cellward_params::parameter::{Field as LimitField, id};
use cellward_params::reason::Why;
use cellward_params::{
    Chemistry, Command, Config, DateTime, Fault, Flow, Level, ParamId, Password, Point, ShortText,
    Snapshot, Switch, Value,
};
use cellward_units::{NoData, Ratio};
use heapless::Vec;

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
    /// Elements of a list point, one word each: `(raw + bias) * scale`.
    List {
        /// The point.
        point: Point,
        /// The element in the first word.
        first: u8,
        /// Added to the raw number.
        bias: i32,
        /// Multiplies the sum.
        scale: i32,
    },
    /// A number that is read as a point and written as a setting: `(raw + bias) * scale`.
    Rating {
        /// The point.
        point: Point,
        /// Element of a list point, 0 for a scalar.
        index: u8,
        /// The setting.
        parameter: ParamId,
        /// Multiplies the raw number.
        scale: i32,
    },
    /// A setting that the alarm and the protection of a fault share: told as the protection's,
    /// written to both.
    Shared {
        /// The fault.
        fault: Fault,
        /// Which number of its limits.
        field: LimitField,
        /// Added to the raw number.
        bias: i32,
        /// Multiplies the sum.
        scale: i32,
    },
    /// A limit of current in a place of its own for each direction. It is told with the sign of
    /// its direction and read by its size, because sources disagree about that sign.
    DirectedCurrent {
        /// Charge or discharge over-current.
        fault: Fault,
        /// Which level.
        level: Level,
    },
    /// A setting in s, `raw * scale`, of which 0xFFFF is never, as 65535 is in the parameter.
    Wait {
        /// Which one.
        parameter: ParamId,
        /// Seconds in one step.
        scale: i32,
    },
    /// A text point, two characters in a word.
    Text {
        /// The point.
        point: Point,
    },
    /// The password as every board leaves the factory, and zeros once one is set, because it must
    /// not be read. Written as a command.
    Password,
    /// Follows from other points; told, and not learnt, because a reader derives it as well.
    Derived(Derived),
    /// Whether a person or a host allows a switch to close: 0 no, 1 yes. Written as a command.
    Permission(Switch),
    /// State of charge in 0.1 %, written as a command.
    Soc,
    /// Calendar time, six bytes: year since 2000, month, day, hour, minute, second. Written as a
    /// command.
    Clock,
    /// A command that is given by writing 1; reads as 0.
    Order(Order),
    /// Not mapped, and why.
    Unmapped(&'static str),
}

/// What follows from other points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Derived {
    /// Average of the cells in mV.
    CellAverage,
    /// Size of the power in W.
    PowerSize,
    /// Hottest minus coldest cell sensor in K.
    TemperatureSpan,
    /// Whether any cell is bled: 0 no, 1 yes.
    Bleeding,
}

/// A command without arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Start anew.
    Restart,
    /// Sleep now.
    Sleep,
    /// Learn the zero of the current.
    LearnZero,
    /// Take back every parameter to its default.
    FactoryReset,
}

impl Order {
    /// The command.
    #[must_use]
    pub const fn command(self) -> Command {
        match self {
            Self::Restart => Command::Restart,
            Self::Sleep => Command::Sleep,
            Self::LearnZero => Command::LearnZero,
            Self::FactoryReset => Command::FactoryReset,
        }
    }
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
    /// As [`Marked`](Self::Marked), for a number that boards mark in several ways: the first is
    /// sent, all are read.
    MarkedAny(&'static [u32]),
}

impl Absent {
    /// Whether this raw number says that there is no value.
    #[must_use]
    pub fn marks(self, raw: u32) -> bool {
        match self {
            Self::Silent | Self::Sends(_) => false,
            Self::Marked(marker) => marker == raw,
            Self::MarkedAny(markers) => markers.contains(&raw),
        }
    }

    /// What is sent for no value.
    #[must_use]
    pub fn sent(self) -> Option<u32> {
        match self {
            Self::Silent => None,
            Self::Sends(number) | Self::Marked(number) => Some(number),
            Self::MarkedAny(markers) => markers.first().copied(),
        }
    }

    /// The number, moved away from the markers: up from 0, down from the others.
    fn avoided(self, number: u32) -> u32 {
        let mut number = number;
        let up = number == 0;
        // There are never more than a few markers.
        for _ in 0..4 {
            if !self.marks(number) {
                break;
            }
            number = if up { number.saturating_add(1) } else { number.saturating_sub(1) };
        }
        number
    }
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
            Self::Wait { parameter, scale } => config
                .raw(parameter)
                .map(|raw| if raw == NEVER { most } else { counted(raw.into(), 0, scale, most) }),
            Self::Rating { point, index, parameter, scale } => {
                let told = snapshot.value(point, usize::from(index));
                let kept = config.raw(parameter).map(i64::from);
                let value = match told {
                    Some(Value::Number(Ok(value))) => Some(value),
                    _ => kept,
                };
                value.map(|value| counted(value, 0, scale, most))
            }
            Self::Shared { fault, field, bias, scale } => {
                let parameter = ParamId::of_limit(fault, Level::Protection, field);
                config.raw(parameter).map(|raw| counted(raw.into(), bias, scale, most))
            }
            Self::DirectedCurrent { fault, level } => {
                let parameter = ParamId::of_limit(fault, level, LimitField::Threshold);
                let size = config.raw(parameter).map(i64::from);
                let scale = if fault == Fault::ChargeOverCurrent { 100 } else { -100 };
                size.map(|size| counted(size, CURRENT_BIAS, scale, most))
            }
            Self::Permission(switch) => {
                let reasons = match switch {
                    Switch::Charge => &snapshot.charge_switch_reasons,
                    Switch::Discharge => &snapshot.discharge_switch_reasons,
                };
                let forbidden = reasons
                    .as_ref()
                    .ok()
                    .map(|reasons| reasons.iter().any(|reason| reason.why == Why::User));
                forbidden.map(|forbidden| u32::from(!forbidden))
            }
            Self::Soc => SOC.tell(Absent::Silent, most, snapshot, config),
            Self::Order(_) => Some(0),
            Self::Derived(derived) => derived.of(snapshot).map(|value| counted(value, 0, 1, most)),
            Self::CurrentLimit { .. }
            | Self::Part { .. }
            | Self::List { .. }
            | Self::Text { .. }
            | Self::Password
            | Self::Clock
            | Self::Unmapped(_) => None,
        };
        known.map(|number| absent.avoided(number)).or_else(|| absent.sent())
    }

    /// What word `place` of a list means by itself; anything but a list is what it is.
    #[must_use]
    pub const fn element(self, place: u8) -> Self {
        match self {
            Self::List { point, first, bias, scale } => {
                Self::Number { point, index: first.saturating_add(place), bias, scale }
            }
            other => other,
        }
    }

    /// Writes what a raw number says into a snapshot. Settings and parts say nothing there.
    pub fn learn(&self, absent: Absent, raw: u32, snapshot: &mut Snapshot) {
        match *self {
            Self::Number { point, index, bias, scale } => {
                let value = if absent.marks(raw) {
                    Err(NoData::Unknown)
                } else {
                    Ok(value(raw, bias, scale))
                };
                snapshot.put(point, usize::from(index), Value::Number(value));
            }
            Self::Rating { point, index, scale, .. } => {
                Self::Number { point, index, bias: 0, scale }.learn(absent, raw, snapshot);
            }
            Self::Soc => SOC.learn(absent, raw, snapshot),
            Self::Flag { point } => {
                let value = match raw {
                    _ if absent.marks(raw) => Err(NoData::Unknown),
                    0 => Ok(false),
                    1 => Ok(true),
                    _ => Err(NoData::Implausible),
                };
                snapshot.put(point, 0, Value::Flag(value));
            }
            Self::Flow => {
                snapshot.flow = match raw {
                    _ if absent.marks(raw) => Err(NoData::Unknown),
                    0 => Ok(Flow::Standby),
                    1 => Ok(Flow::Charging),
                    2 => Ok(Flow::Discharging),
                    _ => Err(NoData::Implausible),
                };
            }
            Self::Chemistry => {
                let code = u8::try_from(raw).unwrap_or(u8::MAX);
                let reason = if absent.marks(raw) { NoData::Unknown } else { NoData::Implausible };
                snapshot.chemistry = Chemistry::from_code(code).ok_or(reason);
            }
            Self::Part { .. }
            | Self::Setting { .. }
            | Self::Wait { .. }
            | Self::CurrentLimit { .. }
            | Self::List { .. }
            | Self::Shared { .. }
            | Self::DirectedCurrent { .. }
            | Self::Text { .. }
            | Self::Password
            | Self::Derived(_)
            | Self::Permission(_)
            | Self::Clock
            | Self::Order(_)
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
            Self::Wait { parameter, .. } if raw == u32::from(u16::MAX) => Some((parameter, NEVER)),
            Self::Wait { parameter, scale } => {
                Some((parameter, i32::try_from(value(raw, 0, scale)).ok()?))
            }
            _ => None,
        }
    }

    /// Every parameter that a raw number sets, with its raw value in the unit of its row: none,
    /// one, or both that share a place.
    #[must_use]
    pub fn settings(&self, raw: u32) -> Vec<(ParamId, i32), 2> {
        let number = |bias, scale| i32::try_from(value(raw, bias, scale)).ok();
        let both = match *self {
            Self::Rating { parameter, scale, .. } => {
                [number(0, scale).map(|v| (parameter, v)), None]
            }
            Self::Chemistry => [number(0, 1).map(|v| (id::chemistry, v)), None],
            Self::Shared { fault, field, bias, scale } => [Level::Alarm, Level::Protection]
                .map(|level| Some((ParamId::of_limit(fault, level, field), number(bias, scale)?))),
            Self::DirectedCurrent { fault, level } => {
                let parameter = ParamId::of_limit(fault, level, LimitField::Threshold);
                [number(CURRENT_BIAS, 100).map(|v| (parameter, v.saturating_abs())), None]
            }
            _ => [self.setting(raw), None],
        };
        both.into_iter().flatten().collect()
    }

    /// The command that these words give; `None` for what is no command or makes no sense.
    #[must_use]
    pub fn command(&self, words: &[u16]) -> Option<Command> {
        match (*self, words) {
            (Self::Permission(switch), [word @ (0 | 1)]) => {
                Some(Command::AllowSwitch { switch, allowed: *word == 1 })
            }
            (Self::Soc, [permille @ 0..=1_000]) => {
                Some(Command::SetSoc(Ratio::from_permille((*permille).into())))
            }
            (Self::Password, words) => password(words).map(Command::SetPassword),
            (Self::Order(order), [1]) => Some(order.command()),
            (Self::Clock, [a, b, c]) => {
                let [[year, month], [day, hour], [minute, second]] =
                    [a, b, c].map(|word| word.to_be_bytes());
                DateTime::new([year, month, day, hour, minute, second]).map(Command::SetClock)
            }
            _ => None,
        }
    }

    /// The point that this is or is a part of.
    #[must_use]
    pub const fn point(&self) -> Option<Point> {
        match *self {
            Self::Number { point, .. }
            | Self::Flag { point }
            | Self::Part { point }
            | Self::List { point, .. }
            | Self::Rating { point, .. }
            | Self::Text { point } => Some(point),
            Self::Flow => Some(Point::ChargeFlow),
            Self::Chemistry => Some(Point::CellChemistry),
            Self::Soc => Some(Point::SocShown),
            Self::Clock => Some(Point::BoardClock),
            Self::Setting { .. }
            | Self::Wait { .. }
            | Self::CurrentLimit { .. }
            | Self::Shared { .. }
            | Self::DirectedCurrent { .. }
            | Self::Password
            | Self::Derived(_)
            | Self::Permission(_)
            | Self::Order(_)
            | Self::Unmapped(_) => None,
        }
    }
}

/// The six characters of the vendor's register; `None` where they can be no password.
fn password(words: &[u16]) -> Option<Password> {
    let mut text = Vec::<u8, { Password::FEWEST }>::new();
    for word in words {
        text.extend_from_slice(&word.to_be_bytes()).ok()?;
    }
    Password::new(core::str::from_utf8(&text).ok()?).ok()
}

impl Derived {
    /// The value, in the unit of the variant; `None` while something that it needs is missing.
    #[must_use]
    pub fn of(self, snapshot: &Snapshot) -> Option<i64> {
        let count = snapshot.count(Point::CellVoltage.row().shape);
        match self {
            Self::CellAverage => {
                let sum = i64::from(snapshot.cell_voltage_sum.ok()?.as_millivolts());
                sum.checked_div(i64::try_from(count).ok()?)
            }
            Self::PowerSize => {
                let milliwatts = snapshot.power.ok()?.as_milliwatts().saturating_abs();
                // Captured boards cut what is left of a watt.
                Some(milliwatts / 1_000)
            }
            Self::TemperatureSpan => {
                let high = snapshot.highest_temperature.ok()?.as_celsius();
                let low = snapshot.lowest_temperature.ok()?.as_celsius();
                Some(high.saturating_sub(low).into())
            }
            Self::Bleeding => {
                let cells = snapshot.cell_bleeding.get(..count)?;
                let known = cells.iter().any(Result::is_ok);
                known.then(|| i64::from(cells.contains(&Ok(true))))
            }
        }
    }
}

/// What stands for never in a wait, in the table of parameters and on the wire.
const NEVER: i32 = 65_535;
/// What stands for no current on every dialect of the vendor.
const CURRENT_BIAS: i32 = -30_000;

/// State of charge as these dialects send it.
const SOC: Meaning = Meaning::Number { point: Point::SocShown, index: 0, bias: 0, scale: 10 };

/// What this writes, cut where a short text ends.
pub(crate) fn written(arguments: fmt::Arguments<'_>) -> ShortText {
    /// Lets a short text be written to.
    struct Text(ShortText);

    impl fmt::Write for Text {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for character in text.chars() {
                self.0.push(character);
            }
            Ok(())
        }
    }

    let mut text = Text(ShortText::EMPTY);
    // Writing to a short text cannot fail; what does not fit is cut.
    let _ = fmt::Write::write_fmt(&mut text, arguments);
    text.0
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

//! Calendar time, as boards and hosts tell it: seconds of a day that exists. It is data and drives
//! nothing; whoever needs time to pass uses [`cellward_units::Instant`].

use core::fmt;

/// A second of a day between 2000 and 2099, without a time zone: whatever the host calls its time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DateTime {
    /// Years since 2000, 0 to 99.
    year: u8,
    /// 1 to 12.
    month: u8,
    /// 1 to 31.
    day: u8,
    /// 0 to 23.
    hour: u8,
    /// 0 to 59.
    minute: u8,
    /// 0 to 59.
    second: u8,
}

/// Seconds of a day.
const DAY: u32 = 86_400;

/// Days of a month, 1 to 12; every fourth year from 2000 to 2099 is a leap year.
const fn days_of(year: u8, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year & 3 == 0 => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    }
}

/// Days of a year.
const fn days_in(year: u8) -> u32 {
    if year & 3 == 0 { 366 } else { 365 }
}

impl DateTime {
    /// The second that these six numbers name, the year counted from 2000; `None` where there is
    /// no such day or time.
    #[must_use]
    pub const fn new(bytes: [u8; 6]) -> Option<Self> {
        let [year, month, day, hour, minute, second] = bytes;
        if year > 99
            || day < 1
            || day > days_of(year, month)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        Some(Self { year, month, day, hour, minute, second })
    }

    /// The six numbers: year since 2000, month, day, hour, minute, second.
    #[must_use]
    pub const fn bytes(self) -> [u8; 6] {
        [self.year, self.month, self.day, self.hour, self.minute, self.second]
    }

    /// The second that lies so many after the beginning of 2000; `None` past 2099.
    #[must_use]
    pub fn from_seconds(seconds: u32) -> Option<Self> {
        let mut days = seconds / DAY;
        let rest = seconds % DAY;
        let mut year = 0_u8;
        while days >= days_in(year) {
            days = days.saturating_sub(days_in(year));
            year = year.saturating_add(1);
        }
        let mut month = 1_u8;
        while days >= u32::from(days_of(year, month)) && month < 12 {
            days = days.saturating_sub(days_of(year, month).into());
            month = month.saturating_add(1);
        }
        let byte = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        let day = byte(days).saturating_add(1);
        Self::new([year, month, day, byte(rest / 3_600), byte(rest / 60 % 60), byte(rest % 60)])
    }

    /// Seconds since the beginning of 2000.
    #[must_use]
    pub fn seconds(self) -> u32 {
        let years = (0..self.year).map(days_in).sum::<u32>();
        let months: u32 = (1..self.month).map(|month| u32::from(days_of(self.year, month))).sum();
        let days = years.saturating_add(months).saturating_add(self.day.into()).saturating_sub(1);
        days.saturating_mul(DAY)
            .saturating_add(u32::from(self.hour).saturating_mul(3_600))
            .saturating_add(u32::from(self.minute).saturating_mul(60))
            .saturating_add(self.second.into())
    }

    /// The second that a text such as `2026-11-22 15:04:05` names; the `T` of ISO 8601 may stand
    /// for the space. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once([' ', 'T'])?;
        let mut bytes = [0; 6];
        let mut numbers = bytes.iter_mut();
        for part in date.split('-').chain(time.split(':')) {
            let number: u16 = part.parse().ok()?;
            let slot = numbers.next()?;
            // Only the first number, the year, has four digits.
            let number = if numbers.len() == 5 { number.checked_sub(2_000)? } else { number };
            *slot = u8::try_from(number).ok()?;
        }
        if numbers.len() > 0 { None } else { Self::new(bytes) }
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second] = self.bytes();
        write!(f, "20{year:02}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn a_day_that_does_not_exist_is_no_date() {
        for bytes in [
            [24, 2, 30, 0, 0, 0],
            [23, 2, 29, 0, 0, 0],
            [26, 4, 31, 0, 0, 0],
            [26, 0, 1, 0, 0, 0],
            [26, 13, 1, 0, 0, 0],
            [26, 1, 0, 0, 0, 0],
            [100, 1, 1, 0, 0, 0],
            [26, 1, 1, 24, 0, 0],
            [26, 1, 1, 0, 60, 0],
            [26, 1, 1, 0, 0, 60],
        ] {
            assert_eq!(DateTime::new(bytes), None, "{bytes:?}");
        }
        assert!(DateTime::new([24, 2, 29, 23, 59, 59]).is_some());
    }

    #[test]
    fn seconds_count_from_the_beginning_of_2000_and_lead_back() {
        assert_eq!(DateTime::from_seconds(0).unwrap().to_string(), "2000-01-01 00:00:00");
        // 2024-11-07 09:52:28 UTC is 1,730,973,148 s after 1970, and 2000 began 946,684,800 after.
        let known = DateTime::new([24, 11, 7, 9, 52, 28]).unwrap();
        assert_eq!(known.seconds(), 1_730_973_148 - 946_684_800);
        for seconds in [86_399, 86_400, 5_097_599, 5_097_600, 31_622_399, 31_622_400, 845_000_000] {
            assert_eq!(DateTime::from_seconds(seconds).unwrap().seconds(), seconds);
        }
        let last = DateTime::new([99, 12, 31, 23, 59, 59]).unwrap();
        assert_eq!(DateTime::from_seconds(last.seconds()), Some(last));
        assert_eq!(DateTime::from_seconds(last.seconds() + 1), None);
    }

    #[test]
    fn a_text_is_a_date_and_a_time_in_full_or_none() {
        let known = DateTime::new([26, 11, 22, 15, 4, 5]);
        assert_eq!(DateTime::parse("2026-11-22 15:04:05"), known);
        assert_eq!(DateTime::parse("2026-11-22T15:04:05"), known);
        for text in ["2026-11-22", "26-11-22 15:04:05", "2026-11-22 15:04", "2026-11-22 15:04:05:1"]
        {
            assert_eq!(DateTime::parse(text), None, "{text}");
        }
    }
}

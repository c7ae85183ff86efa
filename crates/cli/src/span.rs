//! Spans of time as a person types them.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

const DAY: Duration = Duration::from_secs(86_400);

/// A time such as `90s`, `250ms`, `1.5h`, `2h 30min` or `7d`; a number alone is in seconds.
///
/// # Errors
///
/// When it is none, negative, or has months or years, which are not of one length.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse() {
        let positive = |_| "it must be a positive time".to_owned();
        return Duration::try_from_secs_f64(seconds).map_err(positive);
    }
    let wrong = || format!("{text:?} is no time such as 90s, 20min, 2h or 7d");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let day = SpanRelativeTo::days_are_24_hours();
    let time = span.to_duration(day).map_err(|_| wrong())?;
    time.try_into().map_err(|_| "it must be a positive time".to_owned())
}

/// A time that is worth waiting for: more than nothing, and a day at most.
///
/// # Errors
///
/// When it is none of these.
pub(crate) fn up_to_a_day(text: &str) -> Result<Duration, String> {
    let time = span(text)?;
    if time.is_zero() || time > DAY {
        return Err("it must be more than 0 and at most a day".to_owned());
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(span("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(span("10"), Ok(Duration::from_secs(10)));
        assert_eq!(span("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("1.5min"), Ok(Duration::from_secs(90)));
        assert_eq!(span("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(span("2h"), Ok(Duration::from_secs(7_200)));
        assert_eq!(span("2h 30min"), Ok(Duration::from_secs(9_000)));
        assert_eq!(span("7d"), Ok(Duration::from_secs(604_800)));
    }

    #[test]
    fn nothing_and_more_than_a_day_are_not_waited_for() {
        assert_eq!(up_to_a_day("1ns"), Ok(Duration::from_nanos(1)));
        assert_eq!(up_to_a_day("1d"), Ok(DAY));
        for bad in ["0", "0s", "86400.001", "25h"] {
            assert!(up_to_a_day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in
            ["", "s", "-1", "-1s", "10 parsecs", "nan", "NaNs", "inf", "1e400h", "1 month", "ä"]
        {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}

//! What time it is here: local time, because that is what a board shows to whoever stands before
//! it.

use cellward_params::DateTime;

/// The local time of this machine, as boards count it; `None` where its clock stands outside of 2000
/// to 2099, so that it does not know the time.
#[must_use]
pub fn now() -> Option<DateTime> {
    let now = jiff::Zoned::now().datetime();
    let byte = |number: i8| u8::try_from(number).ok();
    DateTime::new([
        u8::try_from(now.year().checked_sub(2_000)?).ok()?,
        byte(now.month())?,
        byte(now.day())?,
        byte(now.hour())?,
        byte(now.minute())?,
        byte(now.second())?,
    ])
}

//! What time it is here: local time, because that is what a board shows to whoever stands before
//! it.

use cellward_params::DateTime;

/// The local time of this machine, as boards count it.
#[must_use]
pub fn now() -> DateTime {
    let now = jiff::Zoned::now().datetime();
    let byte = |number: i8| u8::try_from(number).unwrap_or(0);
    let year = u8::try_from(now.year().saturating_sub(2_000)).unwrap_or(u8::MAX);
    let bytes = [
        year,
        byte(now.month()),
        byte(now.day()),
        byte(now.hour()),
        byte(now.minute()),
        byte(now.second()),
    ];
    // A machine whose clock stands outside of 2000 to 2099 does not know the time.
    DateTime::new(bytes).unwrap_or(EPOCH)
}

/// The beginning of 2000.
const EPOCH: DateTime = match DateTime::new([0, 1, 1, 0, 0, 0]) {
    Some(epoch) => epoch,
    None => unreachable!(),
};

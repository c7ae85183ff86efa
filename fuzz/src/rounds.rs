//! A host's client of any dialect against a board that says anything.

use cellward_link::Framing;
use cellward_link::client::{Plan, Rounds};
use cellward_link::kmodbus::{Client, Dialect, Options};
use cellward_params::Snapshot;

use crate::{drive, events, plausible};

/// Two rounds, of which the second is live. The first byte says whether the first is live too, and
/// something for `client` to choose by; what follows is the script. `check` sees what is believed
/// after each round.
pub fn two_rounds<C: Rounds>(
    data: &[u8],
    client: impl FnOnce(u8, Plan) -> (C, Framing),
    check: impl Fn(&Snapshot),
) {
    let Some((&habit, script)) = data.split_first() else { return };
    let plan = if habit & 1 == 0 { Plan::Live } else { Plan::Full };
    let (mut client, framing) = client(habit / 2, plan);
    let mut script = events(script);
    drive(&mut client, framing, &mut script);
    check(&client.snapshot());
    client.begin(Plan::Live);
    drive(&mut client, framing, &mut script);
    check(&client.snapshot());
}

/// Two rounds of a vendor's register dialect.
pub fn vendor_rounds(data: &[u8], dialect: Dialect) {
    let client = |habit, plan| {
        let options = Options { inverted: habit & 1 != 0, ..Options::new(dialect) };
        (Client::new(options, plan), Framing::Serial)
    };
    two_rounds(data, client, plausible);
}

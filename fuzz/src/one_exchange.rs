//! One request over Modbus with its tries.

use cellward_link::Framing as Line;
use cellward_link::exchange::{Exchange, Framing, Options};
use cellward_wire::modbus::{Area, Reply, Request};

use crate::{drive, events};

/// A request of the kind and register that the first two bytes say, against what the rest says.
/// `framing` chooses by the first byte too. Panics when it ends with a reply of which `said` finds
/// that it does not stand in the bytes that came in.
pub fn one_exchange(
    data: &[u8],
    line: Line,
    framing: impl FnOnce(u8) -> Framing,
    said: impl FnOnce(&[u8], &Reply) -> bool,
) {
    let [kind, number, script @ ..] = data else { return };
    let start = u16::from(*number);
    let request = match kind % 3 {
        0 => Request::Read { area: Area::Holding, start, count: 1 + start % 8 },
        1 => Request::WriteOne { register: start, value: 1 },
        _ => Request::WriteMany { start, words: [1, 2].into_iter().collect(), byte_count: true },
    };
    let mut exchange = Exchange::new(framing(*kind), request, Options::default());
    let fed = drive(&mut exchange, line, &mut events(script));
    let result = exchange.result().expect("it is over");
    if let Ok(reply) = result {
        assert!(said(&fed, &reply), "nobody said {reply:?}");
    }
}

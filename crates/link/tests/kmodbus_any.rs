//! Whatever comes in: no panic, and no reply out of bytes that hold none.

use cellward_link::client::Session as _;
use cellward_link::exchange::{Exchange, Framing, Options};
use cellward_link::kmodbus::{ByteOrder, Dialect, complete, learn, settings, words};
use cellward_link::{NoRecords, Port, View};
use cellward_params::{Config, PortId, Snapshot};
use cellward_units::{Instant, NoData};
use cellward_wire::modbus::{Area, Reply, Request};
use proptest::prelude::*;

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::D2), Just(Dialect::P81)]
}

/// Bytes that often look like the beginning of a frame.
fn nearly_frames() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        prop::sample::select(vec![0xD2, 0x81, 0x51, 0x03, 0x06, 0x10, 0x83, 0, 1, 2]),
        any::<u8>()
    ];
    prop::collection::vec(byte, 0..400)
}

proptest! {
    #[test]
    fn any_registers_are_learnt_and_told_again_without_a_panic(
        dialect in dialect(), start in 0_u16..0x260, raw in prop::collection::vec(any::<u16>(), 0..125)
    ) {
        let mut snapshot = Snapshot::absent(NoData::NotCarried);
        learn(dialect, start, &raw, ByteOrder::Swapped, &mut snapshot);
        complete(&mut snapshot);
        let mut config = Config::lifepo4(16);
        for (id, value) in settings(dialect, start, &raw) {
            // Most are out of range; what is not must be a parameter.
            let _ = config.set(id, value);
        }
        let view = View { snapshot: &snapshot, config: &config, records: &NoRecords };
        let count = raw.len() as u16;
        if let Some(told) = words(dialect, start, count, &view) {
            prop_assert_eq!(told.len(), raw.len());
        }
    }

    #[test]
    fn noise_is_no_reply_and_a_reply_behind_noise_is_found_or_asked_for_again(
        noise in nearly_frames(), value: u16
    ) {
        let framing = Framing::Rtu { request: 0x81, reply: 0x51, byte_count: false };
        let request = Request::Read { area: Area::Holding, start: 0xCF, count: 1 };
        let mut exchange = Exchange::new(framing, request, Options::default());
        let _ = exchange.next_action(Instant::START);
        exchange.receive(&noise, Instant::from_micros(1_000));
        // A fitting frame by chance: one in 65,536 of those that begin like one.
        prop_assume!(exchange.result().is_none());
        let reply = Reply::Words { area: Area::Holding, words: [value].into_iter().collect() };
        exchange.receive(&reply.emit_rtu(0x51), Instant::from_micros(2_000));
        match exchange.result() {
            Some(result) => prop_assert_eq!(result, Ok(reply)),
            None => prop_assert!(exchange.deadline().is_some()),
        }
    }

    #[test]
    fn a_board_takes_any_bytes(noise in nearly_frames(), cells in 0_u32..60) {
        let mut snapshot = Snapshot::absent(NoData::Stale);
        snapshot.cell_count = Ok(cells);
        let config = Config::lifepo4(16);
        let view = View { snapshot: &snapshot, config: &config, records: &NoRecords };
        let mut board: Port = Port::new(PortId(0));
        board.receive(&noise, &view, Instant::START);
        let mut buffer = [0; 600];
        prop_assert!(board.transmit(&mut buffer) <= 512);
    }
}

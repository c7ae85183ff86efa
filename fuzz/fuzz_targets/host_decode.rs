//! `cellward decode` and `replay` show whatever a recording holds, in every protocol: as it is, and
//! as a script of which the checks were made good, cut into parts of both ways.
#![no_main]

use cellward_fuzz::{Event, bytes, events};
use cellward_host::capture::Way;
use cellward_host::decode::{Decoder, Protocol, decode};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let decoded = decode(data);
    assert_eq!(decoded.text.is_empty(), data.is_empty());
    let _ = serde_json::to_string(&decoded.json).expect("JSON is written");
    // The last byte chooses where replies begin that nobody asked for.
    let start = data.last().map(|&byte| u16::from(byte) * 257);
    for protocol in Protocol::ALL {
        let start = start.filter(|start| protocol.has_registers() && start % 2 == 0);
        for whole in [data.to_vec(), bytes(data)] {
            let decoded = Decoder::new(protocol, start).end(&whole, None);
            assert_eq!(decoded.text.is_empty(), whole.is_empty(), "{protocol:?}");
            let _ = serde_json::to_string(&decoded.json).expect("JSON is written");
        }
        let mut decoder = Decoder::new(protocol, start);
        for (place, event) in events(data).enumerate() {
            if let Event::Bytes(bytes) = event {
                let way = [Some(Way::Sent), Some(Way::Came), None][place % 3];
                let decoded = decoder.decode(&bytes, way);
                assert_eq!(decoded.text.is_empty(), bytes.is_empty(), "{protocol:?}");
            }
        }
        drop(decoder.end(&[], None));
    }
});

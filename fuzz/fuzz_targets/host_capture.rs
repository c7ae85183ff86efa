//! The text of a capture; what is read is written and read again, to the microsecond, and what it says
//! over time is believed or absent in every protocol.
#![no_main]

use cellward_fuzz::text;
use cellward_host::capture::{first_line, parse};
use cellward_host::decode::Protocol;
use cellward_host::recall::recall;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match parse(&text(data)) {
        Ok(chunks) => {
            let lines: Vec<String> = std::iter::once(first_line("again"))
                .chain(chunks.iter().map(ToString::to_string))
                .collect();
            for protocol in Protocol::ALL {
                recall(&chunks, protocol, |_, _, own| {
                    let volts = own.cell_voltage.iter().flatten().map(|cell| cell.as_millivolts());
                    assert!(volts.into_iter().all(|millis| (500..=5_000).contains(&millis)));
                });
            }
            let again = parse(&lines.join("\n")).expect("what is written is read");
            assert_eq!(again.len(), chunks.len());
            for (a, b) in again.iter().zip(&chunks) {
                assert_eq!((a.way, &a.bytes), (b.way, &b.bytes));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

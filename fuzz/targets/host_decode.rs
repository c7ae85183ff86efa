//! A recording given to the decoder.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = cellward_host::decode::decode(bytes);
    assert!(decoded.refused <= bytes.len());
});

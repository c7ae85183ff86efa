//! `cellward decode` shows whatever a recording holds.
#![no_main]

use cellward_host::decode::decode;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let decoded = decode(data);
    assert_eq!(decoded.text.is_empty(), data.is_empty());
    let _ = serde_json::to_string(&decoded.json).expect("JSON is written");
});

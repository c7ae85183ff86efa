//! Calendar time as text and as seconds.
#![no_main]

use cellward_params::DateTime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(time) = DateTime::parse(text) {
        assert_eq!(DateTime::parse(&time.to_string()), Some(time));
        assert_eq!(DateTime::from_seconds(time.seconds()), Some(time));
    }
    if let Some(bytes) = text.as_bytes().first_chunk::<4>()
        && let Some(time) = DateTime::from_seconds(u32::from_le_bytes(*bytes))
    {
        assert_eq!(DateTime::parse(&time.to_string()), Some(time));
    }
});

//! A date and time, as a person types it.
#![no_main]

use cellward_fuzz::text;
use cellward_params::DateTime;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(date) = DateTime::parse(&text(data)) {
        assert_eq!(DateTime::parse(&date.to_string()), Some(date));
        assert_eq!(DateTime::from_seconds(date.seconds()), Some(date));
        assert_eq!(DateTime::new(date.bytes()), Some(date));
    }
});

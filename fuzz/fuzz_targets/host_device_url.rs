//! The address of a board, as a person types it.
#![no_main]

use cellward_fuzz::text;
use cellward_host::DeviceUrl;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match text(data).parse::<DeviceUrl>() {
        Ok(url) => assert_eq!(url.to_string().parse(), Ok(url)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

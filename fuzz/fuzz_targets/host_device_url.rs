//! The address of a board, as a person types it.
#![no_main]

use cellward_fuzz::text;
use cellward_host::DeviceUrl;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match text(data).parse::<DeviceUrl>() {
        Ok(url) => {
            let shown = url.to_string();
            let again: DeviceUrl = shown.parse().expect("what is shown can be typed");
            assert_eq!(again.to_string(), shown);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

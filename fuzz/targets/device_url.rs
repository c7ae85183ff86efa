//! Where a board is, as a person types it.
#![no_main]

use cellward_host::DeviceUrl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<DeviceUrl>() {
        // What is shown is a place that parses again; its options are not shown.
        Ok(url) => assert!(url.to_string().parse::<DeviceUrl>().is_ok(), "{url}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

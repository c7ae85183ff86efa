//! KEY=VALUE as a person types it: what is accepted shows again as the same raw value.
#![no_main]

use cellward_host::settings::{json, key, pair};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match pair(text) {
        Ok((id, raw)) => {
            let again = format!("{}={}", key(id), json(id, raw));
            assert_eq!(pair(&again).expect(&again), (id, raw));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

//! A setting with its value, as a person types it.
#![no_main]

use cellward_fuzz::text;
use cellward_host::settings::{key, pair, show};
use cellward_params::Config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match pair(&text(data)) {
        Ok((id, raw)) => {
            drop((show(id, raw), Config::lifepo4(16).set(id, raw)));
            assert!(Config::ids().any(|known| known == id), "{} is none", key(id));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

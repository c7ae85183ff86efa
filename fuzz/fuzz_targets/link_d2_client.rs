//! Rounds of d2 against a board that says anything.
#![no_main]

use cellward_fuzz::vendor_rounds;
use cellward_link::kmodbus::Dialect;

libfuzzer_sys::fuzz_target!(|data: &[u8]| vendor_rounds(data, Dialect::D2));

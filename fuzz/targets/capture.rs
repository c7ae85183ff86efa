//! A capture file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let headed = format!("{}\n{text}", cellward_host::capture::first_line("fuzz"));
    for text in [text, &headed] {
        if let Ok(chunks) = cellward_host::capture::parse(text) {
            assert!(chunks.len() <= text.lines().count());
        }
    }
});

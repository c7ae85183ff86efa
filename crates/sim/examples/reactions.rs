//! Prints the measured reaction times as a page: what `cargo xtask codegen` writes to
//! `docs/reference/reaction-times.md`.

#[allow(dead_code, reason = "the test uses more of it")]
#[path = "../tests/reaction_times/mod.rs"]
mod reaction_times;

#[expect(clippy::print_stdout, reason = "the page is what it prints")]
fn main() {
    print!("{}", reaction_times::page());
}

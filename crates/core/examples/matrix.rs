//! Prints the closed-loop matrix as a page: what `cargo xtask codegen` writes to
//! `docs/reference/matrix.md`. It drives the engine with the rig of the proofs in `tests/`.

#[allow(dead_code, reason = "each proof uses its part of the rig")]
#[path = "../tests/rig/mod.rs"]
mod rig;

#[expect(clippy::print_stdout, reason = "the page is what it prints")]
fn main() {
    print!("{}", rig::matrix::page(&rig::matrix::lines()));
}

//! Prints the profiles of the literature: as Rust, or with the word `lfp`, `nmc` or `lto` as text for
//! `cellward estimate --profile`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use cellward_lab::{Chemistry, generic, profile_to_rust, profile_to_toml};

fn main() {
    if let Some(chemistry) = std::env::args().nth(1).and_then(|word| Chemistry::from_name(&word)) {
        print!("{}", profile_to_toml(&generic(chemistry)));
        return;
    }
    for chemistry in [Chemistry::Lfp, Chemistry::Nmc, Chemistry::Lto] {
        let name = chemistry.key().to_uppercase();
        print!("{}", profile_to_rust(&name, &generic(chemistry).profile));
    }
}

//! Which part of the bench image is its own: what feeds the engine and the estimator, and prints.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use object::{Object as _, ObjectSymbol as _};

/// Bytes of the functions and constants that belong to the bench image itself, in an image with its
/// symbols. Names of figures, of which each takes some twenty bytes, are not among them.
pub(super) fn own(image: &Path) -> Result<i64> {
    let bytes = fs::read(image).with_context(|| format!("cannot read {}", image.display()))?;
    let file = object::File::parse(bytes.as_slice())
        .with_context(|| format!("{} is no image", image.display()))?;
    let own = file.symbols().filter(|symbol| symbol.name().is_ok_and(is_own));
    let bytes: u64 = own.map(|symbol| symbol.size()).sum();
    i64::try_from(bytes).context("no image is so large")
}

/// Whether a symbol's mangled name has the crate `bench` in it.
fn is_own(mangled: &str) -> bool {
    mangled.contains("5bench")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_image_adds_is_told_from_what_it_measures() {
        assert!(is_own("_ZN5bench6replay6Series4next17h0123456789abcdefE"));
        assert!(!is_own("_ZN17cellward_estimate4pack4Pack6sample17hdc449e1ce67259ecE"));
        assert!(!is_own("main"));
    }
}

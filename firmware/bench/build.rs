//! Puts `memory.x` where the linker looks for it.

use std::path::PathBuf;

fn main() {
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    if let Err(error) = std::fs::copy("memory.x", folder.join("memory.x")) {
        println!("cargo::error=cannot copy memory.x: {error}");
    }
    println!("cargo::rustc-link-search={}", folder.display());
    println!("cargo::rerun-if-changed=memory.x");
}

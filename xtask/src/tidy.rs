//! `cargo xtask tidy`: what the compiler does not check about this tree.
//!
//! Each rule is a pure function from text to complaints, with bad examples in its tests; this
//! file reads the tree and hands it to them.

mod arrows;
mod files;
mod invariants;
pub(crate) mod source;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::requirements::Traced;
use crate::run::{cargo, read, root};

/// One source file of ours.
pub(crate) struct SourceFile {
    /// Path from the root of the repository, with forward slashes.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl SourceFile {
    /// Reads the file at a path below the root.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let path = path.strip_prefix(root()).unwrap_or(path);
        Ok(Self { path: path.to_string_lossy().replace('\\', "/"), text })
    }

    /// The folder name of the crate it belongs to, if it is one of `crates/`.
    pub(crate) fn crate_folder(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// Whether it is product code: in a `src` folder, and not a file of tests.
    fn is_product(&self) -> bool {
        self.path.contains("/src/") && !self.path.ends_with("/tests.rs")
    }
}

/// Prints the held requirements that no test names yet, and checks nothing.
pub(crate) fn list_unnamed() -> Result<()> {
    print!("{}", Traced::read(&sources()?)?.unnamed());
    Ok(())
}

/// Runs every rule and prints every complaint.
pub(crate) fn run() -> Result<()> {
    let sources = sources()?;
    let mut complaints = Vec::new();

    let metadata =
        read(cargo(["metadata", "--format-version", "1", "--all-features", "--locked"]))?;
    let graph = arrows::Graph::from_metadata(&metadata)?;
    complaints.extend(arrows::complaints(&graph));

    let allowed_path = "xtask/words-allowed.txt";
    let allowed = std::fs::read_to_string(root().join(allowed_path)).context(allowed_path)?;
    complaints.extend(words::complaints(&sources, &allowed));

    for file in &sources {
        complaints.extend(files::source_complaints(file));
        let in_crate_root = file.path.ends_with("/src/lib.rs");
        if in_crate_root && file.crate_folder().is_some_and(arrows::is_ground_floor) {
            complaints.extend(files::ground_floor_complaints(file));
        }
    }
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md"));
    let architecture = architecture.context("ARCHITECTURE.md")?;
    complaints.extend(invariants::complaints(&architecture, &sources));
    complaints.extend(manifests()?);
    complaints.extend(whole_tree()?);
    let traced = Traced::read(&sources)?;
    complaints.extend(traced.complaints());

    print!("{}", files::statistics(&sources));
    print!("{}", traced.report());

    if complaints.is_empty() {
        println!("tidy: no complaints");
        return Ok(());
    }
    for complaint in &complaints {
        eprintln!("tidy: {complaint}");
    }
    bail!("tidy has {} complaints", complaints.len());
}

/// Every Rust file of ours, in the order of the paths.
pub(crate) fn sources() -> Result<Vec<SourceFile>> {
    let mut found = Vec::new();
    for folder in ["crates", "xtask", "firmware"] {
        collect(&root().join(folder), &mut found)?;
    }
    found.sort();
    found.iter().map(|path| SourceFile::read(path)).collect()
}

/// Collects the Rust files under a folder, leaving out what was built.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => bail!("cannot list {}: {error}", folder.display()),
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("target") {
                collect(&path, found)?;
            }
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// What is wrong with the manifests.
fn manifests() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let workspace = std::fs::read_to_string(root().join("Cargo.toml"))?;
    complaints.extend(files::workspace_manifest_complaints(&workspace));
    let mut manifests = vec![root().join("xtask/Cargo.toml")];
    for entry in std::fs::read_dir(root().join("crates"))? {
        let manifest = entry?.path().join("Cargo.toml");
        if manifest.exists() {
            manifests.push(manifest);
        }
    }
    manifests.sort();
    for manifest in manifests {
        let text = std::fs::read_to_string(&manifest)?;
        let name = manifest.strip_prefix(root()).unwrap_or(&manifest);
        complaints.extend(files::manifest_complaints(&name.to_string_lossy(), &text));
    }
    Ok(complaints)
}

/// What is wrong with the files beside the code.
fn whole_tree() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "CONTRIBUTING.md", "SAFETY.md"] {
        if !root().join(name).is_file() {
            complaints.push(format!("{name} is missing"));
        }
    }
    for entry in std::fs::read_dir(root().join("changelog")).context("changelog/")? {
        let name = entry?.file_name();
        complaints.extend(files::fragment_complaint(&name.to_string_lossy()));
    }
    Ok(complaints)
}

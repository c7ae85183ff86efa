//! Sizes, headers, manifests, unfinished marks and names of fragments.

use super::SourceFile;
use super::arrows::is_ground_floor;
use super::source::split;

/// No file is longer; median and 90th percentile are printed, not demanded.
const LINE_CEILING: usize = 1_000;

/// Lints that every ground-floor crate denies.
const DENIED: [&str; 8] = [
    "unwrap_used",
    "expect_used",
    "panic",
    "indexing_slicing",
    "arithmetic_side_effects",
    "cast_possible_truncation",
    "cast_sign_loss",
    "float_cmp",
];

/// What is wrong with one source file.
pub(crate) fn source_complaints(file: &SourceFile) -> Vec<String> {
    let path = &file.path;
    let mut complaints = Vec::new();
    let lines = file.text.lines().count();
    if lines > LINE_CEILING {
        complaints.push(format!("{path} has {lines} lines; the ceiling is {LINE_CEILING}"));
    }
    let split = split(&file.text);
    for (place, line) in split.code.lines().enumerate() {
        let line_number = place + 1;
        for mark in ["todo!", "unimplemented!", "#[ignore"] {
            if line.contains(mark) {
                complaints.push(format!("{path}:{line_number}: unfinished: `{mark}`"));
            }
        }
        if line.contains("missing_docs") {
            complaints.push(format!(
                "{path}:{line_number}: `missing_docs` is set for the whole workspace, not here"
            ));
        }
        let unsafe_code = super::source::identifiers(line).any(|word| word == "unsafe");
        if unsafe_code && !path.starts_with("firmware/") {
            complaints.push(format!("{path}:{line_number}: `unsafe` outside of firmware"));
        }
    }
    for (place, line) in split.comments.lines().enumerate() {
        for mark in ["FIXME", "XXX", "TODO"] {
            if line.contains(mark) {
                complaints.push(format!("{path}:{}: unfinished: `{mark}`", place + 1));
            }
        }
    }
    complaints
}

/// What is wrong with the root of a ground-floor crate.
pub(crate) fn ground_floor_complaints(file: &SourceFile) -> Vec<String> {
    let code = split(&file.text).code;
    let squeezed: String = code.split_whitespace().collect();
    let mut complaints = Vec::new();
    for header in ["#![no_std]", "#![forbid(unsafe_code)]"] {
        if !squeezed.contains(header) {
            complaints.push(format!("{}: `{header}` is missing", file.path));
        }
    }
    let denied = squeezed
        .split_once("#![deny(")
        .and_then(|(_, rest)| rest.split_once(")]"))
        .map_or("", |(list, _)| list);
    let denied: Vec<&str> = denied.split(',').collect();
    for lint in DENIED {
        if !denied.contains(&format!("clippy::{lint}").as_str()) {
            complaints.push(format!("{}: clippy::{lint} is not denied", file.path));
        }
    }
    if squeezed.contains("externcratealloc") {
        complaints.push(format!("{}: no alloc on the ground floor", file.path));
    }
    complaints
}

/// What is wrong with the manifest of the workspace.
pub(crate) fn workspace_manifest_complaints(text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for lint in ["missing_docs = \"warn\"", "unsafe_code = \"forbid\""] {
        if !text.lines().any(|line| line.trim() == lint) {
            complaints.push(format!("Cargo.toml: the lint `{lint}` is missing"));
        }
    }
    complaints
}

/// What is wrong with the manifest of a crate.
pub(crate) fn manifest_complaints(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut complaints = Vec::new();
    let inherits = lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"]);
    if !inherits {
        complaints.push(format!("{path}: does not take the lints of the workspace"));
    }
    let mut in_dependencies = false;
    for line in lines {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
            complaints.push(format!("{path}: `{line}` belongs to [workspace.dependencies]"));
        }
    }
    complaints
}

/// What is wrong with the name of a file in `changelog/`.
pub(crate) fn fragment_complaint(name: &str) -> Option<String> {
    let kinds = ["added-", "changed-", "fixed-", "removed-"];
    let well_named = name.ends_with(".md") && kinds.iter().any(|kind| name.starts_with(kind));
    (!well_named).then(|| {
        format!("changelog/{name}: a fragment is called added-, changed-, fixed- or removed-….md")
    })
}

/// What the tree looks like in numbers: sizes of files, share of documentation, tests.
pub(crate) fn statistics(sources: &[SourceFile]) -> String {
    let product: Vec<&SourceFile> = sources.iter().filter(|file| file.is_product()).collect();
    let mut sizes: Vec<usize> = product.iter().map(|file| file.text.lines().count()).collect();
    sizes.sort_unstable();
    let share = |hundredths: usize| {
        let place = sizes.len().saturating_sub(1) * hundredths / 100;
        sizes.get(place).copied().unwrap_or(0)
    };
    let mut report = format!(
        "source files: {}, median {} lines, 90th percentile {}, largest {}\n",
        sizes.len(),
        share(50),
        share(90),
        share(100)
    );
    for (name, on_ground) in [("ground floor", true), ("elsewhere", false)] {
        let part = |file: &&SourceFile| {
            file.crate_folder().is_some()
                && file.crate_folder().is_some_and(is_ground_floor) == on_ground
        };
        let (mut code, mut docs, mut filled, mut tests) = (0, 0, 0, 0);
        for file in sources.iter().filter(part) {
            let counted = count(&file.text);
            tests += counted.tests;
            if file.is_product() {
                code += counted.product_code;
                docs += counted.docs;
                filled += counted.filled;
            }
        }
        report.push_str(&format!(
            "{name}: {tests} tests on {code} lines of product code ({:.1} per thousand), \
             {:.0} % documentation\n",
            tests as f64 * 1_000.0 / f64::from(code.max(1)),
            f64::from(docs) * 100.0 / f64::from(filled.max(1)),
        ));
    }
    report
}

/// Lines of a file by kind.
#[derive(Default)]
struct Counted {
    /// Lines of code before the inline tests.
    product_code: u32,
    /// Lines of documentation.
    docs: u32,
    /// Lines that are not empty.
    filled: u32,
    /// Test functions.
    tests: u32,
}

/// Counts the lines of a file.
fn count(text: &str) -> Counted {
    let mut counted = Counted::default();
    let mut in_tests = false;
    for (line, code) in text.lines().zip(split(text).code.lines()) {
        let (line, code) = (line.trim(), code.trim());
        in_tests |= code.starts_with("mod tests {");
        counted.filled += u32::from(!line.is_empty());
        counted.docs += u32::from(line.starts_with("///") || line.starts_with("//!"));
        counted.product_code += u32::from(!in_tests && !code.is_empty());
        counted.tests += u32::from(code == "#[test]" || code.starts_with("#[tokio::test"));
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(source_complaints(&file("crates/a/src/b.rs", text)), expected);
    }

    #[test]
    fn a_file_over_the_ceiling_is_caught() {
        check(&"a();\n".repeat(1_000), &[]);
        check(&"a();\n".repeat(1_001), &["crates/a/src/b.rs has 1001 lines; the ceiling is 1000"]);
    }

    #[test]
    fn unfinished_marks_are_caught_in_code_and_comments() {
        let mark = ["todo", "!"].concat();
        check(&format!("fn a() {{ {mark}() }}"), &["crates/a/src/b.rs:1: unfinished: `todo!`"]);
        check(&format!("let a = \"{mark}\";"), &[]);
        check("\n#[ignore]\nfn a() {}", &["crates/a/src/b.rs:2: unfinished: `#[ignore`"]);
        let mark = ["FIX", "ME"].concat();
        check(&format!("// {mark} later"), &["crates/a/src/b.rs:1: unfinished: `FIXME`"]);
    }

    #[test]
    fn a_crate_cannot_excuse_itself_from_documentation() {
        check(
            "#![allow(missing_docs)]",
            &["crates/a/src/b.rs:1: `missing_docs` is set for the whole workspace, not here"],
        );
    }

    #[test]
    fn unsafe_is_for_firmware_alone() {
        let text = "unsafe { a() }";
        check(text, &["crates/a/src/b.rs:1: `unsafe` outside of firmware"]);
        assert!(source_complaints(&file("firmware/bench/src/main.rs", text)).is_empty());
    }

    #[test]
    fn a_ground_floor_crate_without_its_header_is_caught() {
        let denied: Vec<String> = DENIED.iter().map(|lint| format!("clippy::{lint}")).collect();
        let good =
            format!("#![no_std]\n#![forbid(unsafe_code)]\n#![deny(\n{}\n)]", denied.join(",\n"));
        let path = "crates/units/src/lib.rs";
        assert!(ground_floor_complaints(&file(path, &good)).is_empty());
        let without = good.replace("clippy::float_cmp", "clippy::cast_sign_loss");
        assert_eq!(
            ground_floor_complaints(&file(path, &without)),
            ["crates/units/src/lib.rs: clippy::float_cmp is not denied"]
        );
        let commented = good.replace("#![no_std]", "// #![no_std]");
        assert_eq!(
            ground_floor_complaints(&file(path, &commented)),
            ["crates/units/src/lib.rs: `#![no_std]` is missing"]
        );
    }

    #[test]
    fn a_manifest_without_the_lints_or_with_a_version_of_its_own_is_caught() {
        let lints = "[lints]\nworkspace = true\n";
        let good = format!("[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n{lints}");
        assert!(manifest_complaints("a/Cargo.toml", &good).is_empty());
        assert_eq!(
            manifest_complaints("a/Cargo.toml", "[package]\nname = \"a\"\n"),
            ["a/Cargo.toml: does not take the lints of the workspace"]
        );
        let own = format!("[dependencies]\nb = \"1\"\n{lints}");
        assert_eq!(
            manifest_complaints("a/Cargo.toml", &own),
            ["a/Cargo.toml: `b = \"1\"` belongs to [workspace.dependencies]"]
        );
    }

    #[test]
    fn a_workspace_that_stops_asking_for_documentation_is_caught() {
        assert_eq!(
            workspace_manifest_complaints("unsafe_code = \"forbid\""),
            ["Cargo.toml: the lint `missing_docs = \"warn\"` is missing"]
        );
    }

    #[test]
    fn fragments_have_one_of_four_kinds() {
        assert_eq!(fragment_complaint("added-demo.md"), None);
        assert!(fragment_complaint("demo.md").is_some());
        assert!(fragment_complaint("added-demo.txt").is_some());
    }
}

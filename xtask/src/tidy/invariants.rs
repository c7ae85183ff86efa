//! The invariants of ARCHITECTURE.md name the tests that hold them; here those names are looked up.

use std::collections::BTreeSet;

use super::SourceFile;
use super::source::{identifiers, split};

/// Names of tests in the table of invariants that no source defines, and a missing table.
pub(crate) fn complaints(architecture: &str, sources: &[SourceFile]) -> Vec<String> {
    let functions: BTreeSet<String> =
        sources.iter().flat_map(|file| functions(&file.text)).collect();
    let named = named(architecture);
    if named.is_empty() {
        return vec!["ARCHITECTURE.md: no table of invariants names a test".to_owned()];
    }
    named
        .into_iter()
        .filter(|name| !functions.contains(name))
        .map(|name| format!("ARCHITECTURE.md: there is no test `{name}`"))
        .collect()
}

/// The tests that the table of invariants names: words in backticks made of at least three parts.
fn named(architecture: &str) -> Vec<String> {
    architecture
        .split("\n## ")
        .filter(|section| section.starts_with("Invariants"))
        .flat_map(str::lines)
        .filter(|line| line.starts_with('|'))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|word| word.matches('_').count() >= 2 && identifiers(word).eq([*word]))
        .map(str::to_owned)
        .collect()
}

/// The names of the functions of a source.
fn functions(text: &str) -> Vec<String> {
    let code = split(text).code;
    let words: Vec<&str> = code.lines().flat_map(identifiers).collect();
    words
        .windows(2)
        .filter(|pair| pair.first() == Some(&"fn"))
        .filter_map(|pair| pair.get(1).map(|name| (*name).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# A\n\n## Invariants, and tests\n\n| 1 | calm | `it_is_calm`, *clippy* |\n\n\
                         ## Other\n\n| `not_in_table` |\n";

    fn check(source: &str, expected: &[&str]) {
        let file = SourceFile { path: "crates/a/src/lib.rs".to_owned(), text: source.to_owned() };
        assert_eq!(complaints(TABLE, &[file]), expected, "{source}");
    }

    #[test]
    fn a_named_test_must_exist_as_a_function() {
        check("#[test]\nfn it_is_calm() {}", &[]);
        check(
            "// fn it_is_calm() {}\nfn it_is_loud() {}",
            &["ARCHITECTURE.md: there is no test `it_is_calm`"],
        );
    }

    #[test]
    fn a_page_without_the_table_is_caught() {
        assert_eq!(complaints("# A\n", &[]).len(), 1);
    }
}

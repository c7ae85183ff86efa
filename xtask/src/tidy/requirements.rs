//! Which requirements the tests name. Whether each held one is named is not demanded yet; the
//! list is printed so that it can be read.

use std::collections::BTreeSet;

use super::SourceFile;
use super::source::split;

/// The requirements that comments directly above tests name.
fn named_by_tests(text: &str) -> BTreeSet<u16> {
    let split = split(text);
    let mut named = BTreeSet::new();
    let mut waiting = BTreeSet::new();
    for (code, comment) in split.code.lines().zip(split.comments.lines()) {
        let code = code.trim();
        let comment = comment.trim();
        if comment.starts_with("//") && code.is_empty() {
            waiting.extend(mentions(comment));
        } else if code == "#[test]" || code.contains("fn ") && !waiting.is_empty() {
            named.append(&mut waiting);
        } else if !code.starts_with("#[") {
            waiting.clear();
        }
    }
    named
}

/// The numbers behind `R-` in a line.
fn mentions(line: &str) -> impl Iterator<Item = u16> {
    line.match_indices("R-").filter_map(|(place, found)| {
        let digits = line.get(place + found.len()..)?.get(..3)?;
        digits.parse().ok()
    })
}

/// One line: how many requirements tests name, and which.
pub(crate) fn report(sources: &[SourceFile]) -> String {
    let named: BTreeSet<u16> = sources
        .iter()
        .filter(|file| file.crate_folder().is_some())
        .flat_map(|file| named_by_tests(&file.text))
        .collect();
    let list: Vec<String> = named.iter().map(|number| format!("R-{number:03}")).collect();
    format!(
        "requirements named by tests: {}{}{}\n",
        named.len(),
        if named.is_empty() { "" } else { ": " },
        list.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[u16]) {
        let named: Vec<u16> = named_by_tests(text).into_iter().collect();
        assert_eq!(named, expected, "{text}");
    }

    #[test]
    fn a_comment_above_a_test_names_its_requirements() {
        check("// R-070, R-071: the light\n#[test]\nfn a() {}", &[70, 71]);
        check("#[test]\n// R-072\nfn a() {}", &[72]);
    }

    #[test]
    fn a_mention_anywhere_else_does_not_count() {
        check("// R-070\nconst A: u8 = 1;\n#[test]\nfn a() {}", &[]);
        check("let a = \"R-070\";\n#[test]\nfn a() {}", &[]);
        check("// R-07\n#[test]\nfn a() {}", &[]);
    }
}

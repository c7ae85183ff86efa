//! Words that we do not use, because each of them says less than the word it stands for, or says
//! it unkindly.

use super::SourceFile;
use super::source::{identifiers, parts, split};

/// Not as a whole identifier: `data` says nothing, `no_data` does.
const NOT_WHOLE: [&str; 5] = ["percent", "temp", "val", "data", "info"];

/// Not as a part of an identifier either.
const NOT_EVEN_A_PART: [&str; 8] =
    ["master", "slave", "mos", "mosfet", "manager", "helper", "util", "utils"];

/// Not even in prose, apart from quotations.
const NOT_IN_PROSE: [&str; 5] = ["master", "slave", "MOS", "MOSFET", "MOSFETs"];

/// One line of the list of exceptions: a file, a word and why it stands there.
struct Exception<'a> {
    path: &'a str,
    word: &'a str,
    used: bool,
}

/// Reads the list of exceptions: path, word, reason, separated by spaces; `#` starts a remark and
/// the path `*` is every file.
fn exceptions<'a>(list: &'a str, complaints: &mut Vec<String>) -> Vec<Exception<'a>> {
    let mut found = Vec::new();
    for line in list.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.splitn(3, ' ');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(path), Some(word), Some(_reason)) => {
                found.push(Exception { path, word, used: false })
            }
            _ => complaints.push(format!("allowed word without a path, word and reason: {line}")),
        }
    }
    found
}

/// Every unwanted word in product code that the list of exceptions does not hold, and every
/// exception that is no longer needed.
pub(crate) fn complaints(sources: &[SourceFile], list: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut exceptions = exceptions(list, &mut complaints);
    for file in sources.iter().filter(|file| file.path.contains("/src/")) {
        if file.crate_folder().is_none() {
            continue;
        }
        for (line, word) in unwanted(&file.text) {
            let exception = exceptions
                .iter_mut()
                .find(|one| (one.path == "*" || one.path == file.path) && one.word == word);
            match exception {
                Some(exception) => exception.used = true,
                None => complaints
                    .push(format!("{}:{line}: `{word}` is a word that we do not use", file.path)),
            }
        }
    }
    for exception in exceptions.iter().filter(|exception| !exception.used) {
        complaints.push(format!(
            "the allowed word `{}` no longer stands in {}",
            exception.word, exception.path
        ));
    }
    complaints
}

/// The unwanted words of a source with their line numbers.
fn unwanted(text: &str) -> Vec<(usize, String)> {
    let split = split(text);
    let mut found = Vec::new();
    for (place, line) in split.code.lines().enumerate() {
        for identifier in identifiers(line) {
            let whole = identifier.to_lowercase();
            let unwanted = NOT_WHOLE.contains(&whole.as_str())
                || parts(identifier).iter().any(|part| NOT_EVEN_A_PART.contains(&part.as_str()));
            if unwanted {
                found.push((place + 1, identifier.to_owned()));
            }
        }
    }
    for (place, line) in split.comments.lines().enumerate() {
        for word in identifiers(line).filter(|word| NOT_IN_PROSE.contains(word)) {
            found.push((place + 1, word.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, list: &str, expected: &[&str]) {
        let file = SourceFile { path: "crates/core/src/lib.rs".to_owned(), text: text.to_owned() };
        assert_eq!(complaints(&[file], list), expected, "{text}");
    }

    #[test]
    fn a_vague_name_is_caught_whole_only() {
        check(
            "let data = 1;",
            "",
            &["crates/core/src/lib.rs:1: `data` is a word that we do not use"],
        );
        check("let no_data = NoData::NotYet;", "", &[]);
        check("/// The data sheet says \"data\".\nlet a = \"temp\";", "", &[]);
    }

    #[test]
    fn a_manager_is_caught_inside_a_name() {
        check(
            "\nstruct PackManager;",
            "",
            &["crates/core/src/lib.rs:2: `PackManager` is a word that we do not use"],
        );
    }

    #[test]
    fn an_unkind_word_is_caught_in_prose_too() {
        check(
            "// The slave answers.",
            "",
            &["crates/core/src/lib.rs:1: `slave` is a word that we do not use"],
        );
    }

    #[test]
    fn an_exception_holds_for_its_own_file_and_word_and_must_be_needed() {
        let list = "crates/core/src/lib.rs Percent the unit is called so";
        check("let a = Unit::Percent;", list, &[]);
        check(
            "let a = 1;",
            list,
            &["the allowed word `Percent` no longer stands in crates/core/src/lib.rs"],
        );
        check(
            "let a = 1;",
            "crates/core/src/lib.rs Percent",
            &["allowed word without a path, word and reason: crates/core/src/lib.rs Percent"],
        );
    }
}

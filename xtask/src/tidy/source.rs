//! Just enough of a Rust scanner to tell code from comments and texts.

/// A source split in two texts of the same number of lines.
pub(crate) struct Split {
    /// The code, with comments, texts and characters blanked.
    pub(crate) code: String,
    /// The comments, with everything else blanked.
    pub(crate) comments: String,
}

/// What the scanner is in.
enum Place {
    Code,
    LineComment,
    BlockComment { depth: u32 },
    Text,
    RawText { hashes: usize },
}

/// Splits a source. Wrong input gives a wrong split, never a panic.
pub(crate) fn split(source: &str) -> Split {
    let characters: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut comments = String::with_capacity(source.len());
    let mut place = Place::Code;
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let rest = characters.get(at..).unwrap_or_default();
        let (length, next) = step(&place, rest, code.chars().last());
        let taken = rest.get(..length).unwrap_or(rest);
        let comment =
            |place: &Place| matches!(place, Place::LineComment | Place::BlockComment { .. });
        let in_comment = comment(&place) || next.as_ref().is_some_and(comment);
        let in_code = matches!(place, Place::Code) && next.is_none();
        // A character literal is taken whole and is not code; a newline keeps the lines aligned.
        let literal = in_code && character == '\'' && length > 1;
        for &one in taken {
            let blank = if one == '\n' { '\n' } else { ' ' };
            code.push(if in_code && !literal { one } else { blank });
            comments.push(if in_comment { one } else { blank });
        }
        if let Some(next) = next {
            place = next;
        }
        at += length.max(1);
    }
    Split { code, comments }
}

/// How many characters to take in this place, and where that leads if it leads elsewhere.
fn step(place: &Place, rest: &[char], before: Option<char>) -> (usize, Option<Place>) {
    let first = rest.first().copied().unwrap_or(' ');
    let second = rest.get(1).copied();
    match place {
        Place::Code => match (first, second) {
            ('/', Some('/')) => (2, Some(Place::LineComment)),
            ('/', Some('*')) => (2, Some(Place::BlockComment { depth: 1 })),
            ('"', _) => (1, Some(Place::Text)),
            ('r', _) if !before.is_some_and(|one| one.is_alphanumeric() || one == '_') => {
                raw_start(rest)
                    .map_or((1, None), |hashes| (hashes + 2, Some(Place::RawText { hashes })))
            }
            ('\'', _) => (character_length(rest), None),
            _ => (1, None),
        },
        Place::LineComment => (1, (first == '\n').then_some(Place::Code)),
        Place::BlockComment { depth } => match (first, second, depth) {
            ('*', Some('/'), 1) => (2, Some(Place::Code)),
            ('*', Some('/'), depth) => (2, Some(Place::BlockComment { depth: depth - 1 })),
            ('/', Some('*'), depth) => (2, Some(Place::BlockComment { depth: depth + 1 })),
            _ => (1, None),
        },
        Place::Text => match first {
            '\\' => (2, None),
            '"' => (1, Some(Place::Code)),
            _ => (1, None),
        },
        Place::RawText { hashes } => {
            let end = first == '"'
                && rest.iter().skip(1).take_while(|&&one| one == '#').count() >= *hashes;
            if end { (hashes + 1, Some(Place::Code)) } else { (1, None) }
        }
    }
}

/// How many hashes a raw text that starts here has; `None` when none starts here.
fn raw_start(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().skip(1).take_while(|&&one| one == '#').count();
    (rest.get(hashes + 1) == Some(&'"')).then_some(hashes)
}

/// The length of a character literal that starts here; 1 when this is a lifetime.
fn character_length(rest: &[char]) -> usize {
    if rest.get(1) == Some(&'\\') {
        let closing = rest.iter().skip(3).position(|&one| one == '\'');
        return closing.map_or(1, |place| place + 4);
    }
    if rest.get(2) == Some(&'\'') { 3 } else { 1 }
}

/// The identifiers of a line of code.
pub(crate) fn identifiers(line: &str) -> impl Iterator<Item = &str> {
    line.split(|one: char| !one.is_alphanumeric() && one != '_')
        .filter(|word| word.chars().next().is_some_and(|one| !one.is_ascii_digit()))
}

/// The words of an identifier, in lower case: `soc_fromOcv` is soc, from, ocv.
pub(crate) fn parts(identifier: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before_lower = false;
    for one in identifier.chars() {
        if one == '_' || (one.is_uppercase() && before_lower) {
            parts.push(String::new());
        }
        if one != '_'
            && let Some(last) = parts.last_mut()
        {
            last.extend(one.to_lowercase());
        }
        before_lower = one.is_lowercase();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, code: &str, comments: &str) {
        let split = split(source);
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&split.code), code, "code of {source}");
        assert_eq!(squeeze(&split.comments), comments, "comments of {source}");
        assert_eq!(split.code.lines().count(), source.lines().count());
    }

    #[test]
    fn comments_and_texts_are_not_code() {
        check("let a = 1; // data", "let a = 1;", "// data");
        check("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */");
        check(r#"say("data \" more"); b"#, "say( ); b", "");
        check("r#\"data \" more\"# b", "b", "");
        check("a\n// b\nc", "a c", "// b");
    }

    #[test]
    fn a_quote_character_does_not_open_a_text() {
        check(r#"let q = '"'; data"#, "let q = ; data", "");
        check(r"let q = '\''; data", "let q = ; data", "");
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}", "");
    }

    #[test]
    fn an_identifier_that_ends_in_r_does_not_open_a_raw_text() {
        check(r#"for"x""#, "for", "");
    }

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(parts("SocManager"), ["soc", "manager"]);
        assert_eq!(parts("MAX_CELLS"), ["max", "cells"]);
        assert_eq!(
            identifiers("let data_2 = 5 + x.info").collect::<Vec<_>>(),
            ["let", "data_2", "x", "info"]
        );
    }
}

//! Which requirements the tests and the scenarios name.

use super::Holders;
use crate::tidy::SourceFile;
use crate::tidy::source::{identifiers, split};

/// Every requirement that a test or a scenario names, with the names of those, each once.
pub(super) fn holders(sources: &[SourceFile], scenarios: &[SourceFile]) -> Holders {
    let mut holders = Holders::new();
    let mut note = |number: u16, name: String| {
        let names = holders.entry(number).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    };
    for file in sources.iter().filter(|file| file.crate_folder().is_some()) {
        let place = module(&file.path);
        for (number, test) in named_by_tests(&file.text) {
            note(number, format!("{place}::{test}"));
        }
    }
    for file in scenarios {
        for number in named_by_scenario(&file.text) {
            note(number, file.path.clone());
        }
    }
    holders
}

/// The module that a file is, as a test runner spells it: `core::protect::level` for
/// `crates/core/src/protect/level.rs`, `sim::repeatable` for `crates/sim/tests/repeatable.rs`.
fn module(path: &str) -> String {
    let path = path.strip_prefix("crates/").unwrap_or(path);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.len() > 1 {
        // The folder `src` or `tests` is no module.
        parts.remove(1);
    }
    if parts.last().is_some_and(|last| ["lib", "main", "mod"].contains(last)) {
        parts.pop();
    }
    parts.join("::")
}

/// The requirements that comments directly above tests name, each with the name of the test and
/// the modules inside of the file that it is in.
///
/// Modules are told by indentation, which rustfmt keeps right.
fn named_by_tests(text: &str) -> Vec<(u16, String)> {
    let split = split(text);
    let mut named = Vec::new();
    let mut waiting = Vec::new();
    let mut is_test = false;
    let mut modules: Vec<(usize, &str)> = Vec::new();
    for (line, comment) in split.code.lines().zip(split.comments.lines()) {
        let code = line.trim();
        let indentation = line.len() - line.trim_start().len();
        if code.is_empty() && !comment.trim().is_empty() {
            waiting.extend(mentions(comment));
        } else if code.starts_with("#[") {
            is_test |= code == "#[test]" || code.starts_with("#[tokio::test");
        } else {
            if is_test && let Some(name) = after(code, "fn") {
                let path: Vec<&str> = modules.iter().map(|(_, name)| *name).chain([name]).collect();
                named.extend(waiting.iter().map(|&number| (number, path.join("::"))));
            }
            if code == "}" && modules.last().is_some_and(|(start, _)| *start == indentation) {
                modules.pop();
            }
            if code.ends_with('{')
                && let Some(name) = after(code, "mod")
            {
                modules.push((indentation, name));
            }
            waiting.clear();
            is_test = false;
        }
    }
    named
}

/// The identifier behind a keyword of a line.
fn after<'a>(code: &'a str, keyword: &str) -> Option<&'a str> {
    let mut words = identifiers(code);
    words.find(|word| *word == keyword)?;
    words.next()
}

/// The requirements that lines of the head comment of a scenario begin with: `# R-113`.
fn named_by_scenario(text: &str) -> Vec<u16> {
    text.lines()
        .take_while(|line| line.is_empty() || line.starts_with('#'))
        .filter(|line| line.starts_with("# R-"))
        .flat_map(mentions)
        .collect()
}

/// The numbers of three digits behind `R-` in a line.
pub(super) fn mentions(line: &str) -> impl Iterator<Item = u16> {
    line.match_indices("R-").filter_map(|(place, found)| {
        let rest = line.get(place + found.len()..)?;
        let digits = rest.split(|one: char| !one.is_ascii_alphanumeric()).next()?;
        digits.parse().ok().filter(|_| digits.len() == 3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(u16, &str)]) {
        let named = named_by_tests(text);
        let named: Vec<(u16, &str)> =
            named.iter().map(|(number, name)| (*number, name.as_str())).collect();
        assert_eq!(named, expected, "{text}");
    }

    #[test]
    fn a_comment_above_a_test_names_its_requirements() {
        check("// R-070, R-071: the light\n#[test]\nfn a() {}", &[(70, "a"), (71, "a")]);
        check("#[test]\n// R-072\nfn a() {}", &[(72, "a")]);
        check("// R-070\n#[tokio::test]\nasync fn a() {}", &[(70, "a")]);
    }

    #[test]
    fn a_test_inside_of_a_module_or_a_macro_has_its_whole_name() {
        check("mod tests {\n    // R-070\n    #[test]\n    fn a() {}\n}", &[(70, "tests::a")]);
        check(
            "proptest! {\n    // R-070\n    #[test]\n    fn a(x in 0..1) {\n    }\n}",
            &[(70, "a")],
        );
        check("mod b {\n    fn c() {\n    }\n}\n// R-070\n#[test]\nfn a() {}", &[(70, "a")]);
    }

    #[test]
    fn a_mention_anywhere_else_does_not_count() {
        check("// R-070\nconst A: u8 = 1;\n#[test]\nfn a() {}", &[]);
        check("let a = \"R-070\";\n#[test]\nfn a() {}", &[]);
        check("// R-07, R-0701, R-07x\n#[test]\nfn a() {}", &[]);
        // A function that tests call is not a test.
        check("// R-070\nfn a() {}\n#[test]\nfn b() {}", &[]);
        // An empty line parts the comment from the test.
        check("// R-070\n\n#[test]\nfn b() {}", &[]);
    }

    #[test]
    fn a_scenario_names_requirements_in_its_head_alone() {
        assert_eq!(named_by_scenario("# A story.\n# R-113, R-017\n\n[pack]\n"), [113, 17]);
        assert_eq!(named_by_scenario("# Not like R-113.\n[pack]\n# R-114\n"), [0_u16; 0]);
    }

    #[test]
    fn names_are_those_of_the_test_runner() {
        assert_eq!(module("crates/core/src/protect/level.rs"), "core::protect::level");
        assert_eq!(module("crates/core/src/protect/mod.rs"), "core::protect");
        assert_eq!(module("crates/units/src/lib.rs"), "units");
        assert_eq!(module("crates/sim/tests/repeatable.rs"), "sim::repeatable");
    }

    #[test]
    fn tests_and_scenarios_are_gathered_and_named_once() {
        let file =
            |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        let test = "// R-001, R-001\n#[test]\nfn a() {}";
        let sources = [file("crates/core/src/x.rs", test), file("xtask/src/y.rs", test)];
        let scenarios = [file("scenarios/s.toml", "# R-001\n")];
        let holders = holders(&sources, &scenarios);
        assert_eq!(holders.len(), 1);
        assert_eq!(holders[&1], ["core::x::a", "scenarios/s.toml"]);
    }
}

//! Mutants that no test can catch because they change nothing, each with the argument.

use super::known::Mutant;

/// Where they are argued.
pub(super) const PATH: &str = "xtask/mutants-argued.txt";

/// The argued mutants, and what was wrong with the list.
pub(super) struct Argued {
    /// Whole names.
    names: Vec<String>,
    /// Lines without a reason, and lines that name no mutant or more than one.
    pub(super) complaints: Vec<String>,
}

impl Argued {
    /// Reads lines of the form `name -- reason`; `#` starts a remark. A name may leave out line
    /// and column where it is still the name of one mutant alone.
    pub(super) fn parse(text: &str, mutants: &[Mutant]) -> Self {
        let mut argued = Self { names: Vec::new(), complaints: Vec::new() };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let Some((name, reason)) = line.split_once(" -- ") else {
                argued.complaints.push(format!("{PATH}: no ` -- ` with a reason: {line}"));
                continue;
            };
            if reason.trim().is_empty() {
                argued.complaints.push(format!("{PATH}: no reason: {line}"));
                continue;
            }
            let meant: Vec<&Mutant> = mutants
                .iter()
                .filter(|mutant| mutant.name == name || without_place(&mutant.name) == name)
                .collect();
            match meant.as_slice() {
                [one] => argued.names.push(one.name.clone()),
                [] => argued.complaints.push(format!("{PATH}: there is no mutant {name}")),
                more => argued.complaints.push(format!(
                    "{PATH}: {} mutants are called {name}; give line and column",
                    more.len()
                )),
            }
        }
        argued
    }

    /// Whether this mutant is argued.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.names.iter().any(|argued| argued == name)
    }
}

/// `a.rs: replace …` for `a.rs:1:2: replace …`.
fn without_place(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(path), Some(_line), Some(_column), Some(rest)) => format!("{path}:{rest}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, names: &[&str], complaints: &[&str]) {
        let mutant = |name: &str| Mutant { name: name.to_owned(), file: "a.rs".to_owned() };
        let mutants = ["a.rs:1:2: replace < in f", "a.rs:3:4: replace > in f"].map(mutant);
        let twins = ["a.rs:5:1: replace - in f", "a.rs:6:1: replace - in f"].map(mutant);
        let argued = Argued::parse(text, &[mutants, twins].concat());
        assert_eq!(argued.names, names, "{text}");
        assert_eq!(argued.complaints, complaints, "{text}");
    }

    #[test]
    fn a_line_names_a_mutant_and_argues() {
        check("# remark\n\na.rs:1:2: replace < in f -- same\n", &["a.rs:1:2: replace < in f"], &[]);
        check("a.rs: replace < in f -- same", &["a.rs:1:2: replace < in f"], &[]);
        check("a.rs:6:1: replace - in f -- same", &["a.rs:6:1: replace - in f"], &[]);
    }

    #[test]
    fn a_line_without_an_argument_is_caught() {
        let line = "a.rs:1:2: replace < in f";
        check(line, &[], &[&format!("{PATH}: no ` -- ` with a reason: {line}")]);
        let line = "a.rs:1:2: replace < in f --  ";
        check(line, &[], &[&format!("{PATH}: no reason: {line}")]);
    }

    #[test]
    fn a_line_that_names_no_mutant_is_caught() {
        let expected = format!("{PATH}: there is no mutant a.rs:9:2: replace < in f");
        check("a.rs:9:2: replace < in f -- same", &[], &[&expected]);
    }

    #[test]
    fn a_short_name_of_two_mutants_is_caught() {
        let expected =
            format!("{PATH}: 2 mutants are called a.rs: replace - in f; give line and column");
        check("a.rs: replace - in f -- same", &[], &[&expected]);
    }
}

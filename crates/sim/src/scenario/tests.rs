use super::*;

fn refused(text: &str) -> String {
    Scenario::parse(text).unwrap_err().to_string()
}

fn expecting(expect: &str) -> String {
    refused(&format!("\n[[expect]]\n{expect}\n"))
}

#[test]
fn an_unknown_word_is_refused_with_its_line_and_the_words_that_exist() {
    let message = refused("[[expect]]\nat = \"1s\"\ncharg = \"open\"\n");
    assert!(message.contains("line 3"), "{message}");
    assert!(message.contains("`charge`"), "{message}");
    assert!(expecting("at = \"1s\"\ncharge = \"off\"").contains("closed, open"));
    assert!(expecting("at = \"1s\"\nred = \"blue\"").contains("solid"));
    assert!(expecting("at = \"1s\"\npoint = \"volts\"\nmin = 1").contains("pack_voltage"));
}

#[test]
fn words_that_do_not_go_together_are_refused_with_their_line() {
    for (expect, wanted) in [
        ("at = \"1s\"", "exactly one of"),
        ("at = \"1s\"\ncharge = \"open\"\ndischarge = \"open\"", "exactly one of"),
        ("charge = \"open\"", "says when"),
        ("at = \"1s\"\nfrom = \"1s\"\ncharge = \"open\"", "says when"),
        ("within = [\"2s\", \"1s\"]\ncharge = \"open\"", "before the first"),
        ("at = \"1s\"\ncharge = \"open\"\nlevel = \"l2\"", "`level` says nothing about `charge`"),
        ("at = \"1s\"\nfault_set = \"short_circuit\"", "an event needs"),
        ("within = [\"1s\", \"2s\"]\ncharge = \"open\"\nnever = true", "`never` goes with"),
        ("from = \"1s\"\ncharge = \"open\"\ncount = 2", "`count` is for events"),
        ("at = \"1s\"\npoint = \"soc\"", "a point has"),
        ("at = \"1s\"\npoint = \"soc\"\nmin = 1\nabsent = \"stale\"", "a point has"),
        ("from = \"1s\"\nfault_set = \"open_wire\"\ncell = 1\nsensor = 1", "one place"),
        ("at = \"1s\"\npoint = \"soc\"\nmin = 1.001", "finer than the table"),
    ] {
        let message = expecting(expect);
        assert!(message.contains("line 2"), "{message}");
        assert!(message.contains(wanted), "{message}");
    }
}

#[test]
fn a_scenario_ends_a_second_after_the_last_time_it_names_or_when_it_says() {
    let ends = |text: &str| Scenario::parse(text).unwrap().ends;
    assert_eq!(ends(""), Duration::from_secs(1));
    assert_eq!(ends("[[at]]\ntime = \"5s\"\nload_a = 1\n"), Duration::from_secs(6));
    let expect = "[[expect]]\ncharge = \"open\"\nwithin = [\"7s\", \"9s\"]\n";
    assert_eq!(ends(expect), Duration::from_secs(10));
    assert_eq!(ends(&format!("ends = \"9s\"\n{expect}")), Duration::from_secs(9));
    let late = refused(&format!("ends = \"8.9s\"\n{expect}"));
    assert!(late.contains("line 2") && late.contains("8.9s"), "{late}");
}

/// A pack that is driven through both ends and some trouble, with expectations of every kind
/// whose verdicts must not depend on how time is passed.
const BUSY: &str = include_str!("../../../../scenarios/cell-under-voltage.toml");

#[test]
fn hopping_over_quiet_spans_tells_the_same_story_as_ticking_through_them() {
    let scenario = Scenario::parse(BUSY).unwrap();
    let live = |hopping| {
        let mut told = Vec::new();
        let outcome = scenario
            .run_by(hopping, None, &mut |what| {
                if let Told::Event(event) = what {
                    told.push(event.to_string());
                }
            })
            .unwrap();
        (outcome, told)
    };
    let (hopped, ticked) = (live(true), live(false));
    assert!(hopped.1.len() > 10);
    assert_eq!(hopped, ticked);
}

/// What the parser would have understood at a place, from its own complaint about a wrong word.
fn words_at(wrong: &str) -> Vec<String> {
    let message = refused(wrong);
    let known = message.split("expected ").nth(1).unwrap_or_default();
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words in the first column of the tables under a heading of the page.
fn words_under(page: &str, heading: &str) -> Vec<String> {
    let section = page.split(&format!("\n{heading}\n")).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_about_scenarios_has_every_word_that_the_parser_knows_and_no_other() {
    let page = include_str!("../../../../docs/scenarios.md");
    for (heading, wrong) in [
        ("## The whole file", "zzz = 1\n"),
        ("## `[pack]`", "[pack]\nzzz = 1\n"),
        ("## `[place]`", "[place]\nzzz = 1\n"),
        ("## `[[at]]`", "[[at]]\nzzz = 1\n"),
        ("## `command`", "[[at]]\ntime = \"1s\"\ncommand = { zzz = 1 }\n"),
        ("## `write`", "[[at]]\ntime = \"1s\"\nwrite = { zzz = 1 }\n"),
        ("## `cell`", "[[at]]\ntime = \"1s\"\ncell = { zzz = 1 }\n"),
        ("## `sensor`", "[[at]]\ntime = \"1s\"\nsensor = { zzz = 1 }\n"),
        ("## `[[expect]]`", "[[expect]]\nzzz = 1\n"),
    ] {
        let (mut known, mut told) = (words_at(wrong), words_under(page, heading));
        known.sort();
        told.sort();
        assert!(known.len() > 2, "{heading}: {known:?}");
        assert_eq!(told, known, "{heading}");
    }
}

use super::*;

fn refused(text: &str) -> String {
    Story::parse(text).unwrap_err().to_string()
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_keys_that_exist() {
    let message = refused("[pack]\ncells = 16\n\n[[at]]\ntime = \"0s\"\nlaod_a = 20\n");
    assert!(message.contains("line 6"), "{message}");
    assert!(message.contains("`laod_a`"), "{message}");
    assert!(message.contains("`load_a`"), "{message}");
}

#[test]
fn an_unknown_injection_is_refused_with_the_ones_that_exist() {
    let message = refused("[[at]]\ntime = \"0s\"\ninject = \"earthquake\"\n");
    assert!(message.contains("line 3"), "{message}");
    assert!(message.contains("open_wire"), "{message}");
}

#[test]
fn a_command_with_two_verbs_or_none_is_refused_with_its_line_and_the_verbs() {
    for command in ["", "allow = \"charge\", forbid = \"discharge\""] {
        let message = refused(&format!("\n[[at]]\ntime = \"0s\"\ncommand = {{ {command} }}\n"));
        assert!(message.contains("line 2"), "{message}");
        assert!(message.contains("set_soc_percent"), "{message}");
    }
}

#[test]
fn an_unknown_answer_or_state_of_the_chip_is_refused_with_the_words_that_exist() {
    let asked = "command = { allow = \"charge\", answer = \"yes\" }";
    assert!(refused(&format!("[[at]]\ntime = \"0s\"\n{asked}\n")).contains("out_of_range"));
    assert!(refused("[[at]]\ntime = \"0s\"\nchip = \"dead\"\n").contains("silent"));
}

#[test]
fn numbers_that_make_no_sense_are_refused_at_their_boundaries() {
    assert!(refused("[pack]\ncells = 2\n").contains("3 to 24"));
    assert!(refused("[pack]\ncells = 25\n").contains("3 to 24"));
    assert!(Story::parse("[pack]\ncells = 24\n").is_ok());
    assert!(refused("[pack]\nstart_soc_percent = 100.1\n").contains("100"));
    assert!(refused("[[at]]\ntime = \"0s\"\nload_a = -1\n").contains("-1"));
    assert!(refused("[[at]]\ntime = \"0s\"\nload_a = nan\n").contains("NaN"));
}

#[test]
fn turns_come_in_the_order_of_time_and_then_of_writing() {
    let story = Story::parse(
        "[[at]]\ntime = \"2s\"\nload_a = 3\n[[at]]\ntime = \"1s\"\nload_a = 1\nambient_c = 5\n",
    )
    .unwrap();
    let changes: Vec<_> = story.turns.into_iter().map(|turn| (turn.line, turn.change)).collect();
    assert_eq!(
        changes,
        [(4, Change::LoadAmps(1.0)), (4, Change::Ambient(5.0)), (1, Change::LoadAmps(3.0))]
    );
}

#[test]
fn the_shipped_stories_can_be_read() {
    let steady = Story::parse(include_str!("../../../../scenarios/steady.toml")).unwrap();
    assert_eq!(steady.turns.len(), 1);
    assert_eq!(steady.turns[0].change, Change::LoadAmps(20.0));
    let solar = Story::parse(include_str!("../../../../scenarios/solar-day.toml")).unwrap();
    assert_eq!(solar.turns, Story::solar_day().turns);
}

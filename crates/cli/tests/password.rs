//! The owner's password at the command line, against a demo in a process of its own.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a real process is asked, so real time passes")]

mod demo;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use demo::Demo;

/// Runs the command line with a password in its environment and a text on its standard input.
fn run(device: &str, password: Option<&str>, words: &[&str], input: &str) -> Output {
    let (name, rest) = words.split_first().expect("a command");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellward"));
    command.args([*name, "--device", device]).args(rest).env_remove("CELLWARD_PASSWORD");
    if let Some(password) = password {
        command.env("CELLWARD_PASSWORD", password);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the binary was built for this test");
    let mut stdin = process.stdin.take().expect("it is piped");
    // A command that reads nothing may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    process.wait_with_output().expect("it ends")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_owner_sets_a_password_and_from_then_on_only_who_gives_it_writes() {
    let demo = Demo::start("password", "0.01");
    let own = format!("tcp:{}?dialect=modbus-tcp", demo.modbus_tcp);
    let d2 = format!("serial:{}?dialect=d2", demo.pty);
    let set = |device: &str, password, value: &str| {
        let pair = format!("cell_over_voltage_l1_threshold={value}");
        run(device, password, &["set", "--yes", &pair], "")
    };
    assert_eq!(code(&set(&own, None, "3560")), 0, "nobody has set one");
    assert_eq!(code(&set(&d2, None, "3550")), 0, "nobody has set one");

    let output = run(&own, None, &["set-password"], "s3cret!\n");
    assert_eq!(code(&output), 0, "{output:?}");
    let output = set(&own, None, "3560");
    assert_eq!(code(&output), 1, "{output:?}");
    assert!(said(&output).contains("needs the role installer"), "{output:?}");
    assert!(said(&output).contains("--password-file"), "{output:?}");
    let output = set(&d2, Some("s3cret!"), "3560");
    assert_eq!(code(&output), 1, "that dialect has no login: {output:?}");
    assert!(said(&output).contains("a password may be set"), "{output:?}");

    let output = set(&own, Some("guessed"), "3560");
    assert_eq!(code(&output), 1, "{output:?}");
    assert!(said(&output).contains("this is not the password"), "{output:?}");
    assert_eq!(code(&set(&own, Some("s3cret!"), "3560")), 0);

    let output = run(&own, None, &["switch", "charge", "on"], "");
    assert_eq!(code(&output), 0, "a user may do that: {output:?}");
    let output = run(&own, None, &["history"], "");
    let history = String::from_utf8_lossy(&output.stdout);
    assert!(history.contains("the owner's password was set at port"), "{history}");
    assert!(history.contains("a wrong password was given at port"), "{history}");
    assert!(!format!("{output:?}").contains("s3cret!"));

    let output = run(&own, None, &["set-password", "--remove"], "");
    assert_eq!(code(&output), 1, "{output:?}");
    let output = run(&own, Some("s3cret!"), &["set-password", "--remove"], "");
    assert_eq!(code(&output), 0, "{output:?}");
    assert_eq!(code(&set(&d2, None, "3550")), 0);
    demo.stop();
}

#[test]
fn what_can_be_no_password_is_refused_before_anything_is_sent() {
    let set = |input: &str| run("sim:", None, &["set-password"], input);
    for (input, why) in [
        ("", "at least 6 characters"),
        ("short\n", "at least 6 characters"),
        ("0123456789abcdefg\n", "at most 16 characters"),
        ("with a space\n", "no space"),
        ("123456\n", "everybody knows that one"),
    ] {
        let output = set(input);
        assert_eq!(code(&output), 2, "{input:?}: {output:?}");
        assert!(said(&output).contains(why), "{input:?}: {output:?}");
    }
}

#[test]
fn a_password_is_read_from_the_first_line_of_a_file() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{}-password", std::process::id()));
    let name = path.to_str().expect("a plain path");
    std::fs::write(&path, "123456\nno part of it\n").expect("the folder is there");
    let restart = ["restart", "--password-file", name];
    let output = run("sim:?dialect=modbus", None, &restart, "");
    assert_eq!(code(&output), 0, "a new board has that of the factory: {output:?}");
    std::fs::write(&path, "guessed\n").expect("the folder is there");
    let output = run("sim:?dialect=modbus", None, &restart, "");
    assert_eq!(code(&output), 1, "{output:?}");
    assert!(said(&output).contains("this is not the password"), "{output:?}");
    let output = run("sim:", None, &["restart", "--password-file", "not-there"], "");
    assert_eq!(code(&output), 2, "{output:?}");
    assert!(said(&output).contains("not-there"), "{output:?}");
}

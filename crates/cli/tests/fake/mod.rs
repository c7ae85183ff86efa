//! Boards to read that are none: on a pty or a TCP port, each in a thread of its own.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use cellward_link::{Framing, NoRecords, Port, View};
use cellward_params::{Config, PortId, Snapshot};
use cellward_units as units;

/// What a fake board does with what a real one would answer.
pub(crate) type Habit = Box<dyn FnMut(Vec<u8>) -> Reaction + Send>;

/// The fake board's doing.
pub(crate) enum Reaction {
    /// Sends these bytes at 9600 baud.
    Say(Vec<u8>),
    /// Sends these bytes at once.
    Shout(Vec<u8>),
    /// Closes its end.
    Die,
}

/// A board that answers as it should.
pub(crate) fn honest() -> Habit {
    Box::new(Reaction::Say)
}

/// A board on a pty; gives its device address.
pub(crate) fn on_pty(truth: Snapshot, habit: Habit) -> String {
    let (board, device) = pty();
    let path = device.1;
    // The device end stays open as long as the board lives, so that nobody sees a hang-up before
    // the reader has come.
    let keep = device.0;
    let board = File::from(board);
    std::thread::spawn(move || {
        let reader = board.try_clone().unwrap();
        serve(reader, board, truth, habit, Framing::Serial);
        drop(keep);
    });
    format!("serial:{path}?dialect=a5")
}

/// A board on a TCP port that takes one connection; gives its device address.
pub(crate) fn on_tcp(truth: Snapshot, habit: Habit) -> String {
    format!("tcp:{}?dialect=a5", listening(truth, habit, Framing::Serial))
}

/// A board that serves Modbus TCP to one connection; gives its device address, without its dialect.
pub(crate) fn on_modbus_tcp(truth: Snapshot) -> String {
    format!("tcp:{}", listening(truth, honest(), Framing::ModbusTcp))
}

fn listening(truth: Snapshot, habit: Habit, framing: Framing) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        serve(stream.try_clone().unwrap(), stream, truth, habit, framing);
    });
    address
}

/// Both ends of a new pty, the device end raw, and its path.
fn pty() -> (OwnedFd, (OwnedFd, String)) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let board = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&board).unwrap();
    unlockpt(&board).unwrap();
    let path = ptsname(&board, Vec::new()).unwrap().into_string().unwrap();
    let device = rustix::fs::open(
        path.as_str(),
        rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    let mut settings = rustix::termios::tcgetattr(&device).unwrap();
    settings.make_raw();
    let now = rustix::termios::OptionalActions::Now;
    rustix::termios::tcsetattr(&device, now, &settings).unwrap();
    (board, (device, path))
}

/// Plays the board until the other end goes away.
fn serve(
    mut reader: impl std::io::Read,
    mut writer: impl std::io::Write,
    truth: Snapshot,
    mut habit: Habit,
    framing: Framing,
) {
    let mut board: Port = Port::framed(PortId(0), framing);
    let config = Config::lifepo4(16);
    let start = Instant::now();
    let mut buffer = [0; 256];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let now = u64::try_from(start.elapsed().as_micros()).unwrap();
        let view = View { snapshot: &truth, config: &config, records: &NoRecords };
        board.receive(&buffer[..count], &view, units::Instant::from_micros(now));
        let mut answer = vec![0; 512];
        let count = board.transmit(&mut answer);
        answer.truncate(count);
        let (bytes, paced) = match habit(answer) {
            Reaction::Say(bytes) => (bytes, true),
            Reaction::Shout(bytes) => (bytes, false),
            Reaction::Die => return,
        };
        for piece in bytes.chunks(if paced { 13 } else { 4096 }) {
            if paced {
                // Ten bits a byte at 9600 baud.
                std::thread::sleep(Duration::from_micros(1_042 * piece.len() as u64));
            }
            if writer.write_all(piece).is_err() {
                return;
            }
        }
    }
}

/// Runs the binary and gives what it said; panics if it takes longer than a minute.
pub(crate) fn cellward(args: &[&str]) -> Output {
    cellward_fed(args, b"")
}

/// As [`cellward`], with something on standard input.
pub(crate) fn cellward_fed(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cellward"))
        .args(args)
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that does not read closes its end, which is no fault of the test.
    let _ = stdin.write_all(input);
    drop(stdin);
    let mut out = child.stdout.take().unwrap();
    let mut err = child.stderr.take().unwrap();
    let complaints = std::thread::spawn(move || {
        let mut text = Vec::new();
        err.read_to_end(&mut text).unwrap();
        text
    });
    let mut stdout = Vec::new();
    out.read_to_end(&mut stdout).unwrap();
    let stderr = complaints.join().unwrap();
    let status = child.wait().unwrap();
    Output { status, stdout, stderr }
}

/// What was said on standard error, which must be exactly one line.
pub(crate) fn one_sentence(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

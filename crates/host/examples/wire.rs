//! Prints what reading costs on real wires, in wall time.
//!
//! ```sh
//! cargo run --release -p cellward-host --example wire -- poll serial:/dev/pts/3?dialect=a5 …
//! cargo run --release -p cellward-host --example wire -- overhead target/release/cellward
//! ```
//!
//! `poll` reads a board again and again, and tells how much of the time its dialect needed.
//! `overhead` lets a binary read a board of this process, which knows what it took itself.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use cellward_host::{DeviceUrl, Dialect, Options, Plan, open_board};
use cellward_link::{NoRecords, Port, View};
use cellward_params::{Config, PortId};

/// How often a board is polled, and a binary started.
const TIMES: usize = 5;
/// How long a round may take.
const LIMIT: Duration = Duration::from_secs(30);
/// One byte at 9600 baud, ten bits.
const BYTE: Duration = Duration::from_nanos(1_041_667);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["poll", ref urls @ ..] if !urls.is_empty() => urls.iter().try_for_each(|url| poll(url)),
        ["overhead", binary] => [Dialect::A5, Dialect::P81, Dialect::Modbus]
            .into_iter()
            .try_for_each(|dialect| overhead(binary, dialect)),
        _ => Err(anyhow::anyhow!("usage: wire poll URL… | wire overhead BINARY")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// The silence before each request, and how long a request is.
fn needs(dialect: Dialect) -> (Duration, u32) {
    match dialect {
        Dialect::A5 => (Duration::from_millis(20), 13),
        Dialect::D2 | Dialect::P81 => (Duration::from_millis(50), 8),
        Dialect::Modbus => (Duration::from_millis(4), 8),
        Dialect::ModbusTcp => (Duration::ZERO, 12),
    }
}

/// Live rounds at one board, its dialect known.
fn poll(url: &str) -> anyhow::Result<()> {
    let url: DeviceUrl = url.parse()?;
    let dialect = url.dialect.context("the address must name the dialect")?;
    let (guard, request) = needs(dialect);
    let mut board = open_board(&url, Options::default())?;
    // The first gets to know the board.
    board.read(Plan::Full, LIMIT)?;
    board.read(Plan::Live, LIMIT)?;
    let mut rounds = Vec::new();
    for _ in 0..TIMES {
        let start = now();
        let read = board.read(Plan::Live, LIMIT)?;
        let elapsed = start.elapsed();
        if !read.is_whole() {
            bail!("{url}: not everything was answered: {:?}", read.report);
        }
        let requests = read.report.requests;
        let bytes = read.report.bytes + requests * request;
        let (wire, guards) = (BYTE * bytes, guard * requests);
        let share = (wire + guards).as_secs_f64() / elapsed.as_secs_f64();
        rounds.push((share, bytes, wire, guards, requests, elapsed));
    }
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (share, bytes, wire, guards, requests, elapsed) = rounds[TIMES / 2];
    say(&format!(
        "{}: {:.1} % = ({bytes} bytes x 10 / 9600 baud {:.1} ms + guard {:.0} ms, {requests} \
         requests) / {:.1} ms",
        dialect.key(),
        share * 100.0,
        millis(wire),
        millis(guards),
        millis(elapsed),
    ));
    Ok(())
}

/// What a board has done for a client.
#[derive(Default)]
struct Served {
    answers: u32,
    /// From the last byte of each request to the last byte of its answer.
    busy: Duration,
    /// How long it was silent to requests that it does not know.
    silent: Duration,
}

/// `cellward read --json` at a board of this process, again and again.
fn overhead(binary: &str, dialect: Dialect) -> anyhow::Result<()> {
    let (guard, _) = needs(dialect);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let device = format!("tcp:{}?dialect={}", listener.local_addr()?, dialect.key());
    let (sender, served) = channel();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            if sender.send(serve(stream)).is_err() {
                return;
            }
        }
    });
    let mut runs = Vec::new();
    for _ in 0..TIMES {
        let start = now();
        let status = Command::new(binary)
            .args(["read", "--json", "--device", &device])
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("cannot start {binary}"))?;
        let elapsed = start.elapsed();
        let served = served.recv()?.context("the connection failed")?;
        if !status.success() {
            bail!("{device}: {status}");
        }
        // Nobody waits before the first request.
        let needed = served.busy + served.silent + guard * served.answers.saturating_sub(1);
        runs.push((elapsed.saturating_sub(needed), elapsed, served));
    }
    runs.sort_by_key(|run| run.0);
    let (overhead, elapsed, served) = &runs[TIMES / 2];
    say(&format!(
        "{}: {:.1} ms beyond {} answers {:.1} ms, their guards {:.0} ms, and silence of the board \
         {:.1} ms; {:.1} ms in all",
        dialect.key(),
        millis(*overhead),
        served.answers,
        millis(served.busy),
        millis(guard * served.answers.saturating_sub(1)),
        millis(served.silent),
        millis(*elapsed),
    ));
    Ok(())
}

/// Plays a board until the other end goes away.
#[expect(clippy::disallowed_methods, reason = "takes the time that bytes take")]
fn serve(mut stream: TcpStream) -> std::io::Result<Served> {
    stream.set_nodelay(true)?;
    let truth = cellward_testkit::pack::sample(16, 2);
    let config = Config::lifepo4(16);
    let view = View { snapshot: &truth, config: &config, records: &NoRecords };
    let mut board: Port = Port::new(PortId(0));
    let mut served = Served::default();
    let start = now();
    let mut buffer = [0; 512];
    let mut silent_since: Option<Instant> = None;
    loop {
        let count = stream.read(&mut buffer)?;
        if let Some(since) = silent_since.take() {
            served.silent += since.elapsed();
        }
        if count == 0 {
            return Ok(served);
        }
        let came = now();
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        board.receive(&buffer[..count], &view, cellward_units::Instant::from_micros(micros));
        let answer = board.transmit(&mut buffer);
        if answer > 0 {
            std::thread::sleep(BYTE * u32::try_from(count + answer).unwrap_or(0));
            stream.write_all(&buffer[..answer])?;
            served.answers += 1;
            served.busy += came.elapsed();
        } else {
            silent_since = Some(came);
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[expect(clippy::disallowed_methods, reason = "measures real wires")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "printing is what this example is for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "it is a program")]
fn complain(error: &anyhow::Error) {
    eprintln!("wire: {error:#}");
}

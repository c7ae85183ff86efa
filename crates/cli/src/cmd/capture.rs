//! `cellward capture`, `replay` and `sniff`: raw bytes with their times.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::time::Duration;

use cellward_host::capture::{Chunk, Recorded, Tape, Way, dialect, first_line, parse};
use cellward_host::decode::{self, Decoded};
use cellward_host::recall::runs;
use cellward_host::{DeviceUrl, Options, Plan, Wire, open_board_over};
use serde_json::Value as Json;

use super::decode::{Protocol, decoder};
use super::device::{DeviceArgs, open_way, spoken_with};
use super::read::judge;
use super::{Exit, complain, print};
use crate::span::up_to_a_day;

/// Options of `cellward capture`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CaptureArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Where the bytes are written to
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read again and again for so long, instead of once
    #[arg(long = "for", value_name = "TIME", value_parser = up_to_a_day)]
    run_for: Option<Duration>,
}

/// Options of `cellward replay`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// A file that `capture` or `sniff` wrote; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which protocol the bytes are; without it, what the capture says that the board speaks, or a5
    #[arg(long, value_name = "NAME", value_enum)]
    protocol: Option<Protocol>,
    /// First register, as 0x41 or 65, of replies whose request is not in the capture (kmodbus and
    /// modbus)
    #[arg(long, value_name = "REG", value_parser = super::decode::register)]
    start: Option<u16>,
    /// Print JSON instead of words
    #[arg(long)]
    json: bool,
}

/// Options of `cellward sniff`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SniffArgs {
    /// Where to listen: serial:/dev/ttyUSB0[?baud=9600] or tcp:host:port; nothing is ever sent
    #[arg(long, value_name = "URL", env = "CELLWARD_DEVICE")]
    device: DeviceUrl,
    /// End after so long
    #[arg(long = "for", value_name = "TIME", value_parser = up_to_a_day)]
    run_for: Option<Duration>,
}

/// Reads a board and keeps every byte that went to and fro.
pub(crate) fn capture(args: &CaptureArgs) -> Exit {
    let url = &args.device.device;
    let transport = match open_way(url) {
        Ok(transport) => transport,
        Err(exit) => return exit,
    };
    let tape = File::create(&args.file)
        .and_then(|file| Tape::begin(Box::new(BufWriter::new(file)), &url.to_string()));
    let tape = match tape {
        Ok(tape) => tape,
        Err(error) => {
            complain(&format!("cannot write {}: {error}", args.file.display()));
            return Exit::Usage;
        }
    };
    let recorded = Box::new(Recorded::new(transport, tape.clone()));
    let mut board = open_board_over(recorded, &spoken_with(url), Options::default());
    let waiting = super::progress::after_a_while("capturing");
    let end = args.run_for.map(|run_for| board.now() + run_for);
    let mut exit = Exit::Nothing;
    loop {
        match board.read(Plan::Full, args.device.timeout) {
            Ok(read) => exit = judge(url, &read),
            // A board that says nothing is worth capturing too.
            Err(error) => complain(&format!("{url}: {error}")),
        }
        if end.is_none_or(|end| board.now() >= end) {
            break;
        }
        if url.wire == Wire::Sim {
            // Its answers take no time, so that it would be asked for ever within the same moment.
            let _never_lost = board.rest(SIM_PAUSE);
        }
    }
    drop(waiting);
    match tape.end(board.dialect()) {
        Ok(chunks) => {
            complain(&format!("{chunks} pieces are in {}", args.file.display()));
            exit
        }
        Err(error) => {
            complain(&format!("cannot write {}: {error}", args.file.display()));
            Exit::Usage
        }
    }
}

/// Virtual time between two readings of a simulated board.
const SIM_PAUSE: Duration = Duration::from_secs(1);

/// Decodes a capture again.
pub(crate) fn replay(args: &ReplayArgs) -> Exit {
    let text = if args.file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(&args.file)
    };
    let read = text.map_err(|error| error.to_string()).and_then(|text| {
        let chunks = parse(&text).map_err(|error| error.to_string())?;
        let named = || dialect(&text).map_or(decode::Protocol::A5, decode::Protocol::of);
        let decoder = decoder(args.protocol.map_or_else(named, Protocol::spoken), args.start)?;
        Ok((chunks, decoder))
    });
    let (chunks, mut decoder) = match read {
        Ok(read) => read,
        Err(error) => {
            complain(&format!("{}: {error}", args.file.display()));
            return Exit::Usage;
        }
    };
    let (mut frames, mut refused) = (0, 0);
    let mut show = |at: Duration, way: Option<Way>, decoded: Decoded| {
        frames += decoded.frames;
        refused += decoded.refused;
        let way = match way {
            Some(Way::Sent) => "sent",
            Some(Way::Came) => "came",
            None => "end",
        };
        if args.json {
            let mut object = serde_json::Map::new();
            object.insert("at_s".to_owned(), at.as_secs_f64().into());
            object.insert("way".to_owned(), way.into());
            object.extend(decoded.json);
            print(&format!("{}\n", Json::Object(object)));
        } else {
            print(&format!("{:.6} {way}\n{}", at.as_secs_f64(), decoded.text));
        }
    };
    let mut last = Duration::ZERO;
    for run in runs(&chunks, Duration::MAX) {
        show(run.at, Some(run.way), decoder.decode(&run.bytes, Some(run.way)));
        last = run.at;
    }
    let rest = decoder.end(&[], None);
    if !rest.text.is_empty() {
        show(last, None, rest);
    }
    match (frames, refused) {
        (0, _) => {
            complain("there is no valid frame in this capture");
            Exit::Nothing
        }
        (_, 0) => Exit::Done,
        _ => Exit::Partial,
    }
}

/// Listens and writes down what comes by.
pub(crate) fn sniff(args: &SniffArgs) -> Exit {
    let mut transport = match open_way(&args.device) {
        Ok(transport) => transport,
        Err(exit) => return exit,
    };
    print(&format!("{}\n", first_line(&args.device.to_string())));
    let end = args.run_for.map(|run_for| transport.now() + run_for);
    let mut heard = false;
    let mut buffer = [0; 512];
    while end.is_none_or(|end| transport.now() < end) {
        match transport.read(&mut buffer, LISTEN) {
            Ok(0) => {}
            Ok(count) => {
                heard = true;
                let (at, bytes) = (transport.now(), buffer[..count].to_vec());
                print(&format!("{}\n", Chunk { at, way: Way::Came, bytes }));
            }
            Err(error) => {
                complain(&format!("{}: {error}", args.device));
                break;
            }
        }
    }
    if heard { Exit::Done } else { Exit::Nothing }
}

/// How often it is looked whether the time is over.
const LISTEN: Duration = Duration::from_millis(200);

//! `cellward read`: asks a board once and prints everything it said.

use cellward_host::{DeviceUrl, Plan, ReadReport, doubts, json};

use super::device::DeviceArgs;
use super::{Exit, complain, detail, print, table};

/// Options of `cellward read`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Reads once.
pub(crate) fn run(args: &ReadArgs) -> Exit {
    let mut board = match args.device.open() {
        Ok(board) => board,
        Err(exit) => return exit,
    };
    let waiting = super::progress::after_a_while("asking the board");
    let read = board.read(Plan::Full, args.device.timeout);
    drop(waiting);
    match read {
        Ok(read) => {
            if args.json {
                let object = json::snapshot(&read.snapshot);
                print(&format!("{:#}\n", serde_json::Value::Object(object)));
            } else {
                print(&table::render(&read.snapshot, table::Ink::for_stdout()));
            }
            judge(&args.device.device, &read)
        }
        Err(error) => {
            complain(&format!("{}: {error}", args.device.device));
            Exit::Nothing
        }
    }
}

/// Says what is missing of a reading, if anything is.
pub(super) fn judge(device: &DeviceUrl, read: &ReadReport) -> Exit {
    let report = &read.report;
    detail(&format!(
        "{device}: {} requests, {} bytes, {} good replies; {} wrong checks, {} bytes without a frame, \
         {} late, {} foreign, {} echoes, {} tries without an answer",
        report.requests,
        report.bytes,
        report.frames,
        report.refused.checks,
        report.refused.bytes,
        report.late,
        report.foreign,
        report.echoes,
        report.timeouts,
    ));
    for doubt in doubts(&read.snapshot) {
        complain(&format!("{device}: {doubt}"));
    }
    if read.is_whole() {
        return Exit::Done;
    }
    let cause = match read.cut {
        Some(cut) => format!("{cut} before everything was read; "),
        None => String::new(),
    };
    let missing = if read.missing.is_empty() {
        "every live command was answered".to_owned()
    } else {
        format!("no complete answer to {}", read.missing.join(", "))
    };
    complain(&format!("{device}: {cause}{missing}"));
    Exit::Partial
}

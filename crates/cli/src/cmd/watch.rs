//! `cellward watch`: reads a board again and again and shows it in place.

use std::io::{IsTerminal as _, stdout};
use std::time::Duration;

use cellward_host::{Board, Cut, Pace, ReadError, Wire};

use super::device::DeviceArgs;
use super::read::judge;
use super::{Exit, complain, print, table};
use crate::span::up_to_a_day;

/// Options of `cellward watch`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Pause between two readings
    #[arg(long, value_name = "TIME", default_value = "1", value_parser = up_to_a_day)]
    interval: Duration,
    /// End after so many readings
    #[arg(long, value_name = "N")]
    times: Option<u64>,
}

/// Another screen without a cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
/// The screen and the cursor that were there before.
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// To the top left; what follows is written over what is there.
const HOME: &str = "\x1b[H";
/// The rest of the line, and of the screen, is empty.
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

/// Reads until told to stop.
pub(crate) fn run(args: &WatchArgs) -> Exit {
    let mut board = match args.device.open() {
        Ok(board) => board,
        Err(exit) => return exit,
    };
    let in_place = stdout().is_terminal();
    if in_place {
        print(ENTER);
        leave_on_interrupt();
    }
    let ended = watch(args, &mut *board, in_place);
    if in_place {
        print(LEAVE);
    }
    match ended {
        Ok(exit) => exit,
        Err(error) => {
            complain(&format!("{}: {error}", args.device.device));
            Exit::Nothing
        }
    }
}

/// The loop itself; ends after the asked number of readings or when the wire is lost. A board
/// that answered once and then falls silent is waited for: sleep is a normal state.
fn watch(args: &WatchArgs, board: &mut dyn Board, in_place: bool) -> Result<Exit, ReadError> {
    let mut pace = Pace::default();
    let mut exit;
    let mut done = 0;
    loop {
        let plan = pace.plan(board.now());
        match board.read(plan, args.device.timeout) {
            Ok(read) => {
                pace.read(plan, read.cut, board.now());
                show(&table::render(&read.snapshot, table::Ink::for_stdout()), in_place);
                if read.cut == Some(Cut::Lost) {
                    return Err(ReadError::Lost);
                }
                exit = if in_place || read.is_whole() {
                    Exit::Done
                } else {
                    judge(&args.device.device, &read)
                };
            }
            Err(error) if done == 0 || error == ReadError::Lost => return Err(error),
            Err(error) => {
                show(&format!("{}: {error}\n", args.device.device), in_place);
                exit = Exit::Partial;
            }
        }
        done += 1;
        if args.times.is_some_and(|times| done >= times) {
            return Ok(exit);
        }
        if args.device.device.wire == Wire::Sim {
            // A simulated board lives through the pause as well.
            let _never_lost = board.rest(args.interval);
        }
        pause(args.interval);
    }
}

/// Shows a block: over the last one on a terminal, below it elsewhere.
fn show(block: &str, in_place: bool) {
    if in_place {
        let lines = block.replace('\n', &format!("{CLEAR_LINE}\n"));
        print(&format!("{HOME}{lines}{CLEAR_BELOW}"));
    } else {
        print(&format!("{block}\n"));
    }
}

#[expect(clippy::disallowed_methods, reason = "the pause between two readings is wall time")]
fn pause(interval: Duration) {
    std::thread::sleep(interval);
}

/// Puts the terminal back and ends when the user presses Ctrl-C. A thread of its own, so that a
/// reading that waits for a silent board does not hold the user up.
fn leave_on_interrupt() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let Ok(runtime) = runtime else {
        // Without it Ctrl-C still ends the program, only less tidily.
        return;
    };
    std::thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            print(LEAVE);
            std::process::exit(0);
        }
    });
}

//! Prints how much of the time of a poll is needed, in virtual time, and how many frames of A5 this
//! machine decodes in a second.
//!
//! `cargo run --release -p cellward-testkit --example speed`

use std::time::Instant;

use cellward_testkit::poll::steady_rounds;
use cellward_wire::a5::{Deframer, HOST_WIRED, Message, Piece, Reply, command, scan};

#[expect(clippy::print_stdout, reason = "printing is what this example is for")]
fn main() {
    for (dialect, terms) in steady_rounds() {
        let millis = |time: cellward_units::Duration| time.to_secs_f64() * 1_000.0;
        println!(
            "{dialect}: {:.1} % = ({} bytes x 10 / 9600 baud {:.1} ms + latency {:.0} ms + guard \
             {:.0} ms, {} requests) / {:.1} ms",
            terms.efficiency() * 100.0,
            terms.bytes,
            millis(terms.wire),
            millis(terms.latency),
            millis(terms.guard),
            terms.requests,
            millis(terms.elapsed),
        );
    }
    let stream = stream(100_000);
    let deframed = fastest(|| {
        let mut deframer = Deframer::new();
        stream.iter().filter_map(|&byte| deframer.push(byte)).map(|message| parsed(&message)).sum()
    });
    println!("a5, byte by byte: {:.1} million frames/s", deframed / 1e6);
    let scanned = fastest(|| {
        scan(&stream)
            .map(|piece| match piece {
                Piece::Frame(frame) => parsed(&frame.message()),
                Piece::Refused { .. } => 0,
            })
            .sum()
    });
    println!("a5, a recording: {:.1} million frames/s", scanned / 1e6);
}

/// Live replies of a board one behind the other.
fn stream(frames: u32) -> Vec<u8> {
    (0..frames)
        .flat_map(|number| {
            let [_, _, a, b] = number.to_be_bytes();
            let command = command::PACK + b % 9;
            Message { address: 1, command, payload: [b, 2, a, b, 0xA5, 6, 7, a] }.emit()
        })
        .collect()
}

/// Takes a frame apart as a client does; gives 1 so that nothing of it can be left out.
fn parsed(message: &Message) -> u64 {
    let reply = std::hint::black_box(Reply::parse(message.command, &message.payload));
    u64::from(message.address != HOST_WIRED) + u64::from(reply.frame() == Some(0xEE)) * 2
}

/// Frames in a second, the fastest of nine runs, which is the least disturbed.
#[expect(clippy::disallowed_methods, reason = "measures this machine")]
fn fastest(run: impl Fn() -> u64) -> f64 {
    (0..9)
        .map(|_| {
            let start = Instant::now();
            let frames = std::hint::black_box(run());
            frames as f64 / start.elapsed().as_secs_f64()
        })
        .fold(0.0, f64::max)
}

//! A5 frames in any bytes: scanning and taking byte by byte find the same, and emit gives it back.
#![no_main]

use cellward_wire::a5::{Deframer, FRAME_LEN, Frame, Piece, Reply, Request, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut total = 0;
    let mut scanned = Vec::new();
    for piece in scan(bytes) {
        match piece {
            Piece::Frame(frame) => {
                let message = frame.message();
                let emitted = message.emit();
                assert_eq!(emitted, bytes[total..total + FRAME_LEN]);
                assert!(Frame::new_checked(&emitted).is_ok());
                let reply = Reply::parse(message.command, &message.payload);
                assert_eq!(reply.payload(), message.payload, "what parses can be emitted");
                let _ = format!("{message:?} {reply:?} {:?}", Request::parse(&message));
                scanned.push(message);
                total += FRAME_LEN;
            }
            Piece::Refused { bytes, .. } => total += bytes.len(),
        }
    }
    assert_eq!(total, bytes.len(), "each byte once");
    let mut deframer = Deframer::new();
    let pushed: Vec<_> = bytes.iter().filter_map(|&byte| deframer.push(byte)).collect();
    assert_eq!(pushed, scanned);
    let refused = deframer.refused().bytes as usize + deframer.held();
    assert_eq!(refused + pushed.len() * FRAME_LEN, bytes.len());
});

//! Frames of the classic dialect in any bytes.
#![no_main]

use cellward_fuzz::bytes;
use cellward_wire::a5::{Deframer, Piece, Reply, Request, scan};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let stream = bytes(data);
    let mut again = Vec::new();
    let mut found = Vec::new();
    for piece in scan(&stream) {
        match piece {
            Piece::Frame(frame) => {
                let message = frame.message();
                again.extend(message.emit());
                let request = Request::parse(&message);
                assert_eq!(Request::parse(&request.message(message.address)), request);
                let reply = Reply::parse(message.command, &message.payload);
                assert_eq!(Reply::parse(message.command, &reply.payload()), reply);
                found.push(message);
            }
            Piece::Refused { bytes, error } => {
                let _ = error.to_string();
                again.extend(bytes);
            }
        }
    }
    assert_eq!(again, stream, "the pieces are the whole");
    let mut deframer = Deframer::new();
    let pushed: Vec<_> = stream.iter().filter_map(|&byte| deframer.push(byte)).collect();
    assert_eq!(pushed, found, "byte by byte as at once");
    let lost = deframer.refused().bytes as usize;
    assert_eq!(lost + deframer.held() + 13 * pushed.len(), stream.len(), "every byte once");
});

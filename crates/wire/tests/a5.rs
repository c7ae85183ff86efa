//! Properties of the A5 codec over any bytes.

use cellward_wire::a5::{Deframer, FRAME_LEN, Frame, Message, Piece, Reply, Request, scan};
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_built_parses_back_equal(address: u8, command: u8, payload: [u8; 8]) {
        let message = Message { address, command, payload };
        let bytes = message.emit();
        prop_assert_eq!(Frame::new_checked(&bytes).unwrap().message(), message);
        prop_assert_eq!(Request::parse(&message).message(address), message);
        let reply = Reply::parse(command, &payload);
        prop_assert_eq!((reply.command(), reply.payload()), (command, payload));
        prop_assert!(!reply.to_string().is_empty());
    }

    #[test]
    fn one_wrong_byte_is_always_refused(
        address: u8, command: u8, payload: [u8; 8], at in 0..FRAME_LEN, change in 1..=255_u8
    ) {
        let mut bytes = Message { address, command, payload }.emit();
        bytes[at] = bytes[at].wrapping_add(change);
        prop_assert!(Frame::new_checked(&bytes).is_err());
    }

    #[test]
    fn deframing_counts_every_byte_once(
        stream in prop::collection::vec(prop_oneof![Just(0xA5), Just(8), any::<u8>()], 0..400)
    ) {
        let mut deframer = Deframer::new();
        let frames = stream.iter().filter_map(|&byte| deframer.push(byte)).count();
        let counted = frames * FRAME_LEN + deframer.refused().bytes as usize + deframer.held();
        prop_assert_eq!(counted, stream.len());
        let scanned = scan(&stream).filter(|piece| matches!(piece, Piece::Frame(_))).count();
        prop_assert_eq!(scanned, frames);
    }

    #[test]
    fn a_good_frame_is_found_behind_any_noise_without_a_start_byte(
        noise in prop::collection::vec(0..0xA5_u8, 0..60), payload: [u8; 8]
    ) {
        let message = Message { address: 1, command: 0x95, payload };
        let mut deframer = Deframer::new();
        let stream = noise.iter().copied().chain(message.emit());
        let found: Vec<_> = stream.filter_map(|byte| deframer.push(byte)).collect();
        prop_assert_eq!(found, [message]);
    }
}

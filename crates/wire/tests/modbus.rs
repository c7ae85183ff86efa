//! Properties of the Modbus codec over any bytes.

use cellward_wire::modbus::{
    Area, Body, Head, MAX_FRAME, Piece, Reply, Request, TcpHead, Words, WriteForm, frames,
    reply_rtu, reply_tcp, request_rtu, request_tcp, standard_frames,
};
use proptest::prelude::*;

fn area() -> impl Strategy<Value = Area> {
    prop_oneof![Just(Area::Holding), Just(Area::Input)]
}

fn words(most: usize) -> impl Strategy<Value = Words> {
    prop::collection::vec(any::<u16>(), 1..=most)
        .prop_map(|words| Words::from_slice(&words).unwrap())
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (area(), any::<u16>(), 1..=125_u16).prop_map(|(area, start, count)| Request::Read {
            area,
            start,
            count
        }),
        any::<(u16, u16)>().prop_map(|(register, value)| Request::WriteOne { register, value }),
        (any::<u16>(), words(123), any::<bool>()).prop_map(|(start, words, byte_count)| {
            Request::WriteMany { start, words, byte_count }
        }),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        (area(), words(125)).prop_map(|(area, words)| Reply::Words { area, words }),
        any::<(u16, u16)>().prop_map(|(register, value)| Reply::WroteOne { register, value }),
        any::<(u16, u16)>().prop_map(|(start, count)| Reply::WroteMany { start, count }),
        (prop::sample::select(vec![3_u8, 4, 6, 0x10]), any::<u8>())
            .prop_map(|(function, code)| Reply::Exception { function, code }),
    ]
}

/// Over TCP every write of several registers has its byte count.
fn over_tcp(request: &Request) -> Request {
    match request {
        Request::WriteMany { start, words, .. } => {
            Request::WriteMany { start: *start, words: words.clone(), byte_count: true }
        }
        other => other.clone(),
    }
}

/// Whether the first byte of the data of a write without byte count would be the right one: then a
/// reader must know what follows.
fn looks_counted(request: &Request) -> bool {
    match request {
        Request::WriteMany { words, byte_count: false, .. } => {
            usize::from(words[0].to_be_bytes()[0]) == 2 * words.len()
        }
        _ => false,
    }
}

/// Bytes that often look like the beginning of a frame.
fn nearly_frames() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        prop::sample::select(vec![0xD2, 0x81, 0x51, 0x03, 0x04, 0x06, 0x10, 0x83, 0, 1, 2]),
        any::<u8>()
    ];
    prop::collection::vec(byte, 0..400)
}

proptest! {
    #[test]
    fn a_request_that_is_built_parses_back_equal(
        body in request(), address: u8, transaction: u16, tail: Vec<u8>
    ) {
        prop_assume!(!looks_counted(&body));
        let mut bytes = body.emit_rtu(address).to_vec();
        let len = bytes.len();
        prop_assert!(len <= 256);
        bytes.extend(&tail);
        let frame = Head::Frame { address, body: body.clone(), len };
        prop_assert_eq!(request_rtu(&bytes, WriteForm::Lenient), frame.clone());
        if !matches!(body, Request::WriteMany { byte_count: false, .. }) {
            prop_assert_eq!(request_rtu(&bytes, WriteForm::Standard), frame);
        }

        let mut bytes = body.emit_tcp(transaction, address).to_vec();
        let len = bytes.len();
        prop_assert!(len <= MAX_FRAME);
        bytes.extend(&tail);
        let body = over_tcp(&body);
        prop_assert!(!body.to_string().is_empty());
        prop_assert_eq!(
            request_tcp(&bytes),
            TcpHead::Frame { transaction, unit: address, body, len }
        );
    }

    #[test]
    fn a_reply_that_is_built_parses_back_equal(
        body in reply(), address: u8, transaction: u16, tail: Vec<u8>
    ) {
        let mut bytes = body.emit_rtu(address).to_vec();
        let len = bytes.len();
        prop_assert!(len <= 256);
        bytes.extend(&tail);
        prop_assert!(!body.to_string().is_empty());
        prop_assert_eq!(reply_rtu(&bytes), Head::Frame { address, body: body.clone(), len });

        let mut bytes = body.emit_tcp(transaction, address).to_vec();
        let len = bytes.len();
        bytes.extend(&tail);
        prop_assert_eq!(
            reply_tcp(&bytes),
            TcpHead::Frame { transaction, unit: address, body, len }
        );
    }

    #[test]
    fn a_beginning_waits_for_its_end(body in request(), answer in reply(), address: u8, at: u16) {
        let bytes = body.emit_rtu(address);
        let cut = usize::from(at) % bytes.len();
        prop_assume!(!looks_counted(&body));
        prop_assert_eq!(request_rtu(&bytes[..cut], WriteForm::Lenient), Head::Short);
        if !matches!(body, Request::WriteMany { byte_count: false, .. }) {
            prop_assert_eq!(request_rtu(&bytes[..cut], WriteForm::Standard), Head::Short);
        }
        let bytes = body.emit_tcp(at, address);
        prop_assert_eq!(request_tcp(&bytes[..usize::from(at) % bytes.len()]), TcpHead::Short);
        let bytes = answer.emit_rtu(address);
        prop_assert_eq!(reply_rtu(&bytes[..usize::from(at) % bytes.len()]), Head::Short);
        let bytes = answer.emit_tcp(at, address);
        prop_assert_eq!(reply_tcp(&bytes[..usize::from(at) % bytes.len()]), TcpHead::Short);
    }

    #[test]
    fn one_wrong_bit_of_a_serial_frame_is_always_refused(
        body in request(), answer in reply(), address: u8, at: u16
    ) {
        let flip = |bytes: &mut [u8]| {
            let bit = usize::from(at) % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        };
        let mut bytes = body.emit_rtu(address);
        flip(&mut bytes);
        // A wrong count makes another length, and there only chance keeps the check from fitting.
        let same = |len: usize, bytes: &[u8]| len == bytes.len();
        for form in [WriteForm::Standard, WriteForm::Lenient] {
            let head = request_rtu(&bytes, form);
            let taken = matches!(head, Head::Frame { len, .. } if same(len, &bytes));
            prop_assert!(!taken, "{:?}", head);
        }
        let mut bytes = answer.emit_rtu(address);
        flip(&mut bytes);
        let head = reply_rtu(&bytes);
        prop_assert!(!matches!(head, Head::Frame { len, .. } if same(len, &bytes)), "{:?}", head);
    }

    #[test]
    fn any_bytes_are_taken_and_the_tcp_reader_never_reads_past_them(bytes in nearly_frames()) {
        let long = |len: usize| len > bytes.len();
        for form in [WriteForm::Standard, WriteForm::Lenient] {
            if let Head::Frame { len, body, address } = request_rtu(&bytes, form)
                && !matches!(body, Request::Miscounted { .. })
            {
                prop_assert_eq!(&body.emit_rtu(address)[..], &bytes[..len]);
            }
        }
        if let Head::Frame { len, body, address } = reply_rtu(&bytes) {
            prop_assert_eq!(&body.emit_rtu(address)[..], &bytes[..len]);
        }
        if let TcpHead::Frame { len, .. } = request_tcp(&bytes) {
            prop_assert!(!long(len));
        }
        if let TcpHead::Frame { len, .. } = reply_tcp(&bytes) {
            prop_assert!(!long(len));
        }
    }

    #[test]
    fn splitting_keeps_every_byte_in_one_piece_or_another(bytes in nearly_frames()) {
        let len = |piece: Piece<'_>| match piece {
            Piece::Frame { len, .. } => len,
            Piece::Refused { bytes, .. } => bytes.len(),
        };
        prop_assert_eq!(frames(&bytes).map(len).sum::<usize>(), bytes.len());
        prop_assert_eq!(standard_frames(&bytes).map(len).sum::<usize>(), bytes.len());
    }

    #[test]
    fn good_frames_are_found_among_noise_that_holds_no_function(
        asked in request(), answer in reply(), noise in prop::collection::vec(0x11..0x80_u8, 1..40)
    ) {
        prop_assume!(!looks_counted(&asked));
        let mut bytes = noise.clone();
        bytes.extend(asked.emit_rtu(0x20));
        bytes.extend(&noise);
        bytes.extend(answer.emit_rtu(0x51));
        let found: Vec<_> = frames(&bytes).collect();
        let is_noise =
            |piece: &Piece<'_>| matches!(piece, Piece::Refused { bytes, .. } if *bytes == noise);
        prop_assert!(is_noise(&found[0]), "{:?}", found);
        let request = match &found[1] {
            Piece::Frame { body: Body::Request(body), .. } => body.clone(),
            Piece::Frame { body: Body::Either { register, value }, .. } => {
                Request::WriteOne { register: *register, value: *value }
            }
            other => panic!("not the request: {other:?}"),
        };
        prop_assert_eq!(request, asked);
        prop_assert!(is_noise(&found[2]), "{:?}", found);
        let Piece::Frame { body: Body::Reply(reply), .. } = &found[3] else {
            panic!("not the reply: {:?}", found[3]);
        };
        prop_assert_eq!(reply, &answer);
        prop_assert_eq!(found.len(), 4);
    }
}

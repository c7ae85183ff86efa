//! Properties of the Pylontech codec over any bytes, and the vectors.

use cellward_wire::pylon::{
    Alarms, Head, Limits, MAX_FRAME, Message, Payload, Reply, System, parse,
};
use proptest::prelude::*;
use serde_json::Value as Json;

fn message() -> impl Strategy<Value = Message> {
    let payload = prop::collection::vec(any::<u8>(), 0..=256);
    (any::<[u8; 4]>(), payload).prop_map(|([version, address, device, code], payload)| Message {
        version,
        address,
        device,
        code,
        payload: Payload::from_slice(&payload).unwrap(),
    })
}

proptest! {
    #[test]
    fn what_is_built_parses_back_equal(message in message(), tail: Vec<u8>) {
        let mut bytes = message.emit().to_vec();
        let len = bytes.len();
        prop_assert!(len <= MAX_FRAME);
        bytes.extend(tail);
        prop_assert!(!message.to_string().is_empty());
        prop_assert_eq!(parse(&bytes), Head::Frame { message, len });
    }

    #[test]
    fn a_beginning_waits_for_its_end(message in message(), at: u16) {
        let bytes = message.emit();
        prop_assert_eq!(parse(&bytes[..usize::from(at) % bytes.len()]), Head::Short);
    }

    #[test]
    fn one_wrong_byte_is_always_refused(message in message(), at: u16, change in 1..=255_u8) {
        // The digits of the length are behind their own check; any other byte changes the sum.
        let mut bytes = message.emit();
        let at = usize::from(at) % bytes.len();
        bytes[at] = bytes[at].wrapping_add(change);
        prop_assert!(matches!(parse(&bytes), Head::Not(_)), "{:?}", parse(&bytes));
    }

    #[test]
    fn what_parses_is_built_again_from_any_bytes(
        bytes in prop::collection::vec(
            prop_oneof![Just(b'~'), Just(b'\r'), Just(b'0'), Just(b'F'), any::<u8>()], 0..60
        )
    ) {
        if let Head::Frame { message, len } = parse(&bytes) {
            prop_assert_eq!(&message.emit()[..], &bytes[..len]);
        }
    }

    #[test]
    fn payloads_are_kept_whole(payload: [u8; 49]) {
        for (command, len) in
            [(System::COMMAND, 49), (Alarms::COMMAND, 4), (Limits::COMMAND, 9)]
        {
            let reply = Reply::parse(command, &payload[..len]).unwrap();
            prop_assert_eq!(reply.command(), command);
            prop_assert_eq!(&reply.payload()[..], &payload[..len]);
            prop_assert!(!reply.to_string().is_empty());
        }
    }
}

#[test]
fn every_vector_says_what_it_states_and_is_built_again() {
    let list: Vec<Json> = serde_json::from_str(include_str!("vectors/pylon.json")).unwrap();
    assert_eq!(list.len(), 3);
    for vector in &list {
        let hex = vector["hex"].as_str().unwrap().split(' ');
        let bytes: Vec<u8> = hex.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        let Head::Frame { message, len } = parse(&bytes) else {
            panic!("{}: {:?}", vector["name"], parse(&bytes));
        };
        assert_eq!(len, bytes.len());
        assert_eq!(message.emit().as_slice(), bytes, "{}", vector["name"]);
        let stated = &vector["decoded"];
        match vector["name"].as_str().unwrap() {
            "req_61_adr2" => {
                assert_eq!(stated["ver"], message.version);
                assert_eq!(stated["adr"], message.address);
                assert_eq!(stated["cid1"], message.device);
                assert_eq!(stated["cid2"], message.code);
                assert_eq!(stated["info"], "01");
                assert_eq!(message.payload, [1]);
            }
            "rsp_63_limits" => {
                let limits = Limits::parse(&message.payload).unwrap();
                assert_eq!(stated["cvl_mV"], limits.charge_millivolts);
                assert_eq!(stated["dvl_mV"], limits.discharge_millivolts);
                assert_eq!(stated["ccl_dA"], limits.charge_deciamps);
                assert_eq!(stated["dcl_dA"], limits.discharge_deciamps);
                assert_eq!(stated["status"], format!("0x{:02X}", limits.status));
            }
            "rsp_62_no_alarm" => {
                let alarms = Alarms::parse(&message.payload).unwrap();
                assert_eq!(stated["alarm"], Json::from(vec![0; 4]));
                assert_eq!(alarms, Alarms::default());
            }
            other => panic!("{other} is compared with nothing"),
        }
    }
}

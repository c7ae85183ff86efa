//! The wires of the demonstration, when clients come and go.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "what is tested here is the transport, in wall time")]

mod demo;

use std::net::TcpStream;

use demo::Demo;

#[test]
fn clients_that_have_just_gone_do_not_keep_the_next_one_out() {
    let demo = Demo::start("connections", "1");
    // More than there are ports, each kept a little longer for its last answer.
    for _ in 0..20 {
        TcpStream::connect(&demo.modbus_tcp).expect("the port listens");
    }
    let device = format!("tcp:{}?dialect=modbus-tcp", demo.modbus_tcp);
    let read = Demo::own(&["read"], &device);
    assert!(read["pack_voltage_mv"].is_number(), "{read}");
}

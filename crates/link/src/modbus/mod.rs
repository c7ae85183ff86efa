//! Our own register map over standard Modbus, RTU and TCP: every point, parameter, fault, command
//! and record, and a directory that says where each stands.

mod session;

pub(crate) use session::Session;

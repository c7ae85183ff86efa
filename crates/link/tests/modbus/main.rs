//! Our own Modbus map at its boundary: frames in, frames out.

mod addresses;
mod board;
mod poll;
mod random;
mod round;
mod stories;
mod writes;

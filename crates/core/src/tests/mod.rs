//! Behaviour of the whole engine, fed on the schedule of a board that is awake.

mod bench;
mod edges;
mod properties;
mod protection;
mod records;
mod requests;
mod start;

//! Behaviour of the whole engine, fed on the schedule of a board that is awake.

mod bench;
mod edges;
mod known_mistakes;
mod limits;
mod locks;
mod measuring;
mod properties;
mod protection;
mod records;
mod release;
mod requests;
mod rows;
mod start;
mod switching;
mod why_off;
mod writes;
